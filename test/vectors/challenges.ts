/** Vectors for challenges of this service, as the judge sees them once they are opened. */
import type { ContextFit, IssuedChallenge, MarkState } from '../../src/core/binding/index.ts';
import type { JudgeContext } from '../../src/core/judge.ts';
import type { Evidence } from '../../src/simulator/index.ts';
import { AT } from '../support/world.ts';
import type { JudgedVector } from './judged.ts';

const UNNAMED: IssuedChallenge['context'] = {
  handle: 'unnamed',
  enrolment: 'unnamed',
  action: 'unnamed',
  requestDigest: 'unnamed',
  transport: 'unnamed',
};

/** A challenge issued a minute ago to this caller for nothing in particular, with some of that changed. */
function issued(
  { challenge }: Pick<Evidence, 'challenge'>,
  changes: Partial<IssuedChallenge> = {},
): Pick<JudgeContext, 'challenge'> {
  const sound = {
    issuedAt: AT - 60_000,
    expiresAt: AT + 240_000,
    isOfCaller: true,
    context: UNNAMED,
    mark: 'free',
  } as const;
  return { challenge: { kind: 'issued', bytes: challenge, issued: { ...sound, ...changes } } };
}

const GOOGLE_LIKE = { rule: 'T29', world: 'google-like', policy: 'android-hardware' } as const;
const CHALLENGE = { cert: 0, field: 'attestationChallenge' } as const;

function marked(name: string, mark: MarkState, expects: JudgedVector['expects']): JudgedVector {
  return { ...GOOGLE_LIKE, name, expects, change: (_, evidence) => issued(evidence, { mark }) };
}

function fitting(name: string, fit: ContextFit, expects: JudgedVector['expects']): JudgedVector {
  const context = { ...UNNAMED, action: fit };
  return { ...GOOGLE_LIKE, name, expects, change: (_, evidence) => issued(evidence, { context }) };
}

export const CHALLENGE_VECTORS: readonly JudgedVector[] = [
  {
    ...GOOGLE_LIKE,
    name: 'an issued challenge whose time is over',
    expects: { code: 'CHALLENGE_EXPIRED', severity: 'reject', ...CHALLENGE },
    change: (_, evidence) => issued(evidence, { expiresAt: AT }),
  },
  {
    ...GOOGLE_LIKE,
    name: 'an issued challenge from the future',
    expects: { code: 'CHALLENGE_EXPIRED', severity: 'reject', ...CHALLENGE },
    change: (_, evidence) => issued(evidence, { issuedAt: AT + 60_001 }),
  },
  {
    ...GOOGLE_LIKE,
    name: 'the challenge of another caller',
    expects: { code: 'CHALLENGE_UNBOUND', severity: 'reject', field: 'caller' },
    change: (_, evidence) => issued(evidence, { isOfCaller: false }),
  },
  {
    ...GOOGLE_LIKE,
    name: 'an issued challenge that the evidence does not carry',
    expects: { code: 'CHALLENGE_MISMATCH', severity: 'reject', ...CHALLENGE },
    change: () => issued({ challenge: new Uint8Array(124) }),
  },
  {
    ...GOOGLE_LIKE,
    name: 'the form of an issued challenge without its MAC, where any challenge will do',
    expects: { code: 'CHALLENGE_FOREIGN', severity: 'reject', ...CHALLENGE },
    change: (_, { challenge }) => ({ challenge: { kind: 'forged', bytes: challenge } }),
  },
  marked('a challenge that was used', 'used', {
    code: 'CHALLENGE_REUSED',
    severity: 'reject',
    ...CHALLENGE,
  }),
  marked('a challenge whose mark cannot be taken', 'unavailable', {
    code: 'CHALLENGE_MARK_UNAVAILABLE',
    severity: 'inconclusive',
    ...CHALLENGE,
  }),
  marked('a challenge older than the marks', 'lost', {
    code: 'CHALLENGE_MARKS_LOST',
    severity: 'inconclusive',
    ...CHALLENGE,
  }),
  fitting('a challenge for another action', 'broken', {
    code: 'CHALLENGE_UNBOUND',
    severity: 'reject',
    field: 'context.action',
  }),
  fitting('a challenge for an action that the request leaves out', 'omitted', {
    code: 'CHALLENGE_CONTEXT_NOT_GIVEN',
    severity: 'inconclusive',
    field: 'context.action',
  }),
  {
    ...GOOGLE_LIKE,
    name: 'a context with a challenge that cannot carry it',
    expects: {
      code: 'CHALLENGE_CONTEXT_NOT_CHECKED',
      severity: 'review',
      field: 'context.handle',
    },
    change: () => ({ context: { handle: 'd-1' } }),
  },
];
