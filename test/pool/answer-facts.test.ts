/** What is said of decisions: one object where they are one, another wherever anything else was in force. */
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { type AnswerContext, answer } from '../../src/pool/answer.ts';
import { createMemory } from '../../src/pool/memory.ts';
import type { Answer } from '../../src/pool/protocol.ts';
import { loadTrustMaterial } from '../../src/sources/load-trust.ts';
import { buildTrust } from '../../src/sources/trust.ts';
import { AT, makeWorld } from '../support/world.ts';

const world = await makeWorld('enigm-development', 'answer facts');
const trust = buildTrust(loadTrustMaterial(loadConfig({ environment: 'development' }, {})));
const context: AnswerContext = {
  trust,
  revocation: world.revocation,
  challengeKeys: null,
  results: null,
  now: AT,
  memory: createMemory(),
};

const device = world.simulator.device({ provisioning: 'factory' });

/** The answer to a new key of the device, under `changes` of what is in force. */
function askWith(members: object = {}, changes: Partial<AnswerContext> = {}): Answer {
  const { chain, challenge } = device.attest();
  const body = JSON.stringify({
    chain: chain.map((der) => Buffer.from(der).toString('base64')),
    challenge: Buffer.from(challenge).toString('base64url'),
    policy: 'enigm-development',
    ...members,
  });
  return answer({ form: 'json', body, query: {} }, { ...context, ...changes });
}

/** The second: a decision is shared from then on. */
function warmUp(): Answer {
  askWith();
  return askWith();
}

test('keys of one build share what is said of them, and nothing that is theirs alone', () => {
  const one = warmUp();
  const other = askWith();
  expect(other.facts).toBe(one.facts);
  expect(other.decision).toBe(one.decision);
  expect(Object.isFrozen(one.facts) && Object.isFrozen(one.decision)).toBe(true);
  expect(other.evidenceDigest).not.toBe(one.evidenceDigest);
  for (const { body, facts, decision, evidenceDigest } of [one, other]) {
    const report = JSON.parse(body);
    expect(evidenceDigest).toBe(report.evidenceDigest);
    expect(facts).toEqual({
      kind: 'report',
      outcome: report.outcome,
      trustState: report.trustState,
      codes: report.findings.map(({ code }: { code: string }) => code),
      policy: 'enigm-development',
    });
    expect(decision).toEqual({
      handle: null,
      action: null,
      policyDigest: report.policy.digest,
      snapshot: report.revocation.snapshot.id,
      anchor: report.chain.anchor.id,
      registry: trust.registry?.id ?? null,
    });
  }
});

test('what a request says it is for is said of it alone', () => {
  const shared = warmUp();
  const named = askWith({ context: { handle: 'device-7', action: 'unlock' } });
  expect(named.decision).toMatchObject({ handle: 'device-7', action: 'unlock' });
  expect(shared.decision).toMatchObject({ handle: null, action: null });
  expect(askWith().decision).toBe(shared.decision);
});

test('another list, other releases or another policy in force are said at once', () => {
  const before = warmUp();
  const revocation = { ...world.revocation, id: 'f'.repeat(64) };
  expect(askWith({}, { revocation }).decision?.snapshot).toBe('f'.repeat(64));
  expect(askWith().decision).toEqual(before.decision);
  const inspected = askWith({ policy: 'inspect' });
  expect(inspected.facts).toMatchObject({ policy: 'inspect' });
  expect(inspected.decision?.policyDigest).not.toBe(before.decision?.policyDigest);
  expect(askWith().facts).toEqual(before.facts);
});

test('a problem is about no evidence', () => {
  const { facts, evidenceDigest, decision } = askWith({ chain: 7 });
  expect(facts).toEqual({ kind: 'problem', code: 'REQUEST_INVALID' });
  expect(evidenceDigest).toBeNull();
  expect(decision).toBeUndefined();
});
