/**
 * A policy: what is asked of evidence that has been proved. Data, so that it can be read, compared and
 * digested; nothing in it can weaken the proof itself. Every rule is stated; there is no default.
 */
import { createHash } from 'node:crypto';
import type { Environment, Provisioning } from '../anchors/index.ts';
import type { FindingCode, LayerId, Severity } from '../base/index.ts';
import type { BootState } from '../key-description/index.ts';
import type { Shape } from '../path/index.ts';
import type { ReleaseStage } from '../reference/index.ts';
import type { Eligibility } from './eligibility.ts';

/**
 * Where the expected challenge comes from: `service` issued it; the `caller` must give it; `optional`,
 * compared when given; `none`, not looked at.
 */
export type ChallengeRule = 'service' | 'caller' | 'optional' | 'none';

/** What a broken rule does; `ignore` does not evaluate it. */
export type RuleSeverity = Severity | 'ignore';

/** A signal never leaves a verdict open. */
export type SignalSeverity = Exclude<RuleSeverity, 'inconclusive'>;

export interface Judged {
  readonly severity: RuleSeverity;
}

/** A mark of spoofing tools; see the codes of stage `risk`. */
export type RiskCode = Extract<FindingCode, `RISK_${string}`>;

/** Device identifiers that a key can attest, by their field names without `attestationId`. */
export type DeviceIdName =
  | 'Brand'
  | 'Device'
  | 'Product'
  | 'Manufacturer'
  | 'Model'
  | 'Serial'
  | 'Imei'
  | 'Meid';

/** An app as its system names it: every package that shares its user id, and who may have signed it. */
export interface AllowedApplication {
  readonly packages: readonly { readonly name: string; readonly minimumVersion: number }[];
  /** SHA-256 of signing certificates, lower-case hex. */
  readonly signerDigests: readonly string[];
}

/** What is asked of one patch level; each question has a severity of its own. */
export interface PatchLevelRules {
  /** The level is there, and not 0. */
  readonly missing: RuleSeverity;
  /** The level is a date. */
  readonly malformed: RuleSeverity;
  readonly tooOld: Judged & { readonly months: number };
  /** YYYYMM or YYYYMMDD that the level must reach; null only where the severity is `ignore`. */
  readonly floor: Judged & { readonly level: number | null };
  readonly future: Judged & { readonly months: number };
}

export interface PolicyRules {
  /** Whose anchors, of which environments. `any` admits every anchor that is loaded. */
  readonly anchor: Judged & {
    readonly owners: readonly string[] | 'any';
    readonly environments: readonly Environment[];
  };
  readonly shape: Judged & { readonly allowed: readonly Shape[] };
  /** How the attestation key came to the device; also under ATTEST_KEYs. */
  readonly provisioning: Judged & { readonly allowed: readonly Provisioning[] };
  /** Both levels of the record equal, not Software, and at least `minimum`. */
  readonly securityLevel: Judged & { readonly minimum: 'TrustedEnvironment' | 'StrongBox' };
  /** The level the certificates name agrees with the record's. */
  readonly certifiedLevel: Judged;
  readonly rootOfTrust: Judged;
  readonly deviceLocked: Judged;
  readonly bootState: Judged & { readonly allowed: readonly BootState[] };
  /** The boot key is neither empty nor zero. */
  readonly bootKey: Judged;
  /** The boot key is none of these, lower-case hex: keys whose private half is public. */
  readonly bootKeyDenied: Judged & { readonly keys: readonly string[] };
  /** The boot key is one of these, or belongs to a release of one of these names. */
  readonly bootKeyAllowed: Judged & {
    readonly keys: readonly string[];
    readonly releases: readonly string[];
  };
  readonly keyOrigin: Judged & { readonly allowed: readonly string[] };
  readonly keyPurpose: Judged & {
    readonly allowed: readonly string[] | 'any';
    readonly denied: readonly string[];
  };
  readonly keyAlgorithm: Judged & { readonly allowed: readonly string[] };
  readonly keySize: Judged & {
    /** KeyMint's names of curves. */
    readonly curves: readonly string[] | 'any';
    readonly minimumRsaBits: number;
  };
  /** USER_AUTH_TYPE and NO_AUTH_REQUIRED do not contradict each other. */
  readonly userAuth: Judged;
  /** `biometric`: nothing else unlocks the key; `each`: every use needs its own. */
  readonly userAuthRequired: Judged & {
    readonly factor: 'any' | 'biometric';
    readonly use: 'any' | 'each';
  };
  readonly rollbackResistance: Judged;
  readonly allApplications: Judged;
  readonly deviceUnique: Judged;
  readonly application: Judged & { readonly allowed: readonly AllowedApplication[] };
  readonly deviceIds: Judged & {
    readonly expected: { readonly [Name in DeviceIdName]?: readonly string[] };
  };
  /** MMmmss, as the device reports it. */
  readonly osVersion: Judged & { readonly minimum: number };
  /** SHA-256 of the APEX modules, lower-case hex; the operating system's word. */
  readonly moduleHash: Judged & { readonly allowed: readonly string[] };
  readonly patchLevels: Readonly<Record<'os' | 'vendor' | 'boot', PatchLevelRules>>;
  /** Boot key and vbmeta digest belong to a release of these environments and stages. */
  readonly release: Judged & {
    readonly environments: readonly Environment[];
    readonly stages: readonly ReleaseStage[];
  };
  readonly riskSignals: Readonly<Record<RiskCode, SignalSeverity>>;
}

export interface Policy {
  /** Version of this format. */
  readonly format: 1;
  readonly id: string;
  /** Numbers and dots; a policy of the same id that follows has a higher one. */
  readonly version: string;
  /** RFC 3339 moment after which it is not loaded any more; null: never. */
  readonly expires: string | null;
  readonly description: string;
  /** Environments of the verifier in which the policy exists. */
  readonly environments: readonly Environment[];
  readonly challenge: ChallengeRule;
  readonly revocation: {
    /** How far past its refresh time a list may be; null: of any age, and remarked upon. */
    readonly maxStaleSeconds: number | null;
  };
  /** Layers without which a device is not PROTECTED; with none, no device ever is. */
  readonly criticalLayers: readonly LayerId[];
  /** Whether IMEI, serial number and the like appear in reports. */
  readonly exposeDeviceIdentifiers: boolean;
  /** What the device may do, action by action; without it nothing is granted or denied. */
  readonly eligibility?: Eligibility;
  readonly rules: PolicyRules;
}

/** A policy in force. */
export interface PreparedPolicy {
  readonly policy: Policy;
  /** SHA-256 of its canonical JSON (members sorted), lower-case hex. */
  readonly digest: string;
}

/** Freezes a policy and digests it. */
export function preparePolicy(policy: Policy): PreparedPolicy {
  const digest = createHash('sha256').update(toCanonicalJson(policy)).digest('hex');
  return Object.freeze({ policy, digest });
}

/** RFC 8785 for documents of strings, integers, booleans, null, arrays and objects. */
function toCanonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toCanonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${toCanonicalJson(member)}`);
  return `{${members.join(',')}}`;
}
