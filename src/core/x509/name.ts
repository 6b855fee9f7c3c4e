/**
 * Distinguished names (RFC 5280 4.1.2.4). Compared as bytes; read attribute by attribute, by
 * identifier, for classification and for people. Never split from a printed string (THREATS B24).
 */
import { equalRanges, MAX_NAME_ATTRIBUTES, newEffort, toLatin1 } from '../base/index.ts';
import {
  BMP_STRING,
  DerReader,
  IA5_STRING,
  PRINTABLE_STRING,
  readObjectIdentifier,
  SEQUENCE,
  SET,
  TELETEX_STRING,
  UTF8_STRING,
} from '../der/index.ts';
import { isOid, oid, toDotted } from './oid.ts';

export interface NameAttribute {
  /** Short name of RFC 4519, or the dotted identifier. */
  readonly type: string;
  /** The text, or null for a string type or encoding that is not read. */
  readonly value: string | null;
  /** The AttributeTypeAndValue in its certificate: `bytes[start, end)`. */
  readonly start: number;
  readonly end: number;
}

/** A name whose form was checked. Most are only compared as bytes: attributes are read when first asked for. */
export class Name {
  /** Whether some RDN has more than one attribute; such a name is never used to classify. */
  readonly isMultiValued: boolean;
  /** The whole Name: `bytes[start, end)`. */
  readonly start: number;
  readonly end: number;
  /** Of its certificate. */
  readonly bytes: Uint8Array;
  #attributes: readonly NameAttribute[] | undefined;

  /** Only for what `readName` has walked through. */
  constructor(bytes: Uint8Array, start: number, end: number, isMultiValued: boolean) {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.isMultiValued = isMultiValued;
  }

  get attributes(): readonly NameAttribute[] {
    this.#attributes ??= readAttributes(this.bytes, this.start, this.end);
    return this.#attributes;
  }

  /** The same name of a copy of its certificate. */
  over(bytes: Uint8Array): Name {
    return new Name(bytes, this.start, this.end, this.isMultiValued);
  }
}

/** X.520's attributes, all of one octet under `id-at`. */
const ID_AT = oid('2.5.4');
const ATTRIBUTE_TYPES: readonly (string | undefined)[] = Object.assign([], {
  3: 'CN',
  5: 'serialNumber',
  6: 'C',
  7: 'L',
  8: 'ST',
  10: 'O',
  11: 'OU',
  12: 'title',
});

/**
 * `Name ::= SEQUENCE OF SET SIZE (1..MAX) OF SEQUENCE { type OBJECT IDENTIFIER, value ANY }`
 */
export function readName(reader: DerReader): Name {
  const outer = reader.enter(SEQUENCE);
  const start = reader.start;
  let attributes = 0;
  let isMultiValued = false;
  while (!reader.atEnd) {
    const relative = reader.enter(SET);
    if (reader.atEnd) reader.fail('X_BAD_NAME');
    while (!reader.atEnd) {
      if (attributes === MAX_NAME_ATTRIBUTES) reader.fail('X_BAD_NAME');
      attributes += 1;
      const attribute = reader.enter(SEQUENCE);
      readObjectIdentifier(reader);
      reader.next();
      reader.leave(attribute);
      isMultiValued ||= !reader.atEnd;
    }
    reader.leave(relative);
  }
  reader.leave(outer);
  return new Name(reader.bytes, start, reader.position, isMultiValued);
}

/** The attributes of a name that was walked through before: nothing can be wrong with it any more. */
function readAttributes(bytes: Uint8Array, start: number, end: number): readonly NameAttribute[] {
  const reader = new DerReader(bytes, newEffort(), start, end);
  const attributes: NameAttribute[] = [];
  reader.enter(SEQUENCE);
  while (!reader.atEnd) {
    const relative = reader.enter(SET);
    while (!reader.atEnd) attributes.push(readAttribute(reader));
    reader.leave(relative);
  }
  return attributes;
}

/** The value of the only attribute of `type`; undefined if it is missing, repeated or unreadable. */
export function attributeOf(name: Name, type: string): string | undefined {
  let found: NameAttribute | undefined;
  for (const attribute of name.attributes) {
    if (attribute.type !== type) continue;
    if (found !== undefined) return undefined;
    found = attribute;
  }
  return found?.value ?? undefined;
}

/** The last name of each length and its text: the keys of a device's apps mostly have one and the same. */
const LAST: { readonly bytes: Uint8Array; readonly text: string }[] = [];
const LENGTHS = 64;

/** Text for people, attributes in encoded order, special characters escaped as RFC 4514 2.4 says. */
export function toNameText(name: Name): string {
  const { bytes, start, end } = name;
  const last = LAST[(end - start) % LENGTHS];
  if (last !== undefined && equalRanges(last.bytes, 0, last.bytes.length, bytes, start, end)) {
    return last.text;
  }
  const text = writeName(name);
  LAST[(end - start) % LENGTHS] = { bytes: bytes.slice(start, end), text };
  return text;
}

function writeName(name: Name): string {
  let text = '';
  for (const { type, value } of name.attributes) {
    const shown = value === null ? '?' : escapeValue(value);
    text += text === '' ? `${type}=${shown}` : `,${type}=${shown}`;
  }
  return text;
}

const NEEDS_ESCAPE = /^[ #]|[\\",+;<>=]|[^ -~]| $/;

function escapeValue(value: string): string {
  if (!NEEDS_ESCAPE.test(value)) return value;
  return Array.from(value, (character, at) => {
    const code = character.codePointAt(0) as number;
    if (code < 0x20 || code > 0x7e) {
      return Array.from(new TextEncoder().encode(character), escapeOctet).join('');
    }
    const isEdge =
      (at === 0 && /[ #]/.test(character)) || (at === value.length - 1 && code === 0x20);
    return isEdge || /[\\",+;<>=]/.test(character) ? `\\${character}` : character;
  }).join('');
}

function escapeOctet(octet: number): string {
  return `\\${octet.toString(16).padStart(2, '0').toUpperCase()}`;
}

function readAttribute(reader: DerReader): NameAttribute {
  const outer = reader.enter(SEQUENCE);
  const start = reader.start;
  readObjectIdentifier(reader);
  const { bytes, from, to } = reader;
  const known = isOid(bytes, from, to - 1, ID_AT) ? ATTRIBUTE_TYPES[bytes[to - 1] as number] : null;
  const type = known ?? toDotted(bytes, from, to);
  reader.next();
  const value = toText(bytes, reader.tag, reader.from, reader.to);
  reader.leave(outer);
  return { type, value, start, end: reader.position };
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of a DirectoryString or IA5String, or null. */
function toText(bytes: Uint8Array, tag: number, from: number, to: number): string | null {
  switch (tag) {
    case UTF8_STRING:
      return toAscii(bytes, from, to) ?? toUtf8(bytes.subarray(from, to));
    case PRINTABLE_STRING:
    case IA5_STRING:
      return toAscii(bytes, from, to);
    case TELETEX_STRING:
      return String.fromCharCode(...bytes.subarray(from, to));
    case BMP_STRING:
      return toUcs2(bytes, from, to);
    default:
      return null;
  }
}

function toAscii(bytes: Uint8Array, from: number, to: number): string | null {
  for (let at = from; at < to; at += 1) if ((bytes[at] as number) >= 0x80) return null;
  return toLatin1(bytes, from, to);
}

function toUtf8(bytes: Uint8Array): string | null {
  try {
    return UTF8.decode(bytes);
  } catch {
    return null;
  }
}

function toUcs2(bytes: Uint8Array, from: number, to: number): string | null {
  if ((to - from) % 2 !== 0) return null;
  let text = '';
  for (let at = from; at < to; at += 2) {
    text += String.fromCharCode((bytes[at] as number) * 256 + (bytes[at + 1] as number));
  }
  return text;
}
