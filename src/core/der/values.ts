/** Primitive values, each in the one form DER allows (X.690 clauses 8.2 to 8.19 and 11). */
import { MAX_OID_BYTES } from '../base/index.ts';
import type { DerReader } from './reader.ts';
import { BIT_STRING, BOOLEAN, ENUMERATED, INTEGER, NULL, OBJECT_IDENTIFIER } from './tags.ts';

/**
 * Reads an INTEGER in its shortest form (8.3.2). Its content is `reader.bytes[reader.from, reader.to)`,
 * big-endian and signed.
 */
export function readInteger(reader: DerReader): void {
  reader.read(INTEGER);
  checkIntegerContent(reader);
}

/** Reads an INTEGER between 0 and `max`, at most 2^48. */
export function readSmallInteger(reader: DerReader, max: number): number {
  readInteger(reader);
  return toSmallNumber(reader, max);
}

/** Reads an ENUMERATED between 0 and 2^31-1. */
export function readEnumerated(reader: DerReader): number {
  reader.read(ENUMERATED);
  checkIntegerContent(reader);
  return toSmallNumber(reader, 0x7fff_ffff);
}

/**
 * The INTEGER last read: a number while that is exact, else a bigint.
 * The caller has bounded its length.
 */
export function toInteger(reader: DerReader): number | bigint {
  const { bytes, from, to } = reader;
  if (to - from <= 6) {
    let value = (bytes[from] as number) & 0x80 ? -1 : 0;
    for (let at = from; at < to; at += 1) value = value * 256 + (bytes[at] as number);
    return value;
  }
  let value = (bytes[from] as number) & 0x80 ? -1n : 0n;
  for (let at = from; at < to; at += 1) value = value * 256n + BigInt(bytes[at] as number);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Reads a BOOLEAN, which DER writes as 00 or FF (11.1). */
export function readBoolean(reader: DerReader): boolean {
  const octet = readLenientBoolean(reader);
  if (octet !== 0x00 && octet !== 0xff) reader.fail('DER_BAD_BOOLEAN');
  return octet === 0xff;
}

/**
 * Reads a BOOLEAN of one octet and gives that octet: 0 is false, anything else true (BER 8.2.2).
 * Deviation: genuine phones write 01 (THREATS B11, B12), so the caller decides what to make of it.
 */
export function readLenientBoolean(reader: DerReader): number {
  reader.read(BOOLEAN);
  if (reader.to - reader.from !== 1) reader.fail('DER_BAD_BOOLEAN');
  return reader.bytes[reader.from] as number;
}

/**
 * Reads a BIT STRING and gives its number of unused bits, which must be zero bits (11.2.1). The bits
 * are `reader.bytes[reader.from + 1, reader.to)`.
 */
export function readBitString(reader: DerReader): number {
  const unused = readLenientBitString(reader);
  const last = reader.bytes[reader.to - 1] as number;
  if (unused > 0 && (last & ((1 << unused) - 1)) !== 0) reader.fail('DER_BAD_BIT_STRING');
  return unused;
}

/** The same, whatever the unused bits hold. */
export function readLenientBitString(reader: DerReader): number {
  reader.read(BIT_STRING);
  const { bytes, from, to } = reader;
  const unused = from < to ? (bytes[from] as number) : 8;
  if (unused > 7 || (unused > 0 && to - from < 2)) reader.fail('DER_BAD_BIT_STRING');
  return unused;
}

/** Reads a BIT STRING of whole octets: `reader.bytes[reader.from + 1, reader.to)`. */
export function readOctetAlignedBitString(reader: DerReader): void {
  if (readBitString(reader) !== 0) reader.fail('DER_BAD_BIT_STRING');
}

/** Reads a NULL. */
export function readNull(reader: DerReader): void {
  reader.read(NULL);
  if (reader.from !== reader.to) reader.fail('DER_TRAILING_DATA', reader.from);
}

/**
 * Reads an OBJECT IDENTIFIER: whole arcs without padding (8.19.2). Its content is
 * `reader.bytes[reader.from, reader.to)`.
 */
export function readObjectIdentifier(reader: DerReader): void {
  reader.read(OBJECT_IDENTIFIER);
  const { bytes, from, to } = reader;
  let arcStarts = true;
  for (let at = from; at < to; at += 1) {
    const octet = bytes[at] as number;
    if (arcStarts && octet === 0x80) reader.fail('DER_BAD_OID');
    arcStarts = octet < 0x80;
  }
  if (from === to || !arcStarts || to - from > MAX_OID_BYTES) reader.fail('DER_BAD_OID');
}

function checkIntegerContent(reader: DerReader): void {
  const { bytes, from, to } = reader;
  if (from === to) reader.fail('DER_BAD_INTEGER');
  if (to - from === 1) return;
  const first = bytes[from] as number;
  const second = bytes[from + 1] as number;
  const padded = (first === 0x00 && second < 0x80) || (first === 0xff && second >= 0x80);
  if (padded) reader.fail('DER_BAD_INTEGER');
}

function toSmallNumber(reader: DerReader, max: number): number {
  if (reader.to - reader.from > 6) reader.fail('DER_BAD_INTEGER');
  const value = toInteger(reader) as number;
  if (value < 0 || value > max) reader.fail('DER_BAD_INTEGER');
  return value;
}
