/**
 * A KeyDescription as a recheck record keeps it: every field that may decide, and nothing that identifies
 * the device (serial number, IMEI, MEID, unique id), the challenge or an element that is not understood.
 */
import { toHex } from './base/index.ts';
import {
  type AuthorizationFields,
  type AuthorizationList,
  FIELDS,
  type FieldName,
  type FieldSpec,
  type KeyDescription,
} from './key-description/index.ts';

/** Plain JSON: octets are `{hex}`, integers beyond 2^53 `{int}`. */
export interface StoredDescription
  extends Pick<
    KeyDescription,
    'attestationVersion' | 'attestationSecurityLevel' | 'keyMintVersion' | 'keyMintSecurityLevel'
  > {
  readonly challengeLength: number;
  readonly softwareEnforced: StoredList;
  readonly hardwareEnforced: StoredList;
}

interface StoredList {
  readonly fields: Readonly<Record<string, unknown>>;
  /** Fields that were there and could not be read. */
  readonly malformed: readonly FieldName[];
  readonly tagOrder: readonly number[];
}

export function encodeDescription(description: KeyDescription): StoredDescription {
  const { attestationVersion, attestationSecurityLevel, keyMintVersion, keyMintSecurityLevel } =
    description;
  return {
    attestationVersion,
    attestationSecurityLevel,
    keyMintVersion,
    keyMintSecurityLevel,
    challengeLength: description.attestationChallenge.length,
    softwareEnforced: encodeList(description.softwareEnforced),
    hardwareEnforced: encodeList(description.hardwareEnforced),
  };
}

/** The description again; what was left out is empty. */
export function decodeDescription(stored: StoredDescription): KeyDescription {
  const { challengeLength, softwareEnforced, hardwareEnforced, ...levels } = stored;
  return {
    ...levels,
    attestationChallenge: new Uint8Array(challengeLength),
    uniqueId: new Uint8Array(0),
    softwareEnforced: decodeList(softwareEnforced),
    hardwareEnforced: decodeList(hardwareEnforced),
    remarks: [],
  };
}

function encodeList({ fields, malformed, tagOrder }: AuthorizationList): StoredList {
  const kept = Object.entries(fields).filter(([name]) => {
    const spec: FieldSpec = FIELDS[name as FieldName];
    return spec.identifies !== true;
  });
  return {
    fields: Object.fromEntries(kept.map(([name, value]) => [name, encode(value)])),
    malformed: malformed.map(({ name }) => name),
    tagOrder,
  };
}

function decodeList({ fields, malformed, tagOrder }: StoredList): AuthorizationList {
  const values = Object.entries(fields).map(([name, value]) => [name, decode(value)]);
  return {
    fields: Object.fromEntries(values) as AuthorizationFields,
    unknownTags: [],
    malformed: malformed.map((name) => ({
      name,
      tag: FIELDS[name].tag,
      offset: 0,
      der: new Uint8Array(0),
    })),
    tagOrder,
  };
}

function encode(value: unknown): unknown {
  if (typeof value === 'bigint') return { int: value.toString() };
  if (value instanceof Uint8Array) return { hex: toHex(value) };
  if (Array.isArray(value)) return value.map(encode);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, encode(each)]));
}

function decode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decode);
  if (typeof value !== 'object' || value === null) return value;
  if ('hex' in value) return new Uint8Array(Buffer.from(String(value.hex), 'hex'));
  if ('int' in value) return BigInt(String(value.int));
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, decode(each)]));
}
