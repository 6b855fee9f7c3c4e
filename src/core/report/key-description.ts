/** A KeyDescription in report form: AOSP's names for fields and values, device identifiers redacted. */
import { createHash } from 'node:crypto';
import { freezeDeep, toHex } from '../base/index.ts';
import {
  type ApplicationId,
  type AuthorizationList,
  enumNameOf,
  FIELDS,
  type FieldName,
  type FieldSpec,
  IDENTIFYING_FIELDS,
  type KeyDescription,
  type RawElement,
  type RootOfTrust,
} from '../key-description/index.ts';
import type {
  ReportApplicationId,
  ReportAuthorizationList,
  ReportField,
  ReportKeyDescription,
  ReportRawElement,
  ReportRootOfTrust,
} from './report.ts';
import { keepText } from './text.ts';

/** What stands in place of a device identifier. */
const REDACTED = 'redacted';

export type Exposure = 'exposed' | 'redacted';

export function toReportKeyDescription(
  description: KeyDescription,
  exposure: Exposure,
): ReportKeyDescription {
  const { uniqueId } = description;
  const hidesId = uniqueId.length > 0 && exposure === 'redacted';
  return {
    attestationVersion: description.attestationVersion,
    attestationSecurityLevel: description.attestationSecurityLevel,
    keyMintVersion: description.keyMintVersion,
    keyMintSecurityLevel: description.keyMintSecurityLevel,
    attestationChallenge: toHex(description.attestationChallenge),
    uniqueId: hidesId ? REDACTED : toHex(uniqueId),
    softwareEnforced: toReportList(description.softwareEnforced, exposure),
    hardwareEnforced: toHardwareList(description.hardwareEnforced, exposure),
  };
}

/** Lists that many records share hold nothing that is redacted. */
const SHARED_LISTS = new WeakMap<AuthorizationList, ReportAuthorizationList>();

function toHardwareList(list: AuthorizationList, exposure: Exposure): ReportAuthorizationList {
  if (list.shared !== true) return toReportList(list, exposure);
  let shared = SHARED_LISTS.get(list);
  if (shared === undefined) {
    shared = toReportList(list, exposure);
    freezeDeep(shared);
    keepText(shared);
    SHARED_LISTS.set(list, shared);
  }
  return shared;
}

function toReportList(list: AuthorizationList, exposure: Exposure): ReportAuthorizationList {
  const document: Record<string, ReportField | ReportRawElement[]> = {};
  for (const name of Object.keys(list.fields) as FieldName[]) {
    const spec: FieldSpec = FIELDS[name];
    const hides = spec.identifies && exposure === 'redacted';
    document[name] = hides ? REDACTED : toReportField(spec, list.fields[name]);
  }
  if (list.unknownTags.length > 0) {
    document['unknownTags'] = list.unknownTags.map((raw) => toReportRaw(raw, exposure));
  }
  if (list.malformed.length > 0) {
    document['malformedTags'] = list.malformed.map((raw) => toReportMalformed(raw, exposure));
  }
  return document;
}

function toReportField(spec: FieldSpec, value: unknown): ReportField {
  switch (spec.type) {
    case 'integer':
      return toReportInteger(spec, value as number | bigint);
    case 'integerSet':
      return (value as readonly (number | bigint)[]).map((member) => toReportInteger(spec, member));
    case 'null':
      return true;
    case 'octets':
      return toHex(value as Uint8Array);
    case 'text':
      return value as string;
    case 'rootOfTrust':
      return toReportRootOfTrust(value as RootOfTrust);
    case 'applicationId':
      return toReportApplicationId(value as ApplicationId);
  }
}

/** The AIDL name; a value without one as a number while that is safe, else in decimal. */
function toReportInteger(spec: FieldSpec, value: number | bigint): number | string {
  const name = spec.enum === undefined ? undefined : enumNameOf(spec.enum, value);
  return name ?? toReportNumber(value);
}

function toReportNumber(value: number | bigint): number | string {
  return typeof value === 'number' ? value : value.toString();
}

function toReportRootOfTrust(rootOfTrust: RootOfTrust): ReportRootOfTrust {
  const { verifiedBootKey, deviceLocked, verifiedBootState, verifiedBootHash } = rootOfTrust;
  return {
    verifiedBootKey: toHex(verifiedBootKey),
    deviceLocked,
    verifiedBootState,
    verifiedBootHash: verifiedBootHash === null ? null : toHex(verifiedBootHash),
  };
}

/** Names of apps that many records share. */
const SHARED_IDS = new WeakMap<ApplicationId, ReportApplicationId>();

function toReportApplicationId(id: ApplicationId): ReportApplicationId {
  if (id.shared !== true) return describeApplicationId(id);
  let shared = SHARED_IDS.get(id);
  if (shared === undefined) {
    shared = describeApplicationId(id);
    freezeDeep(shared);
    keepText(shared);
    SHARED_IDS.set(id, shared);
  }
  return shared;
}

function describeApplicationId(id: ApplicationId): ReportApplicationId {
  return {
    packages: id.packages.map(({ name, version }) => ({ name, version: toReportNumber(version) })),
    signatureDigests: id.signatureDigests.map((digest) => toHex(digest)),
  };
}

/** A digest of an identifier could be turned back: there are few of them (THREATS T42). */
function toReportMalformed(raw: RawElement, exposure: Exposure): ReportRawElement {
  const identifies = IDENTIFYING_TAGS.has(raw.tag) && exposure === 'redacted';
  return identifies
    ? { tag: raw.tag, length: raw.der.length, sha256: REDACTED }
    : toReportRaw(raw, exposure);
}

const IDENTIFYING_TAGS: ReadonlySet<number> = new Set(
  IDENTIFYING_FIELDS.map((name) => FIELDS[name].tag),
);

function toReportRaw({ tag, der }: RawElement, exposure: Exposure): ReportRawElement {
  if (exposure === 'exposed') return { tag, der: toHex(der) };
  const sha256 = createHash('sha256').update(der).digest('hex');
  return { tag, length: der.length, sha256 };
}
