/**
 * A policy: what is asked of evidence that has been proved. Data, so that it can be read, compared and
 * digested; nothing in it can weaken the proof itself. Every rule is stated; there is no default.
 */
import { createHash } from 'node:crypto';
import type { Environment } from '../anchors/index.ts';
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

export interface Judged {
  readonly severity: RuleSeverity;
}

/** A mark of spoofing tools; see the codes of stage `risk`. */
export type RiskCode = Extract<FindingCode, `RISK_${string}`>;

export interface PolicyRules {
  /** Whose anchors, of which environments. `any` admits every anchor that is loaded. */
  readonly anchor: Judged & {
    readonly owners: readonly string[] | 'any';
    readonly environments: readonly Environment[];
  };
  readonly shape: Judged & { readonly allowed: readonly Shape[] };
  /** Both levels of the record equal, and not Software. */
  readonly securityLevel: Judged;
  /** The level the certificates name agrees with the record's. */
  readonly certifiedLevel: Judged;
  readonly rootOfTrust: Judged;
  readonly deviceLocked: Judged;
  readonly bootState: Judged & { readonly allowed: readonly BootState[] };
  /** The boot key is neither empty nor zero. */
  readonly bootKey: Judged;
  readonly keyOrigin: Judged;
  readonly keyPurpose: Judged & { readonly denied: readonly string[] };
  readonly allApplications: Judged;
  readonly deviceUnique: Judged;
  readonly userAuth: Judged;
  /** OS, vendor and boot patch level. */
  readonly patchLevels: Judged & {
    readonly maxAgeMonths: number;
    readonly maxFutureMonths: number;
  };
  /** Boot key and vbmeta digest belong to a release of these environments and stages. */
  readonly release: Judged & {
    readonly environments: readonly Environment[];
    readonly stages: readonly ReleaseStage[];
  };
  readonly riskSignals: Readonly<Record<RiskCode, RuleSeverity>>;
}

export interface Policy {
  readonly id: string;
  readonly version: string;
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
