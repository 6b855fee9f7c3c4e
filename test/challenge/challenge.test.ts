/** Challenges by themselves: whose they are, what they are bound to, and that nobody else can tell. */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  CHALLENGE_BYTES,
  type ChallengePurpose,
  issueChallenge,
  type OpenedChallenge,
  openChallenge,
  toKeys,
} from '../../src/challenge/challenge.ts';
import { MAX_CHALLENGE_BYTES } from '../../src/core/base/index.ts';
import { CONTEXT_MEMBERS } from '../../src/core/binding/index.ts';
import { AT } from '../support/world.ts';

const OLD = randomBytes(32);
const NEW = randomBytes(32);
const keys = toKeys([NEW, OLD]);
const WHEN = { now: AT, lifetimeSeconds: 300 };
const NOBODY: ChallengePurpose = { caller: null, context: {} };
const FULL: ChallengePurpose = {
  caller: 'backend',
  context: {
    handle: 'd-1',
    enrolment: 'e-7',
    action: 'join-channel',
    requestDigest: 'ab'.repeat(32),
    transport: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
  },
};

function open(challenge: Uint8Array, purpose = NOBODY, by = keys) {
  return openChallenge(challenge, by, purpose);
}

function issuedOf(opened: OpenedChallenge) {
  if (opened.kind !== 'issued') throw new Error(`is ${opened.kind}`);
  return opened.issued;
}

test('a challenge fits into what a keystore takes, and says when it was issued', () => {
  const { challenge, expiresAt } = issueChallenge(keys, NOBODY, WHEN);
  expect(challenge.length).toBe(CHALLENGE_BYTES);
  expect(CHALLENGE_BYTES).toBeLessThanOrEqual(MAX_CHALLENGE_BYTES);
  expect(expiresAt).toBe(AT + 300_000);
  expect(issuedOf(open(challenge))).toMatchObject({
    issuedAt: AT,
    expiresAt: AT + 300_000,
    isOfCaller: true,
  });
});

test('two challenges for the same have nothing in common but form, key and time', () => {
  const [one, two] = [issueChallenge(keys, FULL, WHEN), issueChallenge(keys, FULL, WHEN)];
  const blocks = (bytes: Buffer) =>
    Array.from({ length: 11 }, (_, index) =>
      bytes.subarray(16 + index * 10, 26 + index * 10).toString('hex'),
    );
  expect(new Set([...blocks(one.challenge), ...blocks(two.challenge)]).size).toBe(22);
  for (const text of Object.values(FULL.context)) {
    expect(one.challenge.toString('latin1')).not.toContain(text);
  }
});

test('what was named holds, each by itself', () => {
  const { challenge } = issueChallenge(keys, FULL, WHEN);
  expect(issuedOf(open(challenge, FULL))).toMatchObject({
    isOfCaller: true,
    context: Object.fromEntries(CONTEXT_MEMBERS.map((member) => [member, 'held'])),
  });
  for (const member of CONTEXT_MEMBERS) {
    const broken = { ...FULL, context: { ...FULL.context, [member]: 'another' } };
    const { context } = issuedOf(open(challenge, broken));
    for (const each of CONTEXT_MEMBERS) {
      expect(context[each]).toBe(each === member ? 'broken' : 'held');
    }
    const { [member]: _, ...rest } = FULL.context;
    expect(issuedOf(open(challenge, { ...FULL, context: rest })).context[member]).toBe('omitted');
    const bare = issueChallenge(keys, { ...FULL, context: rest }, WHEN).challenge;
    expect(issuedOf(open(bare, { ...FULL, context: rest })).context[member]).toBe('unnamed');
    expect(issuedOf(open(bare, FULL)).context[member]).toBe('broken');
  }
});

test.each<[string | null, string | null, boolean]>([
  ['a', 'a', true],
  [null, null, true],
  ['a', 'b', false],
  ['a', null, false],
  [null, 'a', false],
])('issued to %s, sent by %s', (to, by, isOfCaller) => {
  const { challenge } = issueChallenge(keys, { caller: to, context: {} }, WHEN);
  expect(issuedOf(open(challenge, { caller: by, context: {} })).isOfCaller).toBe(isOfCaller);
});

test('names that UTF-8 would merge are different names', () => {
  const named = (handle: string) => ({ caller: null, context: { handle } });
  const { challenge } = issueChallenge(keys, named('\ud800'), WHEN);
  expect(issuedOf(open(challenge, named('\ud800'))).context.handle).toBe('held');
  for (const other of ['\ud801', '\ufffd']) {
    expect(issuedOf(open(challenge, named(other))).context.handle).toBe('broken');
  }
});

describe('rotation', () => {
  test('challenges of the old key stay good while it is kept, and no longer', () => {
    const { challenge } = issueChallenge(toKeys([OLD]), NOBODY, WHEN);
    expect(open(challenge).kind).toBe('issued');
    expect(open(challenge, NOBODY, toKeys([NEW])).kind).toBe('forged');
  });

  test('the first key issues, and a key that is added behind it already verifies', () => {
    const { challenge } = issueChallenge(keys, NOBODY, WHEN);
    expect(open(challenge, NOBODY, toKeys([NEW])).kind).toBe('issued');
    expect(open(challenge, NOBODY, toKeys([OLD, NEW])).kind).toBe('issued');
  });

  test('there is always a key', () => {
    expect(() => toKeys([])).toThrow(RangeError);
  });
});

describe('what is not ours', () => {
  test('any changed octet, cut or addition', () => {
    const { challenge } = issueChallenge(keys, FULL, WHEN);
    for (let at = 0; at < challenge.length; at += 1) {
      const changed = Buffer.from(challenge);
      changed[at] = (changed[at] as number) ^ 1;
      expect(open(changed, FULL).kind, `octet ${at}`).toBe(at < 4 ? 'other' : 'forged');
    }
    expect(open(challenge.subarray(0, -1)).kind).toBe('forged');
    expect(open(Buffer.concat([challenge, Buffer.alloc(1)])).kind).toBe('forged');
  });

  test('a caller’s own challenge', () => {
    expect(open(randomBytes(32).fill(0, 0, 1)).kind).toBe('other');
    expect(open(new Uint8Array(0)).kind).toBe('other');
  });
});
