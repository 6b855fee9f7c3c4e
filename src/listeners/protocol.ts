/** What crosses between the service and the threads that listen for it: plain data. */
import type { AuditedAnswer, AuditedJob } from '../audit/desk.ts';
import type { ChallengePurpose } from '../challenge/challenge.ts';
import type { MarkTaken } from '../challenge/marks.ts';
import type { Config } from '../config.ts';
import type { RevocationSnapshot } from '../core/revocation/index.ts';
import type { Readiness } from '../http/health-routes.ts';
import type { RevocationState } from '../http/revocation-route.ts';
import type { Counted } from '../http/tally.ts';
import type { MarkClaim, WorkerStart } from '../pool/protocol.ts';
import type { SharedTrust } from '../pool/shared-trust.ts';
import type { JwkSet } from '../results/keys.ts';
import type { SignedKind } from '../results/kinds.ts';
import type { Claims } from '../results/sign.ts';

/**
 * What only the main thread has: there is one store of used challenges, one signing key, one audit trail, one
 * registry of figures. Threads ask for it; nothing else of a request passes through the main thread.
 */
export interface Desk {
  /** Never rejects. */
  readonly takeMark: (claim: MarkClaim) => Promise<MarkTaken>;
  readonly signDocument: (document: {
    readonly kind: SignedKind;
    readonly claims: Claims;
  }) => Promise<string>;
  /** Rejects with `NotIssuing`. */
  readonly issueChallenge: (
    purpose: ChallengePurpose,
  ) => Promise<{ readonly challenge: Uint8Array; readonly expiresAt: number }>;
  readonly readiness: () => Promise<Readiness>;
  readonly revocation: () => Promise<RevocationState>;
  readonly metrics: () => Promise<string>;
}

/** Everything that verification depends on and that may change while the service runs. */
export interface InForce {
  readonly trust: SharedTrust;
  readonly revocation: RevocationSnapshot;
}

/** What a listening thread is given when it starts. */
export interface ListenerStart extends WorkerStart, InForce {
  readonly config: Config;
  /** The port to share; 0: take a free one. */
  readonly port: number;
  /** Requests that may wait in this thread. */
  readonly maxQueue: number;
  readonly jwks: JwkSet;
  readonly hasSigner: boolean;
  readonly hasAudit: boolean;
  /** Whether log lines go to the main thread; otherwise to standard output. */
  readonly forwardsLog: boolean;
}

/** A call, by number: its answer comes with the same one. */
export interface Call {
  readonly kind: 'call';
  readonly id: number;
  readonly name: keyof Desk;
  readonly argument: unknown;
}

export interface Returned {
  readonly kind: 'returned';
  readonly id: number;
  readonly value?: unknown;
  /** Left out: the call succeeded. `code` as on the error. */
  readonly fault?: { readonly code: string | null; readonly message: string };
}

export type FromListener =
  | { readonly kind: 'listening'; readonly url: string; readonly port: number }
  | {
      readonly kind: 'failed';
      readonly fault: { readonly code: string | null; readonly message: string };
    }
  | { readonly kind: 'decided'; readonly job: AuditedJob; readonly answer: AuditedAnswer }
  | { readonly kind: 'counted'; readonly counted: Counted; readonly queueLength: number }
  | { readonly kind: 'poison'; readonly requestSha256: string; readonly message: string }
  | { readonly kind: 'log'; readonly text: string }
  | { readonly kind: 'stopped' }
  | Call;

export type ToListener =
  | { readonly kind: 'in-force'; readonly inForce: InForce }
  | { readonly kind: 'count' }
  | { readonly kind: 'stop' }
  | Returned;
