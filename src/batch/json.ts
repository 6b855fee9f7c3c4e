/** JSON for plain data with bytes in it: octets as tagged base64, shared memory included. */

const BYTES = '$bytes';
const SHARED = '$shared';

export function toJson(value: unknown): string {
  // The replacer sees what toJSON of a Buffer left; `this` still has the bytes.
  return JSON.stringify(value, function (this: Record<string, unknown>, name, plain: unknown) {
    const original = this[name];
    if (original instanceof SharedArrayBuffer) {
      return { [SHARED]: Buffer.from(new Uint8Array(original)).toString('base64') };
    }
    if (original instanceof Uint8Array) {
      return { [BYTES]: Buffer.from(original).toString('base64') };
    }
    return plain;
  });
}

export function fromJson(text: string): unknown {
  return JSON.parse(text, (_, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value;
    if (BYTES in value) return new Uint8Array(Buffer.from(String(value[BYTES]), 'base64'));
    if (!(SHARED in value)) return value;
    const bytes = Buffer.from(String(value[SHARED]), 'base64');
    const shared = new SharedArrayBuffer(bytes.length);
    new Uint8Array(shared).set(bytes);
    return shared;
  });
}
