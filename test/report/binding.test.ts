/** What is bound, and that nothing is claimed which was not checked (THREATS T28). */
import { beforeAll, expect, test } from 'vitest';
import { AT, attest, makeWorld, reportOn, type World } from '../support/world.ts';

let world: World;

beforeAll(async () => {
  world = await makeWorld('google-like');
});

const NOT_CHECKED = {
  request: 'not_checked',
  handle: 'not_checked',
  enrolment: 'not_checked',
  action: 'not_checked',
  transport: 'not_checked',
  keyPossession: 'not_checked',
};

test('a chain proves a key, not who sent it: possession is never claimed', () => {
  const evidence = attest(world);
  const { binding } = reportOn(world, evidence, 'android-hardware', {
    publicKey: evidence.key.spki,
  });
  expect(binding).toEqual({ ...NOT_CHECKED, challenge: 'bound', publicKey: 'bound' });
});

test('each of challenge and key is bound, broken or not checked by itself', () => {
  const evidence = attest(world);
  const other = attest(world).key.spki;
  const states = (changes: object) => {
    const { challenge, publicKey } = reportOn(world, evidence, 'android-hardware', changes).binding;
    return [challenge, publicKey];
  };
  expect(states({})).toEqual(['bound', 'not_checked']);
  expect(states({ publicKey: other })).toEqual(['bound', 'mismatch']);
  expect(states({ challenge: { kind: 'absent' } })).toEqual(['not_checked', 'not_checked']);
  const wrong = { kind: 'given', bytes: evidence.challenge.subarray(1) };
  expect(states({ challenge: wrong })).toEqual(['mismatch', 'not_checked']);
});

test('without a path nothing is bound; without a record only the key can be', () => {
  const broken = attest(world, {}, { defect: 'leaf-signature' });
  expect(reportOn(world, broken, 'android-hardware').binding.challenge).toBe('not_checked');
  const unreadable = attest(world, {}, { defect: 'description-nine-elements' });
  const { binding } = reportOn(world, unreadable, 'android-hardware', {
    publicKey: unreadable.key.spki,
  });
  expect(binding).toMatchObject({ challenge: 'not_checked', publicKey: 'bound' });
});

test('a policy that does not look at challenges says so of one that is given', () => {
  const evidence = attest(world);
  const report = reportOn(world, evidence, 'inspect');
  expect(report.binding.challenge).toBe('not_checked');
  expect(report.findings.map(({ code, severity }) => [code, severity])).toContainEqual([
    'CHALLENGE_NOT_CHECKED',
    'info',
  ]);
  const silent = reportOn(world, evidence, 'inspect', { challenge: { kind: 'absent' } });
  expect(silent.findings.map(({ code }) => code)).not.toContain('CHALLENGE_NOT_CHECKED');
  const waived = reportOn(world, evidence, 'inspect', { challenge: { kind: 'waived' } });
  expect(waived.findings.map(({ code, severity }) => [code, severity])).toContainEqual([
    'CHALLENGE_NOT_CHECKED',
    'info',
  ]);
});

test('an issued challenge shows what it was issued for, each by itself', () => {
  const evidence = attest(world);
  const context = {
    handle: 'held',
    enrolment: 'unnamed',
    action: 'broken',
    requestDigest: 'omitted',
    transport: 'held',
  } as const;
  const issued = {
    issuedAt: AT,
    expiresAt: AT + 1,
    isOfCaller: true,
    context,
    mark: 'free',
  } as const;
  const challenge = { kind: 'issued', bytes: evidence.challenge, issued } as const;
  const { binding } = reportOn(world, evidence, 'android-hardware', { challenge });
  expect(binding).toMatchObject({
    challenge: 'bound',
    handle: 'bound',
    enrolment: 'not_checked',
    action: 'mismatch',
    request: 'not_checked',
    transport: 'bound',
  });
  const inspected = reportOn(world, evidence, 'inspect', { challenge, context: { handle: 'd-1' } });
  expect(inspected.binding).toMatchObject({ challenge: 'not_checked', handle: 'not_checked' });
  expect(inspected.findings).toContainEqual(
    expect.objectContaining({ code: 'CHALLENGE_CONTEXT_NOT_CHECKED', severity: 'info' }),
  );
});
