/** What values of a KeyDescription are made of: unsigned numbers, enumerations, sets and text (THREATS B05, B17, B20, B23). */
import { toHex } from './bytes.ts';
import { type Element, readChildren } from './elements.ts';
import type { Names } from './fields.ts';
import { Refusal, refuse } from './refusal.ts';
import { readEnumerated, readInteger } from './values.ts';

/** KeyMint's widest number. */
const MAX_NUMBER = 2n ** 64n - 1n;
/** Only the version of a package is signed. */
const MIN_SIGNED = -(2n ** 63n);

/** A set that no device writes: too long, or with a member twice. Refuses whatever field it is in. */
export class BadSet extends Refusal {}

/** A number while JSON can hold it exactly, decimal otherwise. */
export function toJsonNumber(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

export function readUnsigned(element: Element, what: string): bigint {
  return readWithin(0n, element, what);
}

export function readSigned(element: Element, what: string): bigint {
  return readWithin(MIN_SIGNED, element, what);
}

function readWithin(least: bigint, element: Element, what: string): bigint {
  const value = readInteger(element, what);
  if (value < least || value > MAX_NUMBER) refuse(`${what}: a number that no field holds`);
  return value;
}

/** A value of a closed enumeration: one without a name does not exist. */
export function readClosedEnum(names: Names, element: Element, what: string): string {
  const name = names[String(readEnumerated(element, what))];
  return name ?? refuse(`${what}: a value that does not exist`);
}

export function decodeText(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse(`${what}: it is no UTF-8`);
  }
}

/**
 * The members of a SET OF in the order they were sent, each read by `read`. Deviation: makers do not sort
 * their sets (THREATS B17). Members that are there twice are told by their bytes.
 */
export function readMembers<T>(
  set: Element,
  limit: number,
  read: (member: Element) => T,
  what: string,
): readonly T[] {
  const seen = new Set<string>();
  return readChildren(set, 'set', what).map((member, index) => {
    if (index === limit) throw new BadSet(`${what}: more members than any device writes`);
    const value = read(member);
    const bytes = toHex(member.der);
    if (seen.has(bytes)) throw new BadSet(`${what}: a member stands in its set twice`);
    seen.add(bytes);
    return value;
  });
}
