/** What crosses the boundary between the service and its workers: plain data, and strings for bodies. */
import type { FindingCode } from '../core/base/index.ts';
import type { MarkState } from '../core/binding/index.ts';
import type { TrustState } from '../core/posture/index.ts';
import type { RecheckFacts } from '../core/recheck.ts';
import type { Outcome } from '../core/report/index.ts';
import type { RevocationSnapshot } from '../core/revocation/index.ts';
import type { ProblemCode } from '../request/index.ts';
import type { TrustMaterial } from '../sources/trust.ts';

/** A request as it came: its body in one string, and what stood in its query. */
export interface Job {
  readonly form: 'json' | 'pem';
  readonly body: string;
  /** Members that a PEM body has no place for; empty for JSON. */
  readonly query: Readonly<Record<string, unknown>>;
  /** Id of the authenticated caller; null or left out where none is configured. */
  readonly caller?: string | null;
  /** What became of the mark of its challenge, when it is judged again for that. */
  readonly mark?: MarkState;
}

/** An answer ready to be written. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly facts: AnswerFacts;
  /** Where a record was asked for: what it says, to be signed; null: nothing was proved. */
  readonly recheck?: RecheckFacts | null;
  /** The challenge it would use up: it must not leave before its mark is taken. */
  readonly claim?: MarkClaim;
}

/** A challenge that a verified chain carries and that is about to be used. */
export interface MarkClaim {
  /** Lower-case hex. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** What is logged and counted of an answer: nothing personal, no evidence. */
export type AnswerFacts =
  | {
      readonly kind: 'report';
      readonly outcome: Outcome;
      readonly trustState: TrustState;
      readonly codes: readonly FindingCode[];
      readonly policy: string;
      readonly evidenceDigest: string;
    }
  | { readonly kind: 'problem'; readonly code: ProblemCode };

/** Jobs that one worker answers in one go, all against one snapshot. */
export interface Batch {
  readonly jobs: readonly Job[];
  readonly revocation: RevocationSnapshot;
}

/** What a worker is given when it starts. */
export interface WorkerStart {
  readonly trust: TrustMaterial;
  /** Secrets of this service's challenges, the issuing one first; none: it issues none. */
  readonly challengeSecrets: readonly Uint8Array[];
}
