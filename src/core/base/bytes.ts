/** Small operations on bytes that every room needs. Ranges are half open: `[start, end)`. */

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, '0'),
);

/** From here on a call into the runtime is faster than a loop (digests, keys). */
const LONG = 16;

/** The runtime's own conversions, which take any Uint8Array: a `Buffer` to call them on costs as much again. */
type Slice = (this: Uint8Array, start: number, end: number) => string;
const { base64Slice, hexSlice, latin1Slice } = Buffer.prototype as unknown as Record<
  'base64Slice' | 'hexSlice' | 'latin1Slice',
  Slice
>;

/** RFC 4648 section 4, padded. */
export function toBase64(bytes: Uint8Array): string {
  return base64Slice.call(bytes, 0, bytes.length);
}

/** One character for each octet of `bytes[start, end)`. */
export function toLatin1(bytes: Uint8Array, start = 0, end = bytes.length): string {
  return latin1Slice.call(bytes, start, end);
}

/** Lower-case hex of `bytes[start, end)`. */
export function toHex(bytes: Uint8Array, start = 0, end = bytes.length): string {
  if (end - start >= LONG) return hexSlice.call(bytes, start, end);
  let text = '';
  for (let at = start; at < end; at += 1) text += HEX[bytes[at] as number];
  return text;
}

/**
 * A serial number as Google's status list spells it: the unsigned integer in lower-case hex without
 * leading zeros (`BigInteger.toString(16)`). `bytes[start, end)` is the INTEGER's content.
 */
export function toMinimalHex(bytes: Uint8Array, start = 0, end = bytes.length): string {
  const text = toHex(bytes, start, end);
  let zeros = 0;
  while (zeros < text.length - 1 && text.charCodeAt(zeros) === 0x30) zeros += 1;
  return text.slice(zeros);
}

/** Whether two ranges hold the same bytes. Not constant in time: for public values only. */
export function equalRanges(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
): boolean {
  if (aEnd - aStart !== bEnd - bStart) return false;
  for (let i = aStart, j = bStart; i < aEnd; i += 1, j += 1) if (a[i] !== b[j]) return false;
  return true;
}

/** Whether two byte strings are the same. Not constant in time: for public values only. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  return a.length < LONG ? equalRanges(a, 0, a.length, b, 0, b.length) : Buffer.compare(a, b) === 0;
}

/** Whether every byte is zero; true of an empty string. */
export function isAllZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
