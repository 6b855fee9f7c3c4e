/**
 * Challenges this service issued, as the judge sees them: already opened by whoever holds the keys
 * (the judge has none), and compared with what the request names.
 */
import { finding, type JudgedFinding } from '../base/index.ts';
import type { Binding, BindingState } from './binding.ts';

/** What a challenge can be bound to beside its caller, in the words of the API. */
export const CONTEXT_MEMBERS = [
  'handle',
  'enrolment',
  'action',
  'requestDigest',
  'transport',
] as const;
export type ContextMember = (typeof CONTEXT_MEMBERS)[number];

/** What a request says its evidence is for. */
export type RequestContext = { readonly [Member in ContextMember]?: string };

/**
 * What one member of the request is to the challenge: `held` and `broken` where the request names it;
 * `omitted` where only the challenge does; `unnamed` where neither does.
 */
export type ContextFit = 'held' | 'broken' | 'omitted' | 'unnamed';

/** What is known of earlier use. `free` until the mark is taken. */
export type MarkState = 'free' | 'used' | 'unavailable' | 'lost';

/** A challenge that carries this service's MAC. */
export interface IssuedChallenge {
  /** Milliseconds since 1970. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** Whether it was issued to whoever sends it now. */
  readonly isOfCaller: boolean;
  readonly context: Readonly<Record<ContextMember, ContextFit>>;
  readonly mark: MarkState;
}

/** The members of a report's binding that only an issued challenge can show. */
export type ContextBinding = Pick<
  Binding,
  'handle' | 'enrolment' | 'action' | 'request' | 'transport'
>;

export const NO_CONTEXT_BOUND: ContextBinding = Object.freeze({
  handle: 'not_checked',
  enrolment: 'not_checked',
  action: 'not_checked',
  request: 'not_checked',
  transport: 'not_checked',
});

/** How far the clocks of processes that share keys may be apart. */
const MAX_CLOCK_SKEW_MS = 60_000;

/** Whether a challenge of this service may be used now, by this caller, for the first time. */
export function checkIssued(
  { issuedAt, expiresAt, isOfCaller, mark }: IssuedChallenge,
  now: number,
): { readonly state: BindingState; readonly findings: readonly JudgedFinding[] } {
  const place = { cert: 0, field: 'attestationChallenge' };
  if (now >= expiresAt || now < issuedAt - MAX_CLOCK_SKEW_MS) {
    return broken(finding('CHALLENGE_EXPIRED', place));
  }
  if (!isOfCaller) return broken(finding('CHALLENGE_UNBOUND', { field: 'caller' }));
  if (mark === 'used') return broken(finding('CHALLENGE_REUSED', place));
  if (mark === 'free') return { state: 'bound', findings: [] };
  const code = mark === 'lost' ? 'CHALLENGE_MARKS_LOST' : 'CHALLENGE_MARK_UNAVAILABLE';
  const open = { finding: finding(code, place), severity: 'inconclusive' } as const;
  return { state: 'not_checked', findings: [open] };
}

/** Each member by itself: which held, which did not, which the request leaves out. */
export function checkContext({ context }: IssuedChallenge): {
  readonly binding: ContextBinding;
  readonly findings: readonly JudgedFinding[];
} {
  const { handle, enrolment, action, requestDigest, transport } = context;
  return {
    binding: {
      handle: STATES[handle],
      enrolment: STATES[enrolment],
      action: STATES[action],
      request: STATES[requestDigest],
      transport: STATES[transport],
    },
    findings: CONTEXT_MEMBERS.flatMap((member) => remarkOn(member, context[member])),
  };
}

/** What is to be said of a context that no issued challenge stands for. */
export function remarkOnUncheckedContext(
  context: RequestContext,
  severity: 'review' | 'info',
): readonly JudgedFinding[] {
  return CONTEXT_MEMBERS.filter((member) => context[member] !== undefined).map((member) => ({
    finding: finding('CHALLENGE_CONTEXT_NOT_CHECKED', { field: `context.${member}` }),
    severity,
  }));
}

const STATES: Readonly<Record<ContextFit, BindingState>> = {
  held: 'bound',
  broken: 'mismatch',
  omitted: 'not_checked',
  unnamed: 'not_checked',
};

function remarkOn(member: ContextMember, fit: ContextFit): readonly JudgedFinding[] {
  const place = { field: `context.${member}` };
  switch (fit) {
    case 'broken':
      return [{ finding: finding('CHALLENGE_UNBOUND', place), severity: 'reject' }];
    case 'omitted':
      return [{ finding: finding('CHALLENGE_CONTEXT_NOT_GIVEN', place), severity: 'inconclusive' }];
    case 'held':
    case 'unnamed':
      return [];
  }
}

function broken(cause: JudgedFinding['finding']) {
  return { state: 'mismatch', findings: [{ finding: cause, severity: 'reject' }] } as const;
}
