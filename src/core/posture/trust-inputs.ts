/**
 * The nine trust inputs of the Enigm OS model, and what a production device must show: one table each,
 * from which reports, tests and the README's tables are made. What attestation cannot show says so, and
 * reads `not_evidenced` whatever else is in order.
 */
import { type FindingCode, type JudgedFinding, LAYERS, type LayerId } from '../base/index.ts';
import type { StatementField, StatementFields } from '../statement/index.ts';
import type { Layer, LayerState } from './layers.ts';

export const TRUST_INPUTS = [
  'verified-boot',
  'device-integrity',
  'trusted-software-state',
  'protected-key-material',
  'policy-compliance',
  'security-service-state',
  'trust-security-center',
  'ota-verification',
  'managed-device',
] as const;
export type TrustInputId = (typeof TRUST_INPUTS)[number];

/** What an input rests on: one layer, the verdict as a whole, or one word of the device's own statement. */
type Basis =
  | { readonly kind: 'layer'; readonly layer: LayerId }
  | { readonly kind: 'verdict' }
  | { readonly kind: 'statement'; readonly field: StatementField; readonly inOrder: string };

interface TrustInputEntry {
  readonly title: string;
  readonly restsOn: Basis;
  /** What evidence shows it; for what attestation cannot show, what would. */
  readonly shownBy: string;
  /** Findings that refuse it; empty where attestation says nothing. */
  readonly refusedBy: readonly FindingCode[];
  /** The test that shows it, as `file: claim`. */
  readonly provedBy: string;
}

const NO_STATEMENT =
  "nothing in attestation; a statement signed by the attested key would, as the device's own word";

/** One row an input, in the order reports list them. */
export const TRUST_INPUT_TABLE: Readonly<Record<TrustInputId, TrustInputEntry>> = {
  'verified-boot': {
    title: 'verified boot',
    restsOn: { kind: 'layer', layer: 'verified-boot' },
    shownBy: "deviceLocked, verifiedBootState and a boot key in the hardware's root of trust",
    refusedBy: [
      'ROOT_OF_TRUST_MISSING',
      'DEVICE_UNLOCKED',
      'BOOT_STATE_NOT_VERIFIED',
      'BOOT_KEY_EMPTY',
      'RELEASE_BOOT_STATE',
    ],
    provedBy:
      'posture/trust-inputs.test.ts: each finding of a row fails its input, and only an accept satisfies',
  },
  'device-integrity': {
    title: 'device integrity',
    restsOn: { kind: 'layer', layer: 'hardware-integrity' },
    shownBy:
      'a chain to a pinned anchor, nothing of it revoked, and a security level its certificates confirm',
    refusedBy: ['CERTIFICATE_REVOKED', 'SECURITY_LEVEL_SOFTWARE', 'SECURITY_LEVEL_CHAIN_MISMATCH'],
    provedBy:
      'posture/trust-inputs.test.ts: each finding of a row fails its input, and only an accept satisfies',
  },
  'trusted-software-state': {
    title: 'trusted software state',
    restsOn: { kind: 'layer', layer: 'os-hardening' },
    shownBy: 'boot key and vbmeta digest of a release in the signed registry',
    refusedBy: [
      'RELEASE_UNKNOWN',
      'RELEASE_KEY_ONLY',
      'RELEASE_NOT_ALLOWED',
      'RELEASE_MODEL_MISMATCH',
    ],
    provedBy:
      'posture/trust-inputs.test.ts: each finding of a row fails its input, and only an accept satisfies',
  },
  'protected-key-material': {
    title: 'protected key material',
    restsOn: { kind: 'layer', layer: 'key-material' },
    shownBy: "origin GENERATED, purposes and owner of the key in the hardware's list",
    refusedBy: ['KEY_ORIGIN', 'KEY_PURPOSE', 'ALL_APPLICATIONS', 'USER_AUTH_CONTRADICTORY'],
    provedBy:
      'posture/trust-inputs.test.ts: each finding of a row fails its input, and only an accept satisfies',
  },
  'policy-compliance': {
    title: 'policy compliance',
    restsOn: { kind: 'verdict' },
    shownBy: 'the verdict under the named policy; degraded where it asks for review',
    refusedBy: ['CHALLENGE_MISMATCH', 'ATTEST_KEY_NOT_ALLOWED', 'RELEASE_NOT_ALLOWED'],
    provedBy: 'posture/trust-inputs.test.ts: policy compliance is the verdict, and nothing softer',
  },
  'security-service-state': {
    title: 'security service state',
    restsOn: { kind: 'statement', field: 'securityService', inOrder: 'ACTIVE' },
    shownBy: NO_STATEMENT,
    refusedBy: [],
    provedBy:
      'posture/trust-inputs.test.ts: a statement that counts shows what attestation cannot, in the words of the device',
  },
  'trust-security-center': {
    title: 'Trust Security Center posture',
    restsOn: { kind: 'layer', layer: 'trust-security-center' },
    shownBy: NO_STATEMENT,
    refusedBy: [],
    provedBy: 'posture/trust-inputs.test.ts: what attestation cannot show is never evidenced',
  },
  'ota-verification': {
    title: 'OTA verification state',
    restsOn: { kind: 'layer', layer: 'update-management' },
    shownBy:
      'the patch levels of the release it runs, the stage of that release, no visible rollback; not that an update was verified',
    refusedBy: [
      'RELEASE_PATCH_MISSING',
      'RELEASE_PATCH_OLDER',
      'RELEASE_OS_VERSION',
      'RELEASE_COHORT',
      'ROLLBACK_BELOW_FLOOR',
      'ROLLBACK_LEVEL_LOST',
    ],
    provedBy:
      'posture/trust-inputs.test.ts: each finding of a row fails its input, and only an accept satisfies',
  },
  'managed-device': {
    title: 'managed device state',
    restsOn: { kind: 'statement', field: 'managedState', inOrder: 'MANAGED' },
    shownBy: NO_STATEMENT,
    refusedBy: [],
    provedBy:
      'posture/trust-inputs.test.ts: a statement that counts shows what attestation cannot, in the words of the device',
  },
};

interface RequirementEntry {
  readonly title: string;
  readonly shownBy: string;
  readonly refusedBy: readonly FindingCode[];
  /** What of the requirement no attestation shows. */
  readonly notShown: string;
  readonly provedBy: string;
}

/** What the Enigm OS model asks of a production device. */
export const PRODUCTION_REQUIREMENTS: readonly RequirementEntry[] = [
  {
    title: 'locked',
    shownBy: "deviceLocked in the hardware's root of trust",
    refusedBy: ['ROOT_OF_TRUST_MISSING', 'DEVICE_UNLOCKED'],
    notShown: 'that it stayed locked after this boot',
    provedBy:
      'posture/production.test.ts: each finding of a production requirement refuses under enigm-production',
  },
  {
    title: 'verified',
    shownBy: "Verified, or SelfSigned where the release's record says so, with a boot key",
    refusedBy: ['BOOT_STATE_NOT_VERIFIED', 'BOOT_KEY_EMPTY', 'RELEASE_BOOT_STATE'],
    notShown: 'exploits at run time, after a verified boot',
    provedBy:
      'posture/production.test.ts: each finding of a production requirement refuses under enigm-production',
  },
  {
    title: 'production-signed',
    shownBy:
      "boot key and vbmeta digest of one production release of the signed registry, for the device's model",
    refusedBy: [
      'RELEASE_UNKNOWN',
      'RELEASE_KEY_ONLY',
      'RELEASE_NOT_ALLOWED',
      'RELEASE_MODEL_MISMATCH',
    ],
    notShown:
      'nothing, as far as the registry is right; the model only where the device attests it',
    provedBy:
      'posture/production.test.ts: each finding of a production requirement refuses under enigm-production',
  },
  {
    title: 'protected update chain',
    shownBy:
      'version and patch levels of its release, a release that is not withdrawn, no visible rollback',
    refusedBy: [
      'RELEASE_PATCH_MISSING',
      'RELEASE_PATCH_OLDER',
      'RELEASE_OS_VERSION',
      'RELEASE_COHORT',
      'ROLLBACK_BELOW_FLOOR',
      'ROLLBACK_LEVEL_LOST',
    ],
    notShown: 'how the update came to the device, and that the device itself verified it',
    provedBy:
      'posture/production.test.ts: each finding of a production requirement refuses under enigm-production',
  },
];

export interface TrustInput {
  readonly input: TrustInputId;
  readonly state: LayerState;
  /** What the state rests on. */
  readonly basis: string;
  readonly findings: readonly FindingCode[];
}

/** Every input, in the order of the table. `reported`: a verified statement that counts, or null. */
export function deriveTrustInputs(
  layers: readonly Layer[],
  judged: readonly JudgedFinding[],
  reported: StatementFields | null,
): readonly TrustInput[] {
  return TRUST_INPUTS.map((input) => answerOf(input, layers, judged, reported));
}

function answerOf(
  input: TrustInputId,
  layers: readonly Layer[],
  judged: readonly JudgedFinding[],
  reported: StatementFields | null,
): TrustInput {
  const { restsOn, shownBy } = TRUST_INPUT_TABLE[input];
  switch (restsOn.kind) {
    case 'layer': {
      const { state, basis, findings } = layers[LAYERS.indexOf(restsOn.layer)] as Layer;
      return { input, state, basis, findings };
    }
    case 'verdict':
      return { input, ...stateOfVerdict(judged) };
    case 'statement': {
      const said = reported?.[restsOn.field];
      if (said === undefined) {
        return { input, state: 'not_evidenced', basis: shownBy, findings: [] };
      }
      const basis = `reported by the device, bound to its key: ${restsOn.field} ${said}`;
      const state = said === restsOn.inOrder ? 'satisfied' : 'degraded';
      return { input, state, basis, findings: [] };
    }
  }
}

type Answer = Omit<TrustInput, 'input'>;

/** An open question is no compliance and no breach of it. */
function stateOfVerdict(judged: readonly JudgedFinding[]): Answer {
  const rejected = codesOf(judged, 'reject');
  if (rejected.length > 0) return { state: 'failed', basis: 'rejected', findings: rejected };
  const open = codesOf(judged, 'inconclusive');
  if (open.length > 0) return { state: 'not_evidenced', basis: 'undecided', findings: open };
  const doubted = codesOf(judged, 'review');
  return doubted.length > 0
    ? { state: 'degraded', basis: 'accepted, with points to review', findings: doubted }
    : { state: 'satisfied', basis: 'accepted, nothing to review', findings: [] };
}

/** Each code once. */
function codesOf(
  judged: readonly JudgedFinding[],
  severity: JudgedFinding['severity'],
): readonly FindingCode[] {
  const codes: FindingCode[] = [];
  for (const { finding, severity: own } of judged) {
    if (own === severity && !codes.includes(finding.code)) codes.push(finding.code);
  }
  return codes;
}
