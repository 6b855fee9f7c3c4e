/** Signed results over HTTP, as a relying party gets and verifies them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../src/cli/main.ts';
import {
  EAR_PROFILE,
  EAR_SUBMODULE,
  parseJwkSet,
  toEatNonce,
  verifyResult,
} from '../../src/results/index.ts';
import type { Evidence } from '../../src/simulator/index.ts';
import { post, type RunningService, serve } from '../support/service.ts';
import { attest, makeWorldOfNow, type World } from '../support/world.ts';

let service: RunningService;
let world: World;
const folder = mkdtempSync(path.join(tmpdir(), 'http-results-'));

beforeAll(async () => {
  service = await serve({ state: folder });
  world = await makeWorldOfNow('enigm-development', 'results');
});

afterAll(async () => {
  await service.close();
  rmSync(folder, { recursive: true });
});

async function answering(url = service.url): Promise<Evidence> {
  const { answer } = await post(`${url}/v1/challenges`, '{}');
  const challenge = new Uint8Array(Buffer.from(answer['challenge'] as string, 'base64url'));
  return attest(world, {}, { challenge });
}

const bodyOf = (evidence: Evidence, members: object): string =>
  JSON.stringify({
    chain: evidence.chain.map((der) => Buffer.from(der).toString('base64')),
    challenge: Buffer.from(evidence.challenge).toString('base64url'),
    policy: 'enigm-development',
    ...members,
  });

const verify = (evidence: Evidence, members: object, url = service.url) =>
  post(`${url}/v1/verify`, bodyOf(evidence, members));

async function jwksOf(url: string): Promise<JSONWebKeySet> {
  const response = await fetch(`${url}/.well-known/jwks.json`);
  expect(response.headers.get('cache-control')).toBe('public, max-age=300');
  return (await response.json()) as JSONWebKeySet;
}

test('a token is an EAR that jose verifies with the published keys', async () => {
  const evidence = await answering();
  const { answer } = await verify(evidence, { result: 'token', audience: 'https://rp.example' });
  expect(Object.keys(answer)).toEqual(['outcome', 'codes', 'token']);
  const { payload, protectedHeader } = await jwtVerify(
    answer['token'] as string,
    createLocalJWKSet(await jwksOf(service.url)),
    { audience: 'https://rp.example', issuer: 'enigm-attest', typ: 'eat-jwt' },
  );
  expect(protectedHeader).toMatchObject({ alg: 'ES256', typ: 'eat-jwt' });
  expect(payload).toMatchObject({
    eat_profile: EAR_PROFILE,
    environment: 'development',
    ear_status: 'warning',
    eat_nonce: toEatNonce(evidence.challenge),
    cnf: { jwk: { kty: 'EC', crv: 'P-256' } },
    ear_verifier_id: { developer: 'enigm-attest', build: expect.stringMatching(/^enigm-attest /) },
    submods: {
      [EAR_SUBMODULE]: {
        ear_status: 'warning',
        // A development anchor is no genuine hardware.
        ear_trustworthiness_vector: { hardware: 32, executables: 3, configuration: 2 },
        ear_appraisal_policy_ids: [
          expect.stringMatching(
            /^urn:enigm-attest:policy:enigm-development:[^:]+:sha256:[0-9a-f]{64}$/,
          ),
        ],
        enigm_attest: {
          outcome: 'accept',
          anchor: { environment: 'development' },
          snapshot: expect.stringMatching(/^[0-9a-f]{64}$/),
        },
      },
    },
  });
  expect((payload.exp as number) - (payload.iat as number)).toBe(300);
});

test('both is the report with its token; a report alone has none', async () => {
  const evidence = await answering();
  const { answer } = await verify(evidence, { result: 'both' });
  const { token, ...report } = answer;
  expect(report).toMatchObject({ reportVersion: 1, outcome: 'accept' });
  const keys = parseJwkSet(await jwksOf(service.url));
  const expectation = { keys, now: Date.now(), audience: 'enigm-attest' };
  expect(verifyResult(token as string, expectation)).toMatchObject({ ok: true });
  const plain = await verify(await answering(), {});
  expect(plain.answer).not.toHaveProperty('token');
});

test('a challenge yields one good result: the second says that it was used', async () => {
  const evidence = await answering();
  const outcomes = await Promise.all(
    Array.from({ length: 8 }, () => verify(evidence, { result: 'token' })),
  );
  expect(outcomes.map(({ answer }) => answer['outcome']).sort()).toEqual([
    'accept',
    ...Array.from({ length: 7 }, () => 'reject'),
  ]);
});

describe('audiences', () => {
  test('only those that are configured, the first by default', async () => {
    const strict = await serve({ state: folder, resultAudiences: ['https://a', 'https://b'] });
    try {
      const evidence = await answering(strict.url);
      const refused = await verify(
        evidence,
        { result: 'token', audience: 'https://c' },
        strict.url,
      );
      expect(refused.status).toBe(400);
      expect(refused.answer).toMatchObject({ code: 'AUDIENCE_UNKNOWN', member: 'audience' });
      // It was refused before the challenge was used.
      const { answer } = await verify(evidence, { result: 'token' }, strict.url);
      expect(answer['outcome']).toBe('accept');
      const keys = parseJwkSet(await jwksOf(strict.url));
      const claims = verifyResult(answer['token'] as string, { keys, now: Date.now() });
      expect(claims).toMatchObject({ ok: true, claims: { aud: 'https://a' } });
    } finally {
      await strict.close();
    }
  });
});

test.each(['both', 'record'])(
  'production without a key signs no %s and says so: 503',
  async (result) => {
    const production = await serve({ state: folder, environment: 'production' });
    try {
      const evidence = await answering();
      const { status, headers, answer } = await verify(
        evidence,
        { result, policy: 'inspect' },
        production.url,
      );
      expect([status, answer['code']]).toEqual([503, 'RESULT_NOT_SIGNED']);
      expect(headers.get('retry-after')).not.toBeNull();
      expect(await jwksOf(production.url)).toEqual({ keys: [] });
      const report = await verify(evidence, { policy: 'inspect' }, production.url);
      expect(report.status).toBe(200);
    } finally {
      await production.close();
    }
  },
);

describe('attest token verify', () => {
  async function tokenVerify(...args: string[]) {
    let [out, err] = ['', ''];
    const code = await run(['token', 'verify', ...args], {
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
      readStdin: async () => new Uint8Array(0),
      folder,
      now: Date.now,
      colour: false,
      width: 80,
    });
    return { code, out, err };
  }

  test('verifies offline, and says why a token is refused', async () => {
    const evidence = await answering();
    const { answer } = await verify(evidence, { result: 'token', audience: 'rp' });
    writeFileSync(path.join(folder, 'ear.jwt'), `${answer['token']}\n`);
    writeFileSync(path.join(folder, 'jwks.json'), JSON.stringify(await jwksOf(service.url)));
    writeFileSync(path.join(folder, 'none.json'), '{"keys":[]}');
    writeFileSync(path.join(folder, 'broken.json'), '{');
    const challenge = `hex:${Buffer.from(evidence.challenge).toString('hex')}`;
    const keys = ['ear.jwt', '--keys', 'jwks.json'];
    const good = await tokenVerify(...keys, '--audience', 'rp', '--challenge', challenge);
    expect(good).toMatchObject({ code: 0, err: '' });
    expect(good.out).toContain('verified: attestation result (EAR), signed with ');
    const json = await tokenVerify(...keys, '--issuer', 'enigm-attest', '--format', 'json');
    expect(JSON.parse(json.out)).toMatchObject({ verified: true, claims: { aud: 'rp' } });
    const refusals: [string[], string][] = [
      [['--audience', 'other'], 'TOKEN_AUDIENCE (aud)'],
      [['--issuer', 'other'], 'TOKEN_ISSUER (iss)'],
      [['--challenge', 'text:other-nonce'], 'TOKEN_NONCE (eat_nonce)'],
      [['--kind', 'enrolment'], 'TOKEN_TYPE (typ)'],
      [['--at', '2030-01-01T00:00:00Z'], 'TOKEN_EXPIRED (exp)'],
    ];
    for (const [args, text] of refusals) {
      const { code, out } = await tokenVerify(...keys, ...args);
      expect([code, out]).toEqual([1, expect.stringContaining(`refused: ${text}`)]);
    }
    const asJson = await tokenVerify(...keys, '--audience', 'x', '--format', 'json');
    expect(JSON.parse(asJson.out)).toMatchObject({
      verified: false,
      fault: { code: 'TOKEN_AUDIENCE' },
    });
    expect(await tokenVerify('-', '--keys', 'jwks.json')).toMatchObject({
      code: 1,
      out: expect.stringContaining('TOKEN_MALFORMED'),
    });
    expect((await tokenVerify('ear.jwt', '--keys', 'result-key.pem')).code).toBe(0);
    expect((await tokenVerify('absent', '--keys', 'jwks.json')).code).toBe(65);
    expect(await tokenVerify('ear.jwt', '--keys', 'none.json')).toMatchObject({
      code: 65,
      err: 'error: none.json: has no key that signs results\n',
    });
    expect((await tokenVerify('ear.jwt', '--keys', 'broken.json')).code).toBe(65);
    expect((await tokenVerify(...keys, '--kind', 'statement')).code).toBe(64);
    expect((await tokenVerify('ear.jwt')).code).toBe(64);
  });
});
