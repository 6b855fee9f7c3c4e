/**
 * The authorization list as data: every tag that a schema version 1 to 500 names, and the type of its
 * content (AOSP KeyMint Tag.aidl; source.android.com, "Key and ID attestation"). Each is
 * `[tag] EXPLICIT` and optional, and the version never decides which of them is read.
 */
import { explicitTag } from '../der/index.ts';
import type { ApplicationId } from './application-id.ts';
import type { EnumName } from './enums.ts';
import type { RootOfTrust } from './root-of-trust.ts';

/** What the content of each type becomes. */
interface Values {
  readonly integer: number | bigint;
  readonly integerSet: readonly (number | bigint)[];
  /** NULL: presence means true. */
  readonly null: true;
  readonly octets: Uint8Array;
  /** OCTET STRING of UTF-8. */
  readonly text: string;
  readonly rootOfTrust: RootOfTrust;
  readonly applicationId: ApplicationId;
}

export interface FieldSpec {
  readonly tag: number;
  readonly type: keyof Values;
  /** Names of its values, in reports. */
  readonly enum?: EnumName;
  /** Decisions rest on it: if it cannot be read, the whole description is refused (THREATS B22). */
  readonly decides?: true;
  /** Identifies one device: redacted unless the policy exposes it. */
  readonly identifies?: true;
}

const DECIDES = { decides: true } as const;
const IDENTIFIES = { identifies: true } as const;

export const FIELDS = {
  purpose: { tag: 1, type: 'integerSet', enum: 'KeyPurpose', ...DECIDES },
  algorithm: { tag: 2, type: 'integer', enum: 'Algorithm', ...DECIDES },
  keySize: { tag: 3, type: 'integer', ...DECIDES },
  blockMode: { tag: 4, type: 'integerSet', enum: 'BlockMode' },
  digest: { tag: 5, type: 'integerSet', enum: 'Digest', ...DECIDES },
  padding: { tag: 6, type: 'integerSet', enum: 'PaddingMode' },
  callerNonce: { tag: 7, type: 'null' },
  minMacLength: { tag: 8, type: 'integer' },
  ecCurve: { tag: 10, type: 'integer', enum: 'EcCurve', ...DECIDES },
  mlDsaVariant: { tag: 11, type: 'integer', enum: 'MlDsaVariant', ...DECIDES },
  rsaPublicExponent: { tag: 200, type: 'integer' },
  mgfDigest: { tag: 203, type: 'integerSet', enum: 'Digest' },
  rollbackResistance: { tag: 303, type: 'null' },
  earlyBootOnly: { tag: 305, type: 'null' },
  activeDateTime: { tag: 400, type: 'integer' },
  originationExpireDateTime: { tag: 401, type: 'integer' },
  usageExpireDateTime: { tag: 402, type: 'integer' },
  usageCountLimit: { tag: 405, type: 'integer' },
  userSecureId: { tag: 502, type: 'integer' },
  noAuthRequired: { tag: 503, type: 'null', ...DECIDES },
  userAuthType: { tag: 504, type: 'integer', ...DECIDES },
  authTimeout: { tag: 505, type: 'integer', ...DECIDES },
  allowWhileOnBody: { tag: 506, type: 'null' },
  trustedUserPresenceReq: { tag: 507, type: 'null' },
  trustedConfirmationReq: { tag: 508, type: 'null' },
  unlockedDeviceReq: { tag: 509, type: 'null' },
  allApplications: { tag: 600, type: 'null', ...DECIDES },
  creationDateTime: { tag: 701, type: 'integer' },
  origin: { tag: 702, type: 'integer', enum: 'KeyOrigin', ...DECIDES },
  rollbackResistant: { tag: 703, type: 'null' },
  rootOfTrust: { tag: 704, type: 'rootOfTrust', ...DECIDES },
  osVersion: { tag: 705, type: 'integer' },
  osPatchLevel: { tag: 706, type: 'integer' },
  attestationApplicationId: { tag: 709, type: 'applicationId', ...DECIDES },
  attestationIdBrand: { tag: 710, type: 'text' },
  attestationIdDevice: { tag: 711, type: 'text' },
  attestationIdProduct: { tag: 712, type: 'text' },
  attestationIdSerial: { tag: 713, type: 'text', ...IDENTIFIES },
  attestationIdImei: { tag: 714, type: 'text', ...IDENTIFIES },
  attestationIdMeid: { tag: 715, type: 'text', ...IDENTIFIES },
  attestationIdManufacturer: { tag: 716, type: 'text' },
  attestationIdModel: { tag: 717, type: 'text' },
  vendorPatchLevel: { tag: 718, type: 'integer' },
  bootPatchLevel: { tag: 719, type: 'integer' },
  deviceUniqueAttestation: { tag: 720, type: 'null', ...DECIDES },
  identityCredentialKey: { tag: 721, type: 'null' },
  attestationIdSecondImei: { tag: 723, type: 'text', ...IDENTIFIES },
  moduleHash: { tag: 724, type: 'octets' },
} as const satisfies Record<string, FieldSpec>;

export type FieldName = keyof typeof FIELDS;

/** The fields of a list that were present and readable. */
export type AuthorizationFields = {
  readonly [Name in FieldName]?: Values[(typeof FIELDS)[Name]['type']];
};

/** Fields that name one device. */
export const IDENTIFYING_FIELDS: readonly FieldName[] = Object.entries<FieldSpec>(FIELDS)
  .filter(([, { identifies }]) => identifies)
  .map(([name]) => name as FieldName);

export interface NamedFieldSpec extends FieldSpec {
  readonly name: FieldName;
}

const BY_IDENTIFIER: ReadonlyMap<number, NamedFieldSpec> = new Map(
  Object.entries(FIELDS).map(([name, spec]) => [
    explicitTag(spec.tag),
    { ...spec, name: name as FieldName },
  ]),
);

/** The field whose identifier octets are `identifier` (see core/der/tags), if one is known. */
export function fieldByIdentifier(identifier: number): NamedFieldSpec | undefined {
  return BY_IDENTIFIER.get(identifier);
}
