/** Challenges over HTTP: issued, used once, and bound to what the caller named; statements with them. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Report } from '../../src/core/report/index.ts';
import {
  type Evidence,
  type StatementOptions,
  signStatement,
  toPem,
} from '../../src/simulator/index.ts';
import { JSON_TYPE, PEM_TYPE, post, type RunningService, serve } from '../support/service.ts';
import { attest, makeWorldOfNow, type World } from '../support/world.ts';

let service: RunningService;
let world: World;

beforeAll(async () => {
  service = await serve({ callers: CALLERS });
  world = await makeWorldOfNow('enigm-development', 'challenges');
});

afterAll(async () => {
  await service.close();
});

const CALLERS = ['one', 'two'].map((id) => ({
  id,
  tokenSha256: createHash('sha256').update(`token-of-${id}`).digest('hex'),
}));

const as = (caller: string, type = JSON_TYPE) => ({
  ...type,
  authorization: `Bearer token-of-${caller}`,
});

async function challengeFor(context: object, caller = 'one'): Promise<string> {
  const body = JSON.stringify(context);
  const { status, answer } = await post(`${service.url}/v1/challenges`, body, as(caller));
  expect(status).toBe(200);
  return answer['challenge'] as string;
}

/** Evidence of a new device that answers a challenge. */
function answering(challenge: string, device = {}): Evidence {
  return attest(world, device, { challenge: new Uint8Array(Buffer.from(challenge, 'base64url')) });
}

async function verify(evidence: Evidence, members: object = {}, caller = 'one'): Promise<Report> {
  const body = JSON.stringify({
    chain: evidence.chain.map((der) => Buffer.from(der).toString('base64')),
    challenge: Buffer.from(evidence.challenge).toString('base64url'),
    policy: 'enigm-development',
    ...members,
  });
  const { status, answer } = await post(`${service.url}/v1/verify`, body, as(caller));
  expect(status, JSON.stringify(answer)).toBe(200);
  return answer as unknown as Report;
}

const codes = ({ findings }: Report) =>
  findings
    .filter(({ severity }) => severity === 'reject' || severity === 'inconclusive')
    .map(({ code }) => code);

const stateOf = (report: Report) => [report.outcome, codes(report)];

describe('POST /v1/challenges', () => {
  test('gives a challenge of at most 128 bytes and says how long it is good', async () => {
    const before = Date.now();
    const { headers, answer } = await post(`${service.url}/v1/challenges`, '{}', as('one'));
    expect(Object.keys(answer)).toEqual(['challenge', 'expiresAt']);
    expect(Buffer.from(answer['challenge'] as string, 'base64url').length).toBeLessThanOrEqual(128);
    const lifetime = Date.parse(answer['expiresAt'] as string) - before;
    expect(lifetime).toBeGreaterThan(299_000);
    expect(headers.get('cache-control')).toBe('no-store');
  });

  test('no body names nothing', async () => {
    const { authorization } = as('one');
    const place = `${service.url}/v1/challenges`;
    const response = await fetch(place, { method: 'POST', headers: { authorization } });
    expect(response.status).toBe(200);
  });

  test.each<[string, string, number, string, string | null]>([
    ['no JSON', '{', 400, 'REQUEST_NOT_JSON', null],
    ['no object', '[]', 400, 'REQUEST_INVALID', null],
    ['another member', '{"handel":"d-1"}', 400, 'REQUEST_INVALID', 'handel'],
    ['a member twice', '{"handle":"a","handle":"b"}', 400, 'REQUEST_INVALID', 'handle'],
    ['an empty name', '{"handle":""}', 400, 'REQUEST_INVALID', 'handle'],
    ['a long name', JSON.stringify({ action: 'a'.repeat(257) }), 400, 'REQUEST_INVALID', 'action'],
    ['a control character', '{"handle":"a\\u0000"}', 400, 'REQUEST_INVALID', 'handle'],
    ['a number', '{"handle":1}', 400, 'REQUEST_INVALID', 'handle'],
  ])('%s', async (_, body, status, code, member) => {
    const answered = await post(`${service.url}/v1/challenges`, body, as('one'));
    expect(answered.status).toBe(status);
    expect(answered.answer).toMatchObject({ code, ...(member === null ? {} : { member }) });
  });

  test('asks who is calling', async () => {
    const { status } = await post(`${service.url}/v1/challenges`, '{}');
    expect(status).toBe(401);
  });
});

const CONTEXT = {
  handle: 'd-1',
  enrolment: 'e-7',
  action: 'join-channel',
  requestDigest: 'ab'.repeat(32),
  transport: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
} as const;

/** Member of the context, and what the report calls it. */
const BINDINGS = [
  ['handle', 'handle'],
  ['enrolment', 'enrolment'],
  ['action', 'action'],
  ['requestDigest', 'request'],
  ['transport', 'transport'],
] as const;

describe.each(BINDINGS)('the binding %s', (member, name) => {
  test.each<[string, object, object, string, [string, string[]]]>([
    ['held', CONTEXT, CONTEXT, 'bound', ['accept', []]],
    [
      'broken',
      CONTEXT,
      { ...CONTEXT, [member]: 'other' },
      'mismatch',
      ['reject', ['CHALLENGE_UNBOUND']],
    ],
    [
      'never issued for',
      { ...CONTEXT, [member]: undefined },
      CONTEXT,
      'mismatch',
      ['reject', ['CHALLENGE_UNBOUND']],
    ],
    [
      'left out',
      CONTEXT,
      { ...CONTEXT, [member]: undefined },
      'not_checked',
      ['inconclusive', ['CHALLENGE_CONTEXT_NOT_GIVEN']],
    ],
    [
      'absent on both sides',
      { ...CONTEXT, [member]: undefined },
      { ...CONTEXT, [member]: undefined },
      'not_checked',
      ['accept', []],
    ],
  ])('%s', async (_, issuedFor, sentWith, state, expected) => {
    const report = await verify(answering(await challengeFor(issuedFor)), { context: sentWith });
    expect(stateOf(report)).toEqual(expected);
    for (const [, each] of BINDINGS) {
      expect(report.binding[each]).toBe(each === name ? state : 'bound');
    }
    expect(report.binding.challenge).toBe('bound');
  });
});

describe('possession of the key', () => {
  const signed = (evidence: Evidence, options: Partial<StatementOptions> = {}) => ({
    statement: signStatement(evidence, { at: Date.now(), ...options }),
  });

  test('held: a statement by the attested key, and its layers', async () => {
    const evidence = answering(await challengeFor({}));
    const report = await verify(evidence, signed(evidence));
    expect(stateOf(report)).toEqual(['accept', []]);
    expect(report.binding.keyPossession).toBe('bound');
    for (const id of ['network-policy', 'trust-security-center', 'update-management']) {
      expect(report.layers.find(({ layer }) => layer === id)).toMatchObject({
        state: 'satisfied',
        basis: expect.stringContaining('reported by the device, bound to its key'),
      });
    }
  });

  test('broken: the same statement by another key', async () => {
    const evidence = answering(await challengeFor({}));
    const signer = attest(world).key.privateKey;
    const report = await verify(evidence, signed(evidence, { signer }));
    expect(stateOf(report)).toEqual(['reject', ['STATEMENT_SIGNATURE_INVALID']]);
    expect(report.binding.keyPossession).toBe('mismatch');
    expect(report.statement).toBeNull();
  });

  test('broken: for another nonce', async () => {
    const evidence = answering(await challengeFor({}));
    const payload = { nonce: await challengeFor({}) };
    const report = await verify(evidence, signed(evidence, { payload }));
    expect(stateOf(report)).toEqual(['reject', ['STATEMENT_NONCE_MISMATCH']]);
    expect(report.binding.keyPossession).toBe('mismatch');
  });

  test('on an unlocked device it proves possession and nothing about the layers', async () => {
    const evidence = answering(await challengeFor({}), { deviceLocked: false });
    const report = await verify(evidence, signed(evidence));
    expect(report.outcome).toBe('reject');
    expect(report.binding.keyPossession).toBe('bound');
    expect(report.statement?.counts).toBe(false);
    for (const id of ['network-policy', 'trust-security-center']) {
      expect(report.layers.find(({ layer }) => layer === id)?.state).toBe('not_evidenced');
    }
  });

  test('absent: a chain proves a key, not who sent it', async () => {
    const report = await verify(answering(await challengeFor({})));
    expect(stateOf(report)).toEqual(['accept', []]);
    expect(report.binding.keyPossession).toBe('not_checked');
  });

  test('replayed with its challenge, it proves nothing', async () => {
    const evidence = answering(await challengeFor({}));
    const members = signed(evidence);
    await verify(evidence, members);
    const again = await verify(evidence, members);
    expect(stateOf(again)).toEqual(['reject', ['CHALLENGE_REUSED']]);
    expect(again.binding).toMatchObject({ challenge: 'mismatch', keyPossession: 'not_checked' });
    expect(again.statement?.counts).toBe(false);
  });
});

describe('a challenge', () => {
  test('is used once, by whatever is decided', async () => {
    const evidence = answering(await challengeFor({}));
    expect(stateOf(await verify(evidence))).toEqual(['accept', []]);
    expect(stateOf(await verify(evidence))).toEqual(['reject', ['CHALLENGE_REUSED']]);
    const unlocked = answering(await challengeFor({}), { deviceLocked: false });
    expect((await verify(unlocked)).outcome).toBe('reject');
    expect(codes(await verify(unlocked))).toContain('CHALLENGE_REUSED');
  });

  test('is used once under a policy that would take any challenge', async () => {
    const evidence = answering(await challengeFor({}));
    const members = { policy: 'android-hardware' };
    expect(codes(await verify(evidence, members))).not.toContain('CHALLENGE_REUSED');
    const again = await verify(evidence, members);
    expect(codes(again)).toContain('CHALLENGE_REUSED');
  });

  test('of many uses at once exactly one succeeds', async () => {
    const evidence = answering(await challengeFor({}));
    const reports = await Promise.all(Array.from({ length: 40 }, () => verify(evidence)));
    expect(reports.filter(({ outcome }) => outcome === 'accept')).toHaveLength(1);
    expect(reports.filter((report) => codes(report).includes('CHALLENGE_REUSED'))).toHaveLength(39);
  });

  test('is not used up by junk that quotes it, nor by what is inconclusive', async () => {
    const challenge = await challengeFor({ handle: 'd-1' });
    const evidence = answering(challenge);
    const quoting = { context: { handle: 'd-1' }, challenge };
    expect((await verify(attest(world), quoting)).outcome).toBe('reject');
    expect((await verify(attest(world, {}, { defect: 'leaf-signature' }), quoting)).outcome).toBe(
      'reject',
    );
    expect((await verify(evidence)).outcome).toBe('inconclusive');
    expect(stateOf(await verify(evidence, quoting))).toEqual(['accept', []]);
  });

  test('is of its caller, and another caller neither uses it up nor learns what it is for', async () => {
    const evidence = answering(await challengeFor({ handle: 'd-1' }));
    const members = { context: { handle: 'd-1' } };
    const other = await verify(evidence, members, 'two');
    expect(stateOf(other)).toEqual(['reject', ['CHALLENGE_UNBOUND']]);
    expect(other.findings[0]?.at).toEqual({ field: 'caller' });
    expect(other.binding).toMatchObject({ challenge: 'mismatch', handle: 'not_checked' });
    expect(stateOf(await verify(evidence, members))).toEqual(['accept', []]);
  });

  test('of another service is foreign, whatever the policy would take', async () => {
    const other = await serve();
    try {
      const { answer } = await post(`${other.url}/v1/challenges`, '{}');
      const report = await verify(answering(answer['challenge'] as string));
      expect(stateOf(report)).toEqual(['reject', ['CHALLENGE_FOREIGN']]);
    } finally {
      await other.close();
    }
  });

  test('of the caller’s own is compared, and carries no context', async () => {
    const evidence = attest(world);
    expect(stateOf(await verify(evidence))).toEqual(['accept', []]);
    const named = await verify(evidence, { context: { handle: 'd-1' } });
    expect(named.binding).toMatchObject({ challenge: 'bound', handle: 'not_checked' });
    expect(named.findings).toContainEqual(
      expect.objectContaining({
        code: 'CHALLENGE_CONTEXT_NOT_CHECKED',
        at: { field: 'context.handle' },
      }),
    );
  });

  test('goes with PEM as well: the context in the query', async () => {
    const evidence = answering(await challengeFor({ handle: 'd-1' }));
    const query = new URLSearchParams({
      policy: 'enigm-development',
      challenge: Buffer.from(evidence.challenge).toString('base64url'),
      'context.handle': 'd-1',
    });
    const place = `${service.url}/v1/verify?${query}`;
    const sent = await post(place, toPem(evidence.chain), as('one', PEM_TYPE));
    expect(sent.answer).toMatchObject({ outcome: 'accept', binding: { handle: 'bound' } });
    const flat = await post(`${place}&context=d-1`, toPem(evidence.chain), as('one', PEM_TYPE));
    expect(flat).toMatchObject({ status: 400, answer: { member: 'context' } });
  });

  test('expires', async () => {
    const brief = await serve({ challengeLifetimeSeconds: 1 });
    try {
      const { answer } = await post(`${brief.url}/v1/challenges`, '{}');
      const evidence = answering(answer['challenge'] as string);
      const expiresAt = Date.parse(answer['expiresAt'] as string);
      await expect.poll(() => Date.now()).toBeGreaterThan(expiresAt);
      const body = JSON.stringify({
        chain: evidence.chain.map((der) => Buffer.from(der).toString('base64')),
        challenge: answer['challenge'],
        policy: 'enigm-development',
      });
      const late = await post(`${brief.url}/v1/verify`, body);
      expect(stateOf(late.answer as unknown as Report)).toEqual(['reject', ['CHALLENGE_EXPIRED']]);
    } finally {
      await brief.close();
    }
  });
});

test('a service that issues none says so', async () => {
  const silent = await serve({ challengeLifetimeSeconds: 0 });
  try {
    const { status, headers, answer } = await post(`${silent.url}/v1/challenges`, '{}');
    expect([status, answer['code']]).toEqual([503, 'SERVICE_NOT_READY']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  } finally {
    await silent.close();
  }
});

test('a flood of uses evicts no mark: a full memory decides no more and issues no more', async () => {
  const small = await serve({ challengeMarks: 2 });
  try {
    const requests: string[] = [];
    for (let made = 0; made < 4; made += 1) {
      const { answer } = await post(`${small.url}/v1/challenges`, '{}');
      const { chain } = answering(answer['challenge'] as string);
      const sent = chain.map((der) => Buffer.from(der).toString('base64'));
      const { challenge } = answer;
      requests.push(JSON.stringify({ chain: sent, challenge, policy: 'enigm-development' }));
    }
    const use = async (request: string | undefined) => {
      const { answer } = await post(`${small.url}/v1/verify`, request as string);
      return stateOf(answer as unknown as Report);
    };
    expect(await use(requests[0])).toEqual(['accept', []]);
    expect(await use(requests[1])).toEqual(['accept', []]);
    for (const flood of [requests[2], requests[3], requests[2]]) {
      expect(await use(flood)).toEqual(['inconclusive', ['CHALLENGE_MARK_UNAVAILABLE']]);
    }
    expect(await use(requests[0])).toEqual(['reject', ['CHALLENGE_REUSED']]);
    const { status, answer } = await post(`${small.url}/v1/challenges`, '{}');
    expect([status, answer['code']]).toEqual([503, 'SERVICE_NOT_READY']);
    const ready = await (await fetch(`${small.url}/health/ready`)).json();
    const states = (
      ready as { policies: { policy: string; canDecide: boolean; reasons: string[] }[] }
    ).policies;
    expect(states.find(({ policy }) => policy === 'enigm-development')?.canDecide).toBe(true);
    expect(states.find(({ policy }) => policy === 'enigm-production')).toMatchObject({
      canDecide: false,
      reasons: expect.arrayContaining([expect.stringContaining('full')]),
    });
  } finally {
    await small.close();
  }
});

test('nothing a caller names reaches the log', async () => {
  const handle = `handle-${Date.now()}`;
  await verify(answering(await challengeFor({ handle })), { context: { handle } });
  expect(service.log.length).toBeGreaterThan(0);
  expect(JSON.stringify(service.log)).not.toContain(handle);
});
