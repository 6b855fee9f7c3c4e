/** The columns of the code table, and the words each may hold. */

/** Where in the pipeline a finding arises, in order of the pipeline. */
export const STAGES = [
  'input',
  'der',
  'x509',
  'chain',
  'anchor',
  'validity',
  'revocation',
  'keydesc',
  'challenge',
  'key',
  'policy',
  'risk',
] as const;
export type Stage = (typeof STAGES)[number];

/** What a finding does to the outcome, worst first. */
export const SEVERITIES = ['reject', 'inconclusive', 'review', 'info'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** The reason a relying party gives its user, coarser than the code. */
export const FAILURE_CLASSES = [
  'INVALID_TRUST_CHAIN',
  'UNSUPPORTED_DEVICE',
  'INELIGIBLE_BUILD',
  'STALE_ATTESTATION',
  'REPLAY_ATTEMPT',
  'ELIGIBILITY_FAILURE',
  'VERIFIER_UNAVAILABLE',
] as const;
export type FailureClass = (typeof FAILURE_CLASSES)[number];

/** The layers of the Enigm OS posture model, in the order reports list them. */
export const LAYERS = [
  'hardware-integrity',
  'key-material',
  'verified-boot',
  'os-hardening',
  'network-policy',
  'trust-security-center',
  'application',
  'update-management',
] as const;
export type LayerId = (typeof LAYERS)[number];

export interface CodeEntry {
  readonly stage: Stage;
  /** Unless the policy says otherwise for the rule that raises it. */
  readonly severity: Severity;
  /** The layer that suffers, or null when the finding says nothing about the device. */
  readonly layer: LayerId | null;
  readonly failureClass: FailureClass | null;
  /** Whether the same device may succeed by trying again, now or later. */
  readonly retryable: boolean;
  /** `operator`: a risk signal that would teach an attacker; do not pass it on to the device. */
  readonly disclosure: 'caller' | 'operator';
  /** What was found, one clause without evidence in it. */
  readonly text: string;
  /** Why it matters. */
  readonly why: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** The columns most codes of one file share. */
export type CodeColumns = Omit<CodeEntry, 'text' | 'why' | 'remedy'>;
