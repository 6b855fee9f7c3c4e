/**
 * What ties evidence to the request it came with: the challenge, and the key the caller has. Compared
 * as bytes, in constant time (THREATS T29, T30, T32).
 */
import { timingSafeEqual } from 'node:crypto';
import { type Finding, finding, type JudgedFinding } from '../base/index.ts';
import type { KeyDescription } from '../key-description/index.ts';
import type { ChallengeRule } from '../policy/index.ts';
import { type Certificate, sliceOf } from '../x509/index.ts';

/** What the request says of the challenge. */
export type ChallengeClaim =
  /** The bytes the caller gave the device. */
  | { readonly kind: 'given'; readonly bytes: Uint8Array }
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
  readonly transport: BindingState;
  /** The attested key equals the one given. Says nothing about who holds it. */
  readonly publicKey: BindingState;
  readonly keyPossession: BindingState;
}

export const NOTHING_BOUND: Binding = Object.freeze({
  challenge: 'not_checked',
  request: 'not_checked',
  handle: 'not_checked',
  enrolment: 'not_checked',
  transport: 'not_checked',
  publicKey: 'not_checked',
  keyPossession: 'not_checked',
});

export interface BindingCheck<State = BindingState> {
  readonly state: State;
  readonly findings: readonly JudgedFinding[];
}

/** Compares the challenge in the evidence with what the request says, as the policy asks. */
export function checkChallenge(
  { attestationChallenge }: KeyDescription,
  claim: ChallengeClaim,
  rule: ChallengeRule,
): BindingCheck {
  const unchecked = remarkOnUnchecked(claim, rule);
  if ((claim.kind !== 'given' && claim.kind !== 'recorded') || rule === 'none') {
    return { state: 'not_checked', findings: unchecked };
  }
  const compared = claim.kind === 'recorded' ? 'caller' : rule;
  const broken = compareChallenge(attestationChallenge, claim.bytes, compared);
  return broken === null
    ? { state: 'bound', findings: [] }
    : { state: 'mismatch', findings: [{ finding: broken, severity: 'reject' }] };
}

/** Compares the attested key with the SubjectPublicKeyInfo the caller has, whole. */
export function checkPublicKey(leaf: Certificate, given: Uint8Array | null): BindingCheck {
  if (given === null) return { state: 'not_checked', findings: [] };
  if (isSame(sliceOf(leaf, leaf.spki), given)) return { state: 'bound', findings: [] };
  const place = { cert: 0, offset: leaf.spki.start, field: 'subjectPublicKeyInfo' };
  const broken = { finding: finding('KEY_MISMATCH', place), severity: 'reject' } as const;
  return { state: 'mismatch', findings: [broken] };
}

function compareChallenge(
  attested: Uint8Array,
  expected: Uint8Array,
  rule: ChallengeRule,
): Finding | null {
  const place = { cert: 0, field: 'attestationChallenge' };
  if (rule === 'service') return finding('CHALLENGE_FOREIGN', place);
  if (attested.length === 0) return finding('CHALLENGE_MISSING', place);
  return isSame(attested, expected) ? null : finding('CHALLENGE_MISMATCH', place);
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
    case 'recorded':
      return rule === 'none'
        ? [{ finding: finding('CHALLENGE_NOT_CHECKED', place), severity: 'info' }]
        : [];
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
