/**
 * Strict base64 (RFC 4648 section 4): the standard alphabet, padded, nothing else, trailing bits zero.
 * Node's decoder is fast and forgiving; what it forgives is found by what it leaves out.
 */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Octets that canonical base64 of this length stands for, at most. */
export function sizeOfBase64({ length }: string): number {
  return Math.ceil((length / 4) * 3);
}

/** Decodes canonical base64, or gives null; into `into` from `at` on, which must have room for it. */
export function decodeBase64(
  text: string,
  into = Buffer.allocUnsafe(sizeOfBase64(text)),
  at = 0,
): Uint8Array | null {
  const { length } = text;
  if (length === 0 || length % 4 !== 0) return null;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  // The decoder also takes the URL alphabet; it skips whatever is in neither, which shows in the length.
  if (text.includes('-') || text.includes('_')) return null;
  const size = (length / 4) * 3 - padding;
  if (into.write(text, at, size, 'base64') !== size) return null;
  if (padding > 0) {
    const last = ALPHABET.indexOf(text[length - padding - 1] as string);
    if ((last & (padding === 2 ? 0x0f : 0x03)) !== 0) return null;
  }
  return new Uint8Array(into.buffer, into.byteOffset + at, size);
}

/** Decodes base64url without padding (RFC 4648 section 5), or gives null. Empty text is no bytes. */
export function decodeBase64Url(text: string): Uint8Array | null {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return null;
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : null;
}
