/** What crosses the boundary between the service and its workers: plain data, and strings for bodies. */
import type { Chunk } from '../batch/protocol.ts';
import type { FindingCode } from '../core/base/index.ts';
import type { MarkState } from '../core/binding/index.ts';
import type { TrustState } from '../core/posture/index.ts';
import type { Outcome } from '../core/report/index.ts';
import type { RevocationSnapshot } from '../core/revocation/index.ts';
import type { ProblemCode } from '../request/index.ts';
import type { JwkSet } from '../results/keys.ts';
import type { SignedKind } from '../results/kinds.ts';
import type { Claims } from '../results/sign.ts';
import type { SharedKeyUse } from './key-use.ts';
import type { SharedTrust } from './shared-trust.ts';
import type { SharedUppers } from './shared-uppers.ts';

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
  /** When it began to arrive, on the clock of the dispatcher: its deadline counts from there. */
  readonly arrivedAt?: number;
}

/** An answer ready to be written. */
export interface Answer {
  readonly status: number;
  /** JSON in ASCII alone. */
  readonly body: string;
  readonly facts: AnswerFacts;
  /** Lower-case hex of the SHA-256 of the evidence; null for problems, which are about none. */
  readonly evidenceDigest: string | null;
  /** What the audit trail keeps of it beside its facts; left out for problems, which decide nothing. */
  readonly decision?: Decision;
  /** The challenge it would use up: it must not leave before its mark is taken. */
  readonly claim?: MarkClaim;
  /** What is to be signed and put into the body, once the mark is taken. */
  readonly toSign?: readonly ToSign[];
}

/** Why no enrolment record was made where one was asked for. */
export const NO_ENROLMENT_RECORD = ['NOT_ACCEPTED', 'CHALLENGE_NOT_BOUND'] as const;
export type NoEnrolmentRecord = (typeof NO_ENROLMENT_RECORD)[number];

/** What a decision rested on, by the names that were in force, and what the request said it is for. */
export interface Decision {
  /** Never written: an HMAC stands for it. */
  readonly handle: string | null;
  readonly action: string | null;
  readonly policyDigest: string;
  readonly snapshot: string | null;
  /** Id of the anchor; null: no path was verified. */
  readonly anchor: string | null;
  /** Id of the registry of releases in force. */
  readonly registry: string | null;
}

/** A document of the answer that its worker has no key to sign. */
export interface ToSign {
  /** The member of the body it becomes. */
  readonly member: string;
  readonly kind: SignedKind;
  readonly claims: Claims;
}

/** How results are signed here: what stands in all of them. */
export interface ResultTerms {
  readonly issuer: string;
  /** The first is that of requests that name none; where there are more or others, only these. */
  readonly audiences: readonly string[];
  readonly lifetimeSeconds: number;
  readonly enrolmentLifetimeSeconds: number;
  /** Of the HMAC that stands for handles. */
  readonly handleKey: Uint8Array;
  /** Keys that this service's records are signed with. */
  readonly jwks: JwkSet;
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
export type AnswerFacts = ReportFacts | { readonly kind: 'problem'; readonly code: ProblemCode };

export interface ReportFacts {
  readonly kind: 'report';
  readonly outcome: Outcome;
  readonly trustState: TrustState;
  readonly codes: readonly FindingCode[];
  readonly policy: string;
}

/** Jobs that one worker answers in one go, all under one trust and against one snapshot. */
export interface Batch {
  readonly jobs: readonly Job[];
  readonly revocation: RevocationSnapshot;
  readonly trust: SharedTrust;
}

/** Records of a batch that one worker judges in one go. Their snapshot stands in their terms. */
export interface ChunkUnder {
  readonly chunk: Chunk;
  readonly trust: SharedTrust;
}

/** What a worker is given when it starts. */
export interface WorkerStart {
  readonly trust: SharedTrust;
  /** Secrets of this service's challenges, the issuing one first; none: it issues none. */
  readonly challengeSecrets: readonly Uint8Array[];
  /** Null: there is no key, and nothing is signed. */
  readonly results: ResultTerms | null;
  readonly keyUse: SharedKeyUse;
  /** Upper certificates verified by other threads and in earlier runs; none of them is believed. */
  readonly uppers: SharedUppers;
}
