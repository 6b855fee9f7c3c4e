/**
 * The report: one JSON document that says what was decided, why, and on what. Byte
 * strings are lower-case hex, certificates and keys base64 DER, times RFC 3339, serials minimal hex.
 */
import type { Environment } from '../anchors/index.ts';
import type {
  FactValue,
  FailureClass,
  FindingCode,
  LayerId,
  Place,
  Severity,
  Stage,
} from '../base/index.ts';
import type { Binding } from '../binding/index.ts';
import type { ProvisioningInfo } from '../key-description/index.ts';
import type { Role, Shape } from '../path/index.ts';
import type { Rollback } from '../policy/index.ts';
import type { LayerState, TrustInputId, TrustState } from '../posture/index.ts';
import type { ReleaseEnvironment, ReleaseStage, Standing } from '../reference/index.ts';
import type { StatementFields } from '../statement/index.ts';

export const REPORT_VERSION = 1;

/** Never a boolean: `inconclusive` means that we could not decide, and is no soft accept. */
export type Outcome = 'accept' | 'reject' | 'inconclusive';

export interface ReportFinding {
  readonly code: FindingCode;
  readonly severity: Severity;
  readonly failureClass: FailureClass | null;
  readonly retryable: boolean;
  readonly disclosure: 'caller' | 'operator';
  readonly stage: Stage;
  readonly at: Place;
  readonly expected: FactValue;
  readonly got: FactValue;
  readonly text: string;
  readonly remedy: string;
}

export interface ReportLayer {
  readonly layer: LayerId;
  readonly state: LayerState;
  /** What the state rests on. */
  readonly basis: string;
  readonly findings: readonly FindingCode[];
}

export interface ReportCertificate {
  readonly index: number;
  /** Null where no path was verified: what a certificate is there for is not known. */
  readonly role: Role | null;
  readonly subject: string;
  readonly serial: string;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly signatureAlgorithm: string;
  readonly publicKey: string;
  readonly sha256: string;
}

export interface ReportChain {
  readonly shape: Shape | 'software' | null;
  readonly anchor: {
    readonly id: string;
    readonly spkiSha256: string;
    readonly environment: Environment;
  } | null;
  readonly certificates: readonly ReportCertificate[];
  readonly provisioningInfo: ProvisioningInfo | null;
}

export interface ReportKey {
  /** `EC`, `RSA`, `ML-DSA`, or the dotted identifier of another algorithm. */
  readonly algorithm: string;
  readonly curve?: string;
  readonly size?: number;
  readonly parameterSet?: string;
  readonly spki: string;
  readonly spkiSha256: string;
}

export type ReportField =
  | number
  | string
  | true
  | readonly (number | string)[]
  | ReportRootOfTrust
  | ReportApplicationId;

export interface ReportRootOfTrust {
  readonly verifiedBootKey: string;
  readonly deviceLocked: boolean;
  readonly verifiedBootState: string;
  readonly verifiedBootHash: string | null;
}

export interface ReportApplicationId {
  readonly packages: readonly { readonly name: string; readonly version: number | string }[];
  readonly signatureDigests: readonly string[];
}

/** An element kept as it was: its bytes, or only their length and digest while redacted. */
export type ReportRawElement =
  | { readonly tag: number; readonly der: string }
  | { readonly tag: number; readonly length: number; readonly sha256: string };

/** Field names of the schema to values; only fields that were present. */
export type ReportAuthorizationList = Readonly<Record<string, ReportField | ReportRawElement[]>>;

export interface ReportKeyDescription {
  readonly attestationVersion: number;
  readonly attestationSecurityLevel: string;
  readonly keyMintVersion: number;
  readonly keyMintSecurityLevel: string;
  readonly attestationChallenge: string;
  readonly uniqueId: string;
  readonly softwareEnforced: ReportAuthorizationList;
  readonly hardwareEnforced: ReportAuthorizationList;
}

export interface ReportRevocation {
  readonly checked: boolean;
  /** Null when not checked, or no path was verified. */
  readonly status: 'good' | 'revoked' | 'suspended' | 'unknown' | null;
  readonly snapshot: {
    readonly id: string;
    readonly entries: number;
    /** Of the freshest copy of the stalest feed this chain needs; null: by the operator's word. */
    readonly fetchedAt: string | null;
    readonly ageSeconds: number | null;
    /** Lists that speak about this chain's anchor. */
    readonly sources: readonly string[];
  } | null;
}

export interface ReportRelease {
  readonly name: string;
  /** `build`: boot key and vbmeta digest belong to one release; `boot-key`: only the key is known. */
  readonly recognisedBy: 'build' | 'boot-key';
  /** Null for a system known by its boot key only, as are the next two. */
  readonly channel: string | null;
  readonly stage: ReleaseStage | null;
  readonly environment: ReleaseEnvironment | null;
  /** Whether it is a production-signed release that devices have been offered. */
  readonly production: boolean;
  /** How far behind what its devices are offered; null for a system known by its boot key only. */
  readonly behind: Standing | null;
  readonly rollback: Rollback['state'];
  readonly registry: {
    readonly name: string;
    readonly sequence: number;
    /** SHA-256 of the document. */
    readonly id: string;
    readonly expiresAt: string;
    /** Key id of its signature; null: not signed. */
    readonly signedBy: string | null;
  };
}

/** What the device says of itself, once its signature holds. */
export interface ReportStatement {
  /** Its own word: device-reported, and bound to the attested key. */
  readonly fields: StatementFields;
  /** Whether it was taken over into the layers; the findings say why not. */
  readonly counts: boolean;
}

export interface ReportEligibility {
  readonly action: string;
  readonly granted: boolean;
  readonly reasons: readonly string[];
}

export interface ReportTrustInput {
  readonly input: TrustInputId;
  readonly state: LayerState;
  /** What the state rests on. */
  readonly basis: string;
  readonly findings: readonly FindingCode[];
}

export interface Report {
  readonly reportVersion: typeof REPORT_VERSION;
  readonly outcome: Outcome;
  readonly trustState: TrustState;
  /** Decides validity windows and patch age. */
  readonly evidenceTime: string;
  /** Decides revocation, and how old lists are. */
  readonly appraisedAt: string;
  readonly evidenceDigest: string;
  readonly verifier: { readonly name: string; readonly version: string };
  /** Environment of the verifier; what any but `production` accepts proves nothing. */
  readonly environment: Environment;
  readonly findings: readonly ReportFinding[];
  readonly layers: readonly ReportLayer[];
  /** The nine trust inputs of the Enigm OS model. */
  readonly trustInputs: readonly ReportTrustInput[];
  readonly chain: ReportChain;
  readonly key: ReportKey | null;
  readonly keyDescription: ReportKeyDescription | null;
  readonly revocation: ReportRevocation;
  readonly policy: { readonly id: string; readonly version: string; readonly digest: string };
  readonly binding: Binding;
  /** Null: the request carried none, or it could not be verified. */
  readonly statement: ReportStatement | null;
  readonly release: ReportRelease | null;
  /** Whether something older than before shows, and what was compared to tell. */
  readonly rollback: Rollback;
  readonly eligibility: readonly ReportEligibility[];
}

/** The parts of a report that say what was decided. */
export type ReportDecision = Pick<
  Report,
  | 'outcome'
  | 'trustState'
  | 'findings'
  | 'layers'
  | 'trustInputs'
  | 'policy'
  | 'release'
  | 'rollback'
  | 'eligibility'
>;

/** Parts of a report that depend on nothing but the proof. */
export interface ReportParts {
  chain?: ReportChain;
  key?: ReportKey;
  /** With device identifiers shown, and without. */
  exposed?: ReportKeyDescription;
  redacted?: ReportKeyDescription;
  /** All three as JSON members. */
  texts?: { exposed?: string; redacted?: string };
}
