/** A writer of DER, and of what only looks like it: lengths and tags can be got wrong on purpose. */

export type Bytes = Uint8Array<ArrayBufferLike>;

/** Joins byte strings. */
export function concat(...parts: readonly Bytes[]): Bytes {
  return new Uint8Array(Buffer.concat(parts));
}

/** A value with a one-octet identifier and its length in the shortest form. */
export function tlv(identifier: number, ...content: readonly Bytes[]): Bytes {
  const body = concat(...content);
  return concat(Uint8Array.of(identifier), encodeLength(body.length), body);
}

/** `[number] EXPLICIT`. */
export function explicit(number: number, ...content: readonly Bytes[]): Bytes {
  if (number < 0x1f) return tlv(0xa0 | number, ...content);
  const octets = [number & 0x7f];
  for (let rest = number >> 7; rest > 0; rest >>= 7) octets.unshift((rest & 0x7f) | 0x80);
  const body = concat(...content);
  return concat(Uint8Array.of(0xbf, ...octets), encodeLength(body.length), body);
}

export const sequence = (...content: readonly Bytes[]): Bytes => tlv(0x30, ...content);
export const setOf = (...content: readonly Bytes[]): Bytes => tlv(0x31, ...content);
export const octetString = (content: Bytes): Bytes => tlv(0x04, content);
export const nullValue = (): Bytes => tlv(0x05);
export const enumerated = (value: number): Bytes => tlv(0x0a, integerContent(BigInt(value)));
export const boolean = (octet: number): Bytes => tlv(0x01, Uint8Array.of(octet));
export const utf8 = (text: string): Bytes => tlv(0x0c, ascii(text));
export const printable = (text: string): Bytes => tlv(0x13, ascii(text));

export function integer(value: number | bigint): Bytes {
  return tlv(0x02, integerContent(BigInt(value)));
}

/** An INTEGER from its unsigned big-endian bytes. */
export function unsignedInteger(bytes: Bytes): Bytes {
  return integer(BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
}

export function bitString(content: Bytes, unusedBits = 0): Bytes {
  return tlv(0x03, Uint8Array.of(unusedBits), content);
}

export function objectIdentifier(dotted: string): Bytes {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const octets = [first * 40 + second, ...rest].flatMap((arc) => {
    const base128 = [arc & 0x7f];
    for (let high = Math.floor(arc / 128); high > 0; high = Math.floor(high / 128)) {
      base128.unshift((high & 0x7f) | 0x80);
    }
    return base128;
  });
  return tlv(0x06, Uint8Array.from(octets));
}

/** `YYYYMMDDhhmmssZ`, or without the century as UTCTime before 2050 (RFC 5280 4.1.2.5). */
export function time(epochMs: number): Bytes {
  const digits = new Date(epochMs).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  const isUtcTime = epochMs >= Date.UTC(1950, 0) && epochMs < Date.UTC(2050, 0);
  return isUtcTime ? tlv(0x17, ascii(digits.slice(2))) : tlv(0x18, ascii(digits));
}

export function generalizedTime(epochMs: number): Bytes {
  return tlv(0x18, ascii(new Date(epochMs).toISOString().replaceAll(/[-:T]|\.\d+/g, '')));
}

export function ascii(text: string): Bytes {
  return new Uint8Array(Buffer.from(text, 'utf8'));
}

/** A value split into identifier octets, length octets and content. */
export function split(der: Bytes): { identifier: Bytes; length: Bytes; content: Bytes } {
  let at = 1;
  if (((der[0] as number) & 0x1f) === 0x1f) while ((der[at++] as number) >= 0x80);
  const lengthAt = at;
  const first = der[at++] as number;
  if (first > 0x80) at += first & 0x7f;
  return {
    identifier: der.subarray(0, lengthAt),
    length: der.subarray(lengthAt, at),
    content: der.subarray(at),
  };
}

/** The values that stand one after another in `content`. */
export function elementsOf(content: Bytes): Bytes[] {
  const elements: Bytes[] = [];
  for (let rest = content; rest.length > 0; ) {
    const { identifier, length } = split(rest);
    const size = identifier.length + length.length + decodeLength(length);
    elements.push(rest.subarray(0, size));
    rest = rest.subarray(size);
  }
  return elements;
}

function encodeLength(length: number): Bytes {
  if (length < 0x80) return Uint8Array.of(length);
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return Uint8Array.of(0x80 | octets.length, ...octets);
}

function decodeLength(length: Bytes): number {
  if (length.length === 1) return length[0] as number;
  return length.subarray(1).reduce((sum, octet) => sum * 256 + octet, 0);
}

/** Two's complement in the fewest octets. */
function integerContent(value: bigint): Bytes {
  let octets = 1;
  while (BigInt.asIntN(octets * 8, value) !== value) octets += 1;
  const bits = BigInt.asUintN(octets * 8, value);
  return new Uint8Array(Buffer.from(bits.toString(16).padStart(octets * 2, '0'), 'hex'));
}
