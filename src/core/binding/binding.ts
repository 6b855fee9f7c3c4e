/**
 * What ties evidence to the request it came with: the challenge, and the key the caller has. Compared
 * as bytes, in constant time (THREATS T29, T30, T32).
 */
import { timingSafeEqual } from 'node:crypto';
import { type Finding, finding, type JudgedFinding } from '../base/index.ts';
import type { KeyDescription } from '../key-description/index.ts';
import type { ChallengeRule } from '../policy/index.ts';
import { type Certificate, sliceOf } from '../x509/index.ts';
import {
  type ContextBinding,
  checkContext,
  checkIssued,
  type IssuedChallenge,
  NO_CONTEXT_BOUND,
  type RequestContext,
  remarkOnUncheckedContext,
} from './issued.ts';

/** What the request says of the challenge. */
export type ChallengeClaim =
  /** The bytes the caller gave the device. */
  | { readonly kind: 'given'; readonly bytes: Uint8Array }
  /** The same, and they are a challenge of this service. */
  | { readonly kind: 'issued'; readonly bytes: Uint8Array; readonly issued: IssuedChallenge }
  /** The same, and they have the form of this service's challenges without being one. */
  | { readonly kind: 'forged'; readonly bytes: Uint8Array }
  /** Nothing. */
  | { readonly kind: 'absent' }
  /** "I know that it is not checked": only an operator at a command line can say so. */
  | { readonly kind: 'waived' }
  /** Stored evidence with the challenge that was kept: compared, whoever issued it and when. */
  | { readonly kind: 'recorded'; readonly bytes: Uint8Array }
  /** Stored evidence whose challenge was not kept. */
  | { readonly kind: 'unrecorded' };

export type BindingState = 'bound' | 'mismatch' | 'not_checked';

/** What ties the evidence to this request; each is checked only where the request says against what. */
export interface Binding {
  readonly challenge: BindingState;
  readonly request: BindingState;
  readonly handle: BindingState;
  readonly enrolment: BindingState;
  readonly action: BindingState;
  readonly transport: BindingState;
  /** The attested key equals the one given. Says nothing about who holds it. */
  readonly publicKey: BindingState;
  /** A statement of this request was signed by the attested key, over the bound challenge. */
  readonly keyPossession: BindingState;
}

export const NOTHING_BOUND: Binding = Object.freeze({
  challenge: 'not_checked',
  request: 'not_checked',
  handle: 'not_checked',
  enrolment: 'not_checked',
  action: 'not_checked',
  transport: 'not_checked',
  publicKey: 'not_checked',
  keyPossession: 'not_checked',
});

export interface BindingCheck<State = BindingState> {
  readonly state: State;
  readonly findings: readonly JudgedFinding[];
}

/** A challenge, and what only a challenge of this service can be bound to. */
export interface ChallengeCheck extends BindingCheck {
  readonly context: ContextBinding;
}

/** What the challenge of a request is compared by. */
export interface ChallengeExpectation {
  readonly claim: ChallengeClaim;
  readonly rule: ChallengeRule;
  /** What the request says the evidence is for. */
  readonly context: RequestContext;
  /** Decides whether an issued challenge is still good: milliseconds since 1970. */
  readonly now: number;
}

/** Compares the challenge in the evidence with what the request says, as the policy asks. */
export function checkChallenge(
  { attestationChallenge }: KeyDescription,
  { claim, rule, context, now }: ChallengeExpectation,
): ChallengeCheck {
  const isCompared = 'bytes' in claim && rule !== 'none';
  if (isCompared && claim.kind === 'issued') return checkOurs(attestationChallenge, claim, now);
  const remarks = remarkOnUncheckedContext(context, rule === 'none' ? 'info' : 'review');
  if (!isCompared) {
    const findings = [...remarkOnUnchecked(claim, rule), ...remarks];
    return { state: 'not_checked', findings, context: NO_CONTEXT_BOUND };
  }
  const isForeign = (rule === 'service' && claim.kind !== 'recorded') || claim.kind === 'forged';
  const broken = isForeign
    ? finding('CHALLENGE_FOREIGN', PLACE)
    : compareChallenge(attestationChallenge, claim.bytes);
  return broken === null
    ? { state: 'bound', findings: remarks, context: NO_CONTEXT_BOUND }
    : {
        state: 'mismatch',
        findings: [{ finding: broken, severity: 'reject' }, ...remarks],
        context: NO_CONTEXT_BOUND,
      };
}

const PLACE = { cert: 0, field: 'attestationChallenge' } as const;

/** Another caller's challenge says nothing of what it was issued for. */
function checkOurs(
  attested: Uint8Array,
  { bytes, issued }: Extract<ChallengeClaim, { kind: 'issued' }>,
  now: number,
): ChallengeCheck {
  const broken = compareChallenge(attested, bytes);
  if (broken !== null) {
    const findings = [{ finding: broken, severity: 'reject' }] as const;
    return { state: 'mismatch', findings, context: NO_CONTEXT_BOUND };
  }
  const challenge = checkIssued(issued, now);
  if (!issued.isOfCaller) return { ...challenge, context: NO_CONTEXT_BOUND };
  const { binding, findings } = checkContext(issued);
  return { ...challenge, findings: [...challenge.findings, ...findings], context: binding };
}

/** Compares the attested key with the SubjectPublicKeyInfo the caller has, whole. */
export function checkPublicKey(leaf: Certificate, given: Uint8Array | null): BindingCheck {
  if (given === null) return { state: 'not_checked', findings: [] };
  if (isSame(sliceOf(leaf, leaf.spki), given)) return { state: 'bound', findings: [] };
  const place = { cert: 0, offset: leaf.spki.start, field: 'subjectPublicKeyInfo' };
  const broken = { finding: finding('KEY_MISMATCH', place), severity: 'reject' } as const;
  return { state: 'mismatch', findings: [broken] };
}

function compareChallenge(attested: Uint8Array, expected: Uint8Array): Finding | null {
  if (attested.length === 0) return finding('CHALLENGE_MISSING', PLACE);
  return isSame(attested, expected) ? null : finding('CHALLENGE_MISMATCH', PLACE);
}

/** What is to be said where no challenge is compared. */
function remarkOnUnchecked(claim: ChallengeClaim, rule: ChallengeRule): readonly JudgedFinding[] {
  const place = { field: 'attestationChallenge' };
  const needed = rule === 'service' || rule === 'caller';
  switch (claim.kind) {
    case 'waived': {
      const severity = rule === 'none' ? 'info' : 'review';
      return [{ finding: finding('CHALLENGE_NOT_CHECKED', place), severity }];
    }
    case 'absent':
      return needed
        ? [{ finding: finding('CHALLENGE_NOT_GIVEN', place), severity: 'inconclusive' }]
        : [];
    case 'unrecorded':
      return [{ finding: finding('CHALLENGE_NOT_CHECKED', place), severity: 'info' }];
    case 'given':
    case 'issued':
    case 'forged':
    case 'recorded':
      return [{ finding: finding('CHALLENGE_NOT_CHECKED', place), severity: 'info' }];
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
