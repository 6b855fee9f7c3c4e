/**
 * Distinguished names: structure, comparison by bytes, and attributes by type (THREATS T09, B23, B24).
 * Printed names are never compared.
 */
import { isUtf8 } from 'node:buffer';
import { BaseStringBlock, fromBER } from 'asn1js';
import { sameBytes } from './bytes.ts';
import { type Element, readChildren } from './elements.ts';
import { MAX_NAME_ATTRIBUTES } from './limits.ts';
import { refuse } from './refusal.ts';
import { readObjectIdentifier } from './values.ts';

export interface Name {
  readonly der: Uint8Array;
  /** One for each RDN. */
  readonly rdns: readonly Rdn[];
}

interface Rdn {
  readonly der: Uint8Array;
  /** One unless the RDN is multi-valued. */
  readonly attributes: readonly Attribute[];
}

interface Attribute {
  /** Dotted. */
  readonly type: string;
  readonly value: Element;
}

/** Names that records of anchors use, RFC 4519. */
const ATTRIBUTE_TYPES: ReadonlyMap<string, string> = new Map([
  ['CN', '2.5.4.3'],
  ['serialNumber', '2.5.4.5'],
  ['C', '2.5.4.6'],
  ['L', '2.5.4.7'],
  ['ST', '2.5.4.8'],
  ['O', '2.5.4.10'],
  ['OU', '2.5.4.11'],
  ['title', '2.5.4.12'],
]);

const SERIAL_NUMBER = '2.5.4.5';

const UTF8_STRING = 12;
/** UTF8String, PrintableString, TeletexString, IA5String, BMPString. */
const TEXT_TAGS: ReadonlySet<number> = new Set([UTF8_STRING, 19, 20, 22, 30]);

/**
 *     Name ::= SEQUENCE OF SET SIZE (1..MAX) OF SEQUENCE { type OBJECT IDENTIFIER, value ANY }
 */
export function readName(element: Element, what: string): Name {
  const rdns = readChildren(element, 'sequence', what).map((rdn) => {
    const attributes = readChildren(rdn, 'set', what);
    if (attributes.length === 0) refuse(`${what}: an empty RDN`);
    return { der: rdn.der, attributes: attributes.map((each) => readAttribute(each, what)) };
  });
  const count = rdns.reduce((sum, { attributes }) => sum + attributes.length, 0);
  if (count > MAX_NAME_ATTRIBUTES) refuse(`${what}: more attributes than any name has`);
  return { der: element.der, rdns };
}

function readAttribute(attribute: Element, what: string): Attribute {
  const [type, value, ...others] = readChildren(attribute, 'sequence', what);
  if (type === undefined || value === undefined || others.length > 0) {
    return refuse(`${what}: an attribute of other than type and value`);
  }
  return { type: readObjectIdentifier(type, what), value };
}

/**
 * The value of an attribute, under the name that records of anchors use. Null when it is absent, there
 * more than once, or no text.
 */
export function singleValue(name: Name, attribute: string): string | null {
  const type = ATTRIBUTE_TYPES.get(attribute);
  if (type === undefined) throw new RangeError(`no attribute type is known for ${attribute}`);
  const [only, ...others] = name.rdns
    .flatMap(({ attributes }) => attributes)
    .filter((each) => each.type === type);
  return only === undefined || others.length > 0 ? null : readText(only.value);
}

/** A string of a type that names are written in, or null (THREATS B23). asn1js decodes others too, and bad UTF-8. */
function readText({ tagClass, tag, constructed, der, content }: Element): string | null {
  if (tagClass !== 'universal' || constructed || !TEXT_TAGS.has(tag)) return null;
  if (tag === UTF8_STRING && !isUtf8(content)) return null;
  const { result } = fromBER(der);
  return result instanceof BaseStringBlock && result.error === '' ? result.getValue() : null;
}

export function hasMultiValuedRdn({ rdns }: Name): boolean {
  return rdns.some(({ attributes }) => attributes.length > 1);
}

export function sameName(a: Name, b: Name): boolean {
  return sameBytes(a.der, b.der);
}

/** Deviation: two device models write only part of their issuer's name, its serialNumber, and none of it twice (THREATS T09). */
export function isShortFormOf(short: Name, full: Name): boolean {
  return (
    short.rdns.every((rdn) => full.rdns.some((each) => sameBytes(each.der, rdn.der))) &&
    !short.rdns.some((rdn, at) => short.rdns.some((b, i) => i > at && sameBytes(rdn.der, b.der))) &&
    short.rdns.some(({ attributes }) => attributes.some(({ type }) => type === SERIAL_NUMBER))
  );
}
