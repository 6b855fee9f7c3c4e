/**
 * Identifier octets as single numbers, so that the expected one can be compared with `===`.
 *
 * A low tag number (0 to 30) is its one identifier octet. A high one is the leading octet times 2^21
 * plus the tag number: three base-128 octets hold 21 bits, so the two ranges never meet.
 */

export const BOOLEAN = 0x01;
export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const NULL = 0x05;
export const OBJECT_IDENTIFIER = 0x06;
export const ENUMERATED = 0x0a;
export const UTF8_STRING = 0x0c;
export const PRINTABLE_STRING = 0x13;
export const TELETEX_STRING = 0x14;
export const IA5_STRING = 0x16;
export const UTC_TIME = 0x17;
export const GENERALIZED_TIME = 0x18;
export const BMP_STRING = 0x1e;
export const SEQUENCE = 0x30;
export const SET = 0x31;

export const HIGH_TAG = 0x1f;
export const HIGH_TAG_FACTOR = 0x20_0000;

const CONTEXT_CONSTRUCTED = 0xa0;

/** The identifier of `[number] EXPLICIT`. */
export function explicitTag(number: number): number {
  return number < HIGH_TAG
    ? CONTEXT_CONSTRUCTED | number
    : (CONTEXT_CONSTRUCTED | HIGH_TAG) * HIGH_TAG_FACTOR + number;
}

/** The number of a context-specific constructed tag, or -1 for any other identifier. */
export function explicitTagNumber(identifier: number): number {
  if (identifier < 0x100) {
    return (identifier & 0xe0) === CONTEXT_CONSTRUCTED ? identifier & 0x1f : -1;
  }
  const leading = Math.floor(identifier / HIGH_TAG_FACTOR);
  return leading === (CONTEXT_CONSTRUCTED | HIGH_TAG) ? identifier % HIGH_TAG_FACTOR : -1;
}
