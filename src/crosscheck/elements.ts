/**
 * Bytes cut into DER elements (X.690 clauses 8.1 and 10.1). asn1js reads each identifier and length;
 * it accepts BER, so what DER forbids is refused here from what it read. Content is never looked into
 * unless asked for: asn1js parses whole trees eagerly, lets a child run past the end of its parent, and
 * guesses inside strings, which is why `fromBER` is not used on evidence.
 */
import { BaseBlock } from 'asn1js';
import { refuse } from './refusal.ts';

export type TagClass = 'universal' | 'application' | 'context' | 'private';

export interface Element {
  readonly tagClass: TagClass;
  readonly tag: number;
  readonly constructed: boolean;
  /** The whole element, as received. */
  readonly der: Uint8Array;
  readonly content: Uint8Array;
}

/** Universal tags; SEQUENCE and SET are constructed, the others here primitive. */
const TAG = {
  boolean: 1,
  integer: 2,
  bitString: 3,
  octetString: 4,
  null: 5,
  objectIdentifier: 6,
  enumerated: 10,
  sequence: 16,
  set: 17,
  utcTime: 23,
  generalizedTime: 24,
} as const;
export type UniversalType = keyof typeof TAG;

/** asn1js numbers the classes from one. */
const CLASSES: readonly TagClass[] = ['universal', 'application', 'context', 'private'];

/** Tag numbers of the schema need two octets; three leave room (THREATS B05). */
const MAX_TAG_OCTETS = 3;
const MAX_LENGTH_OCTETS = 4;
const LOW_TAG_LIMIT = 31;
const PADDING = 0x80;

/** Every element of `bytes`, which they fill exactly. */
export function readElements(bytes: Uint8Array, what: string): readonly Element[] {
  const elements: Element[] = [];
  let rest = bytes;
  while (rest.length > 0) {
    const element = readFirst(rest, what);
    elements.push(element);
    rest = rest.subarray(element.der.length);
  }
  return elements;
}

/** The one element that `bytes` are. */
export function readElement(bytes: Uint8Array, what: string): Element {
  if (bytes.length === 0) refuse(`${what}: nothing is there`);
  const element = readFirst(bytes, what);
  if (element.der.length !== bytes.length) refuse(`${what}: bytes follow its end`);
  return element;
}

/** The elements inside a SEQUENCE or SET. */
export function readChildren(
  element: Element,
  type: 'sequence' | 'set',
  what: string,
): readonly Element[] {
  if (!isOf(element, type)) refuse(`${what}: it is no ${type.toUpperCase()}`);
  return readElements(element.content, what);
}

export function isOf(element: Element, type: UniversalType): boolean {
  const constructed = type === 'sequence' || type === 'set';
  return (
    element.tagClass === 'universal' &&
    element.tag === TAG[type] &&
    element.constructed === constructed
  );
}

/** Whether the element has that context tag and wraps others. */
export function isWrapper(element: Element, tag: number): boolean {
  return element.tagClass === 'context' && element.tag === tag && element.constructed;
}

function readFirst(bytes: Uint8Array, what: string): Element {
  const block = new BaseBlock();
  const { idBlock, lenBlock } = block;
  const lengthAt = idBlock.fromBER(bytes, 0, bytes.length);
  if (lengthAt < 0) refuse(`${what}: ${idBlock.error}`);
  checkTag(bytes, lengthAt, idBlock, what);
  const contentAt = lenBlock.fromBER(bytes, lengthAt, bytes.length - lengthAt);
  if (contentAt < 0) refuse(`${what}: ${lenBlock.error}`);
  checkLength(contentAt - lengthAt, lenBlock, what);
  const end = contentAt + lenBlock.length;
  if (end > bytes.length) refuse(`${what}: a length runs past the end`);
  return {
    tagClass: CLASSES[idBlock.tagClass - 1] ?? refuse(`${what}: no such tag class`),
    tag: idBlock.tagNumber,
    constructed: idBlock.isConstructed,
    der: bytes.subarray(0, end),
    content: bytes.subarray(contentAt, end),
  };
}

/** X.690 clause 8.1.2.4: high tag numbers have no padding, and low ones no high form. */
function checkTag(
  bytes: Uint8Array,
  octets: number,
  { tagNumber }: BaseBlock['idBlock'],
  what: string,
): void {
  if (octets === 1) return;
  if (octets - 1 > MAX_TAG_OCTETS) refuse(`${what}: a tag number is too large`);
  if (bytes[1] === PADDING || tagNumber < LOW_TAG_LIMIT) refuse(`${what}: a tag is padded`);
}

/** X.690 clause 10.1: definite lengths, in the fewest octets. */
function checkLength(octets: number, lenBlock: BaseBlock['lenBlock'], what: string): void {
  const { isIndefiniteForm, longFormUsed, length } = lenBlock;
  if (isIndefiniteForm) refuse(`${what}: a length is indefinite`);
  if (octets - 1 > MAX_LENGTH_OCTETS) refuse(`${what}: a length has too many octets`);
  const fewest = length < 0x80 ? 1 : 1 + Math.ceil(length.toString(16).length / 2);
  if (octets !== fewest || longFormUsed !== length >= 0x80) refuse(`${what}: a length is padded`);
}
