/**
 * One AuthorizationList: known fields to values, unknown tags kept as they are. Order is not required
 * (THREATS B13, B14); repetition is refused. A field that cannot be read refuses the whole description
 * if decisions rest on it, and is left out with a remark if not.
 */
import {
  type Effort,
  MAX_INTEGER_BYTES,
  MAX_LIST_VALUES,
  MAX_SET_MEMBERS,
  newEffort,
} from '../base/index.ts';
import {
  attempt,
  DerFault,
  DerReader,
  explicitTagNumber,
  OCTET_STRING,
  readInteger,
  readNull,
  SEQUENCE,
  SET,
  toInteger,
} from '../der/index.ts';
import { readApplicationId } from './application-id.ts';
import { enumNameOf } from './enums.ts';
import {
  type AuthorizationFields,
  type FieldName,
  type FieldSpec,
  fieldByIdentifier,
  IDENTIFYING_FIELDS,
  type NamedFieldSpec,
} from './fields.ts';
import { type DescriptionMemory, MAX_KEPT_BYTES, NO_DESCRIPTIONS } from './memory.ts';
import { readRootOfTrust } from './root-of-trust.ts';
import { readUtf8 } from './text.ts';

/** An element as it was encoded, header included. */
export interface RawElement {
  readonly tag: number;
  readonly offset: number;
  readonly der: Uint8Array;
}

export interface MalformedField extends RawElement {
  readonly name: FieldName;
}

export interface AuthorizationList {
  readonly fields: AuthorizationFields;
  readonly unknownTags: readonly RawElement[];
  /** Known fields, not deciding ones, whose content is of another type. */
  readonly malformed: readonly MalformedField[];
  /** Tag numbers in encoded order. */
  readonly tagOrder: readonly number[];
  /** One object for every record of the same bytes, so that what follows from it may be kept with it. */
  readonly shared?: true;
}

type ListName = 'softwareEnforced' | 'hardwareEnforced';

/** Reads the hardware list, or finds it among those read before. */
export function readHardwareList(
  reader: DerReader,
  effort: Effort,
  memory: DescriptionMemory,
): AuthorizationList {
  const { position: start } = reader;
  reader.read(SEQUENCE);
  const der = reader.bytes.subarray(start, reader.to);
  const known = memory.hardwareLists.recall(der);
  if (known !== undefined) return known;
  reader.position = start;
  const list = readAuthorizationList(reader, 'hardwareEnforced', effort, memory);
  if (memory === NO_DESCRIPTIONS || !isSharable(list) || der.length > MAX_KEPT_BYTES) return list;
  const own = der.slice();
  const again = new DerReader(own, newEffort());
  const shared = readAuthorizationList(again, 'hardwareEnforced', newEffort(), memory);
  const kept: AuthorizationList = Object.freeze({ ...shared, shared: true });
  memory.hardwareLists.keep(own, kept);
  return kept;
}

/** Elements that were not understood point into their certificate, and identifiers are of one device. */
function isSharable({ fields, unknownTags, malformed }: AuthorizationList): boolean {
  return (
    unknownTags.length === 0 &&
    malformed.length === 0 &&
    !IDENTIFYING_FIELDS.some((name) => fields[name] !== undefined)
  );
}

/** `AuthorizationList ::= SEQUENCE { [tag] EXPLICIT ANY OPTIONAL, ... }` */
export function readAuthorizationList(
  reader: DerReader,
  name: ListName,
  effort: Effort,
  memory: DescriptionMemory,
): AuthorizationList {
  const fields: Record<string, unknown> = {};
  const unknownTags: RawElement[] = [];
  const malformed: MalformedField[] = [];
  const tagOrder: number[] = [];
  const seen = new Set<number>();
  const outer = reader.enter(SEQUENCE);
  while (!reader.atEnd) {
    reader.field = name;
    reader.next();
    const tag = explicitTagNumber(reader.tag);
    if (tag < 0) reader.fail('K_BAD_STRUCTURE');
    if (tagOrder.length === MAX_LIST_VALUES) reader.fail('K_TOO_MANY_VALUES');
    if (seen.has(tag)) reader.fail('K_DUPLICATE_TAG');
    seen.add(tag);
    tagOrder.push(tag);
    const spec = fieldByIdentifier(reader.tag);
    if (spec === undefined) {
      unknownTags.push(rawElement(reader, tag));
      continue;
    }
    reader.field = `${name}.${spec.name}`;
    const raw = { start: reader.start, to: reader.to, end: reader.end };
    const value = attempt(() => readField(reader, spec, effort, memory));
    if (!(value instanceof DerFault)) {
      fields[spec.name] = value;
      continue;
    }
    const der = reader.bytes.subarray(raw.start, raw.to);
    malformed.push(leaveUnread(reader, value, spec, { tag, offset: raw.start, der }));
    reader.position = raw.to;
    reader.end = raw.end;
  }
  reader.field = name;
  reader.leave(outer);
  return { fields: fields as AuthorizationFields, unknownTags, malformed, tagOrder };
}

/** Whether tags ascend, as the schema has them. */
export function isAscending(tags: readonly number[]): boolean {
  return tags.every((tag, index) => index === 0 || tag > (tags[index - 1] as number));
}

/** Codes that name the structure that broke, whatever broke in it. */
const STRUCTURE_CODES: Partial<Record<FieldName, 'ROOT_OF_TRUST_MALFORMED' | 'APP_ID_MALFORMED'>> =
  {
    rootOfTrust: 'ROOT_OF_TRUST_MALFORMED',
    attestationApplicationId: 'APP_ID_MALFORMED',
  };

/** Codes that say what is wrong better than the structure it is in. */
const SAYS_ENOUGH: ReadonlySet<string> = new Set([
  'K_BAD_ENUM',
  'K_DUPLICATE_SET_MEMBER',
  'K_TOO_MANY_VALUES',
]);

/** A field that cannot be read: left out, or the end of the description. */
function leaveUnread(
  reader: DerReader,
  fault: DerFault,
  spec: NamedFieldSpec,
  raw: RawElement,
): MalformedField {
  if (spec.decides || SAYS_ENOUGH.has(fault.code)) {
    const code = SAYS_ENOUGH.has(fault.code)
      ? fault.code
      : (STRUCTURE_CODES[spec.name] ?? 'K_FIELD_UNREADABLE');
    reader.fail(code, fault.offset);
  }
  return { ...raw, name: spec.name };
}

function rawElement(reader: DerReader, tag: number): RawElement {
  return { tag, offset: reader.start, der: reader.bytes.subarray(reader.start, reader.to) };
}

/** Reads the content of the `[tag] EXPLICIT` element last read. */
function readField(
  reader: DerReader,
  spec: FieldSpec,
  effort: Effort,
  memory: DescriptionMemory,
): unknown {
  const outer = reader.descend();
  const value = readContent(reader, spec, effort, memory);
  reader.leave(outer);
  return value;
}

function readContent(
  reader: DerReader,
  spec: FieldSpec,
  effort: Effort,
  memory: DescriptionMemory,
): unknown {
  switch (spec.type) {
    case 'integer':
      return readUnsigned(reader, spec);
    case 'integerSet':
      return readIntegerSet(reader, spec);
    case 'null':
      readNull(reader);
      return true;
    case 'octets':
      reader.read(OCTET_STRING);
      return reader.bytes.subarray(reader.from, reader.to);
    case 'text':
      return readUtf8(reader);
    case 'rootOfTrust':
      return readRootOfTrust(reader);
    case 'applicationId':
      return readApplicationId(reader, effort, memory);
  }
}

/** The widest KeyMint integers are 64 bits (ULONG, DATE). */
const MAX_UNSIGNED = 2n ** 64n - 1n;

function readUnsigned(reader: DerReader, spec: FieldSpec): number | bigint {
  readInteger(reader);
  if (reader.to - reader.from > MAX_INTEGER_BYTES) reader.fail('DER_BAD_INTEGER');
  const value = toInteger(reader);
  if (value < 0 || value > MAX_UNSIGNED) reader.fail('DER_BAD_INTEGER');
  // Only an origin that is known can be told from a good one.
  if (spec.enum === 'KeyOrigin' && enumNameOf('KeyOrigin', value) === undefined) {
    reader.fail('K_BAD_ENUM');
  }
  return value;
}

/** Deviation: members need not be sorted (THREATS B17); repeated ones are refused. */
function readIntegerSet(reader: DerReader, spec: FieldSpec): readonly (number | bigint)[] {
  const members: (number | bigint)[] = [];
  const outer = reader.enter(SET);
  while (!reader.atEnd) {
    const member = readUnsigned(reader, spec);
    if (members.includes(member)) reader.fail('K_DUPLICATE_SET_MEMBER');
    if (members.length === MAX_SET_MEMBERS) reader.fail('K_TOO_MANY_VALUES');
    members.push(member);
  }
  reader.leave(outer);
  return members;
}
