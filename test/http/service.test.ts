/** The service over HTTP: what it answers, what it refuses, and what it says of itself. */
import { generateKeyPairSync } from 'node:crypto';
import { Compile } from 'typebox/compile';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FINDING_CODES } from '../../src/core/base/index.ts';
import type { Report } from '../../src/core/report/index.ts';
import { ProblemSchema } from '../../src/http/problem-schema.ts';
import { ReportSchema } from '../../src/http/schemas.ts';
import { DEFECTS, toPem } from '../../src/simulator/index.ts';
import { JSON_TYPE, PEM_TYPE, post, type RunningService, serve } from '../support/service.ts';
import { attest, makeWorldOfNow, type World } from '../support/world.ts';

let service: RunningService;
let world: World;
let chain: string[];
let challenge: string;

beforeAll(async () => {
  service = await serve();
  world = await makeWorldOfNow('enigm-development', 'http');
  const evidence = attest(world);
  chain = evidence.chain.map((der) => Buffer.from(der).toString('base64'));
  challenge = Buffer.from(evidence.challenge).toString('base64url');
});

afterAll(async () => {
  await service.close();
});

const verify = (body: object | string, headers = JSON_TYPE) =>
  post(`${service.url}/v1/verify`, typeof body === 'string' ? body : JSON.stringify(body), headers);

const get = async (place: string) => {
  const response = await fetch(`${service.url}${place}`);
  // biome-ignore lint/suspicious/noExplicitAny: documents of several kinds, looked into by each test
  const answer = (await response.json()) as any;
  return { status: response.status, headers: response.headers, answer };
};

describe('POST /v1/verify', () => {
  test('answers 200 with a report', async () => {
    const { status, headers, answer } = await verify({
      chain,
      challenge,
      policy: 'enigm-development',
    });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^application\/json\b/);
    expect(answer).toMatchObject({
      outcome: 'accept',
      binding: { challenge: 'bound' },
      policy: { id: 'enigm-development' },
    });
  });

  test('PEM in the body, the rest in the query', async () => {
    const pem = toPem(chain.map((text) => Buffer.from(text, 'base64')));
    const query = new URLSearchParams({ policy: 'enigm-development', challenge });
    const { status, answer } = await post(`${service.url}/v1/verify?${query}`, pem, PEM_TYPE);
    expect([status, answer['outcome']]).toEqual([200, 'accept']);
    const twice = await post(
      `${service.url}/v1/verify?policy=inspect&policy=inspect`,
      pem,
      PEM_TYPE,
    );
    expect(twice).toMatchObject({
      status: 400,
      answer: { code: 'REQUEST_INVALID', member: 'policy' },
    });
    const unknown = await post(`${service.url}/v1/verify?anchors=mine`, pem, PEM_TYPE);
    expect(unknown).toMatchObject({ status: 400, answer: { member: 'anchors' } });
  });

  test('carries the headers that every answer has', async () => {
    const { headers } = await verify({ chain });
    const namesOf = (given: Headers) => [...given.keys()].sort();
    const { headers: others } = await get('/health/live');
    expect(namesOf(headers)).toEqual(namesOf(others));
    for (const [name, value] of others) {
      if (name !== 'content-length' && name !== 'date') expect(headers.get(name), name).toBe(value);
    }
  });

  test('letters beyond ASCII are written whole', async () => {
    const response = await fetch(`${service.url}/v1/verify?caf%C3%A9%E2%82%AC=1`, {
      method: 'POST',
      headers: JSON_TYPE,
      body: JSON.stringify({ chain }),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(response.headers.get('content-length')).toBe(String(bytes.length));
    expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(JSON.parse(bytes.toString('utf8'))).toMatchObject({ status: 400, member: 'café€' });
  });

  test('a foreign name in a report arrives as it is', async () => {
    const { chain } = attest(world, {}, { defect: 'quirk-huge-version-code' });
    const response = await fetch(`${service.url}/v1/verify`, {
      method: 'POST',
      headers: JSON_TYPE,
      body: JSON.stringify({ chain: chain.map((der) => Buffer.from(der).toString('base64')) }),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(response.headers.get('content-length')).toBe(String(bytes.length));
    const { keyDescription } = JSON.parse(bytes.toString('utf8'));
    const { attestationApplicationId } = keyDescription.softwareEnforced;
    expect(attestationApplicationId.packages[0].name).toBe('org.enigm.café');
  });

  test('a rejected attestation is a successful request', async () => {
    const bad = attest(world, {}, { defect: 'unlocked' }).chain.map((der) =>
      Buffer.from(der).toString('base64'),
    );
    const { status, answer } = await verify({ chain: bad, policy: 'enigm-development' });
    expect([status, answer['outcome']]).toEqual([200, 'reject']);
  });

  test('bytes that decode and are no certificate are judged', async () => {
    const { status, answer } = await verify({ chain: ['AAAA'] });
    expect([status, answer['outcome']]).toEqual([200, 'reject']);
  });

  test('the policy of requests that name none is android-hardware', async () => {
    const { answer } = await verify({ chain });
    expect(answer['policy']).toMatchObject({ id: 'android-hardware' });
  });

  test('the evidence time is always now', async () => {
    const before = Date.now();
    const { answer } = await verify({ chain });
    expect(Date.parse(answer['evidenceTime'] as string)).toBeGreaterThanOrEqual(before);
    expect(answer['evidenceTime']).toBe(answer['appraisedAt']);
  });

  test('reports of every kind have the published form', async () => {
    const validator = Compile(ReportSchema);
    const defects = DEFECTS.filter((_, index) => index % 7 === 0);
    for (const { name, device, attest: key } of defects) {
      const evidence = attest(world, device, { ...key, defect: name });
      const sent = evidence.chain.map((der) => Buffer.from(der).toString('base64'));
      const { status, answer } = await verify({ chain: sent, policy: 'enigm-development' });
      expect(status, name).toBe(200);
      expect(
        [...validator.Errors(answer)].map(
          ({ instancePath, message }) => `${instancePath} ${message}`,
        ),
        name,
      ).toEqual([]);
    }
  });

  test('many at once get each their own answer', async () => {
    const devices = Array.from({ length: 60 }, () => attest(world));
    const answers = await Promise.all(
      devices.map((evidence) =>
        verify({
          chain: evidence.chain.map((der) => Buffer.from(der).toString('base64')),
          challenge: Buffer.from(evidence.challenge).toString('base64url'),
          policy: 'enigm-development',
        }),
      ),
    );
    for (const [index, { answer }] of answers.entries()) {
      expect(answer['outcome']).toBe('accept');
      const { spki } = (answer as unknown as Report).key ?? {};
      expect(spki).toBe(Buffer.from(devices[index]?.key.spki as Uint8Array).toString('base64'));
    }
  });
});

describe('what is no request', () => {
  const problem = Compile(ProblemSchema);

  test.each<
    [
      string,
      () => Promise<{ status: number; headers: Headers; answer: Record<string, unknown> }>,
      number,
      string,
    ]
  >([
    ['no JSON', () => verify('{'), 400, 'REQUEST_NOT_JSON'],
    ['an empty body', () => verify(''), 400, 'REQUEST_NOT_JSON'],
    ['an unknown member', () => verify({ chain: [], anchors: [] }), 400, 'REQUEST_INVALID'],
    [
      'a switch that would weaken the policy',
      () => verify({ chain: [], test: true }),
      400,
      'REQUEST_INVALID',
    ],
    ['no chain', () => verify({ chain: [] }), 400, 'EVIDENCE_EMPTY'],
    ['no base64', () => verify({ chain: ['?'] }), 400, 'EVIDENCE_NOT_BASE64'],
    ['no PEM', () => verify('hello', PEM_TYPE), 400, 'EVIDENCE_NOT_PEM'],
    ['an unknown policy', () => verify({ chain, policy: 'none' }), 404, 'POLICY_UNKNOWN'],
    [
      'another media type',
      () => verify('x', { 'content-type': 'text/plain' }),
      415,
      'REQUEST_MEDIA_TYPE',
    ],
    [
      'a body beyond the limit',
      () => verify({ chain: 'x'.repeat(200_000) }),
      413,
      'REQUEST_TOO_LARGE',
    ],
    ['another path', () => post(`${service.url}/v2/verify`, '{}'), 404, 'NOT_FOUND'],
  ])('%s', async (_, call, status, code) => {
    const answered = await call();
    expect(answered.status).toBe(status);
    expect(answered.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answered.answer).toMatchObject({ status, code });
    expect(problem.Check(answered.answer)).toBe(true);
  });
});

describe('a public key that is none', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  const sec1 = privateKey.export({ format: 'pem', type: 'sec1' }).toString();
  const der = privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64');
  const jwk = privateKey.export({ format: 'jwk' });

  test.each<[string, unknown, string]>([
    ['any octets', 'AAAA', 'is neither'],
    ['a certificate', '', 'is neither'],
    ['a private key as PEM', pem, 'is a private key'],
    ['a private key as PEM of SEC 1', sec1, 'is a private key'],
    ['a private key as base64 DER', der, 'is a private key'],
    ['a private key as a JWK', jwk, 'is a private key'],
  ])('%s is refused by name, and neither echoed nor logged', async (what, key, text) => {
    const publicKey = what === 'a certificate' ? chain[0] : key;
    service.log.length = 0;
    const { status, answer } = await verify({ chain, publicKey });
    expect([status, answer['code'], answer['member']]).toEqual([
      400,
      'REQUEST_INVALID',
      'publicKey',
    ]);
    expect(answer['detail']).toContain(text);
    const said = JSON.stringify([answer, service.log]);
    for (const secret of [jwk.d as string, der.slice(40, 80), pem.slice(60, 90)]) {
      expect(said).not.toContain(secret);
    }
  });
});

describe('what it says of itself', () => {
  test('alive, and ready for what development needs, with what it is not ready for', async () => {
    expect(await get('/health/live')).toMatchObject({ status: 200, answer: { alive: true } });
    const { status, answer } = await get('/health/ready');
    expect(status).toBe(200);
    expect(answer).toMatchObject({ ready: true, workers: 2 });
    const states = answer.policies.map(
      ({ policy, canDecide, required }: Record<string, unknown>) => [policy, canDecide, required],
    );
    expect(states).toContainEqual(['enigm-development', true, true]);
    expect(states).toContainEqual(['android-hardware', false, false]);
  });

  test('anchors, policies and findings', async () => {
    const anchors = await get('/v1/anchors');
    expect(anchors.answer.map(({ id }: { id: string }) => id)).toContain('enigm-development');
    const policies = await get('/v1/policies');
    expect(
      policies.answer.map(({ id, isDefault }: Record<string, unknown>) => [id, isDefault]),
    ).toEqual([
      ['inspect', false],
      ['android-hardware', true],
      ['enigm-production', false],
      ['enigm-development', false],
    ]);
    const findings = await get('/v1/findings');
    expect(findings.answer.map(({ code }: { code: string }) => code)).toEqual(
      Object.keys(FINDING_CODES),
    );
  });

  test('the API as OpenAPI, and as a page', async () => {
    const { answer } = await get('/openapi.json');
    expect(Object.keys(answer.paths)).toEqual(
      expect.arrayContaining([
        '/v1/verify',
        '/v1/anchors',
        '/v1/policies',
        '/v1/findings',
        '/health/live',
        '/health/ready',
      ]),
    );
    const operation = answer.paths['/v1/verify'].post;
    expect(Object.keys(operation.requestBody.content)).toEqual([
      'application/json',
      'application/pem-certificate-chain',
    ]);
    expect(operation.requestBody.content['application/json'].schema.properties).toHaveProperty(
      'chain',
    );
    expect(operation.parameters.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(['policy', 'challenge', 'publicKey', 'context.handle']),
    );
    interface Operation {
      readonly security?: object;
      readonly responses: Record<string, { content?: object }>;
    }
    for (const [place, methods] of Object.entries<Record<string, Operation>>(answer.paths)) {
      for (const { security, responses } of Object.values(methods)) {
        const isOpen = place.startsWith('/health/') || place.startsWith('/.well-known/');
        expect(security, place).toEqual(isOpen ? undefined : [{ bearer: [] }, {}]);
        for (const status of ['4XX', '5XX']) {
          expect(Object.keys(responses[status]?.content ?? {}), place).toEqual([
            'application/problem+json',
          ]);
        }
      }
    }
    expect(Object.keys(answer.paths['/health/ready'].get.responses['503'].content)).toEqual([
      'application/json',
      'application/problem+json',
    ]);
    const page = await fetch(`${service.url}/docs`);
    expect([page.status, page.headers.get('content-type')]).toEqual([
      200,
      'text/html; charset=utf-8',
    ]);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
  });

  test('data is nothing that may be shown, framed or run, whoever wrote the answer', async () => {
    const said = { chain, challenge, policy: 'enigm-development' };
    const answers = [
      (await post(`${service.url}/v1/verify`, JSON.stringify(said))).headers,
      (await post(`${service.url}/v1/verify`, '{}')).headers,
      (await fetch(`${service.url}/v1/policies`)).headers,
      (await fetch(`${service.url}/none`)).headers,
    ];
    for (const headers of answers) {
      expect(Object.fromEntries(headers)).toMatchObject({
        'content-security-policy': "default-src 'none';frame-ancestors 'none'",
        'cross-origin-resource-policy': 'same-origin',
        'strict-transport-security': 'max-age=31536000; includeSubDomains',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
      });
      expect(headers.has('referrer-policy')).toBe(false);
    }
  });

  test('one log line a request, with outcome and codes, without evidence', async () => {
    service.log.length = 0;
    await verify({ chain, challenge, policy: 'enigm-development' });
    // Lines of requests before it may still come.
    const line = () => service.log.find(({ route }) => route === '/v1/verify');
    await expect.poll(line).toBeDefined();
    expect(service.log.filter(({ route }) => route === '/v1/verify')).toHaveLength(1);
    expect(line()).toMatchObject({
      method: 'POST',
      route: '/v1/verify',
      status: 200,
      outcome: 'accept',
      policy: 'enigm-development',
      codes: ['ANCHOR_NOT_PRODUCTION'],
      evidenceDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const text = JSON.stringify(service.log);
    expect(text).not.toContain((chain[0] as string).slice(0, 40));
    expect(text).not.toContain('127.0.0.1');
  });
});
