/**
 * Values of primitive elements, read by asn1js and held to DER by writing them again where the library
 * writes what it read in one way only (X.690 clause 11, RFC 5280 section 4.1.2.5).
 */
import { fromBER, GeneralizedTime, Integer, ObjectIdentifier, UTCTime } from 'asn1js';
import { sameBytes } from './bytes.ts';
import { type Element, isOf } from './elements.ts';
import { MAX_IDENTIFIER_OCTETS } from './limits.ts';
import { refuse, withLibrary } from './refusal.ts';

export function readInteger(element: Element, what: string): bigint {
  if (!isOf(element, 'integer')) refuse(`${what}: it is no INTEGER`);
  return readNumber(element, what);
}

export function readEnumerated(element: Element, what: string): bigint {
  if (!isOf(element, 'enumerated')) refuse(`${what}: it is no ENUMERATED`);
  return readNumber(element, what);
}

/** Deviation: `lenient` takes any octet but 00 for true, as genuine devices write it (THREATS B11, B12). */
export function readBoolean(element: Element, mode: 'strict' | 'lenient', what: string): boolean {
  if (!isOf(element, 'boolean')) refuse(`${what}: it is no BOOLEAN`);
  const [octet, ...others] = element.content;
  if (octet === undefined || others.length > 0)
    refuse(`${what}: a BOOLEAN of other than one octet`);
  if (mode === 'strict' && octet !== 0x00 && octet !== 0xff) {
    refuse(`${what}: a BOOLEAN that is neither 00 nor FF`);
  }
  return octet !== 0x00;
}

export function readOctetString(element: Element, what: string): Uint8Array {
  if (!isOf(element, 'octetString')) refuse(`${what}: it is no OCTET STRING`);
  return element.content;
}

export function checkNull(element: Element, what: string): void {
  if (!isOf(element, 'null') || element.content.length > 0) refuse(`${what}: it is no empty NULL`);
}

export interface Bits {
  readonly unused: number;
  readonly octets: Uint8Array;
}

export function readBitString(element: Element, what: string): Bits {
  if (!isOf(element, 'bitString')) refuse(`${what}: it is no BIT STRING`);
  const [unused, ...octets] = element.content;
  if (unused === undefined || unused > 7) refuse(`${what}: a BIT STRING without its first octet`);
  const last = octets.at(-1);
  const padding = (1 << unused) - 1;
  if (unused > 0 && (last === undefined || (last & padding) !== 0)) {
    refuse(`${what}: a BIT STRING with bits set beyond its end`);
  }
  return { unused, octets: element.content.subarray(1) };
}

/** A BIT STRING that holds octets: a key or a signature. */
export function readOctetsInBits(element: Element, what: string): Uint8Array {
  const { unused, octets } = readBitString(element, what);
  if (unused !== 0) refuse(`${what}: a BIT STRING of other than whole octets`);
  return octets;
}

/** Dotted. */
export function readObjectIdentifier(element: Element, what: string): string {
  if (!isOf(element, 'objectIdentifier')) refuse(`${what}: it is no OBJECT IDENTIFIER`);
  // asn1js only warns of a padded arc, and takes no arcs at all for an identifier.
  let startsArc = true;
  for (const octet of element.content) {
    if (startsArc && octet === 0x80) refuse(`${what}: an identifier with a padded arc`);
    startsArc = (octet & 0x80) === 0;
  }
  if (!startsArc || element.content.length === 0) refuse(`${what}: an identifier that is cut off`);
  if (element.content.length > MAX_IDENTIFIER_OCTETS) refuse(`${what}: an identifier without end`);
  return parseAs(ObjectIdentifier, element, what).getValue();
}

/**
 * UTCTime or GeneralizedTime in the one form RFC 5280 allows, in milliseconds since 1970. asn1js takes
 * fractions, offsets and dates that roll over; what it read is written again without any of them.
 */
export function readTime(element: Element, what: string): number {
  const digits = isOf(element, 'utcTime') ? 2 : 4;
  const time = isOf(element, 'utcTime')
    ? parseAs(UTCTime, element, what)
    : parseAs(GeneralizedTime, element, what);
  const date = new Date(0);
  // Date.UTC takes the years 0 to 99 for those after 1900.
  date.setUTCFullYear(time.year, time.month - 1, time.day);
  date.setUTCHours(time.hour, time.minute, time.second);
  if (Number.isNaN(date.getTime())) refuse(`${what}: no moment at all`);
  const [year = '', ...rest] = date.toISOString().slice(0, -5).split(/[-T:]/);
  const written = `${year.slice(-digits)}${rest.join('')}Z`;
  if (!sameBytes(Buffer.from(written, 'latin1'), element.content)) {
    refuse(`${what}: no real moment in the form of RFC 5280`);
  }
  return date.getTime();
}

/** asn1js only warns of a needless first octet, and takes no octets at all for zero. */
function readNumber(element: Element, what: string): bigint {
  const value = parseAs(Integer, element, what).toBigInt();
  const written = new Uint8Array(Integer.fromBigInt(value).valueBlock.valueHexView);
  if (!sameBytes(written, element.content)) refuse(`${what}: a number that is empty or padded`);
  return value;
}

function parseAs<T extends object>(type: new () => T, element: Element, what: string): T {
  const { result } = withLibrary('asn1js', what, () =>
    fromBER(element.der, { parseEmbedded: false }),
  );
  if (result instanceof type && result.error === '') return result;
  return refuse(`${what}: asn1js reads something else`);
}
