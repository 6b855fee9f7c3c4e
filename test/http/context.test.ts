/** What a caller says of the device, over HTTP: it narrows, and what is not understood is refused. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { toPem } from '../../src/simulator/index.ts';
import { JSON_TYPE, PEM_TYPE, post, type RunningService, serve } from '../support/service.ts';
import { attest, makeWorldOfNow } from '../support/world.ts';

let service: RunningService;
let chain: Uint8Array[];

beforeAll(async () => {
  service = await serve();
  const world = await makeWorldOfNow('enigm-development', 'context');
  chain = [...attest(world).chain];
});

afterAll(async () => {
  await service.close();
});

async function verify(context?: unknown) {
  const body = {
    chain: chain.map((der) => Buffer.from(der).toString('base64')),
    policy: 'enigm-development',
    ...(context === undefined ? {} : { context }),
  };
  const { status, answer } = await post(
    `${service.url}/v1/verify`,
    JSON.stringify(body),
    JSON_TYPE,
  );
  // biome-ignore lint/suspicious/noExplicitAny: reports and problems, looked into by each test
  return { status, answer: answer as any };
}

test('a floor and an earlier report are compared with', async () => {
  const first = await verify();
  expect(first.answer).toMatchObject({ outcome: 'accept', rollback: { against: ['registry'] } });
  const again = await verify({ lastReport: first.answer });
  expect(again.answer).toMatchObject({
    outcome: 'accept',
    rollback: { state: 'not_visible', against: ['last-report', 'registry'] },
  });
  const newer = await verify({ floor: { osPatchLevel: 202612 } });
  expect(newer.answer).toMatchObject({
    outcome: 'reject',
    rollback: { state: 'visible', findings: ['ROLLBACK_BELOW_FLOOR'] },
    release: { rollback: 'visible', recognisedBy: 'build', production: false },
  });
});

test('eligibility lists every action the policy names, with reasons', async () => {
  const { answer } = await verify({ lifecycle: 'lost', action: 'secure-call' });
  expect(answer.outcome).toBe('accept');
  expect(answer.eligibility.length).toBe(11);
  for (const { granted, reasons } of answer.eligibility) {
    expect(granted).toBe(false);
    expect(reasons).toEqual(expect.arrayContaining([expect.stringMatching(/^lifecycle is lost/)]));
  }
});

test('a context that is not understood is a 400 that names the member', async () => {
  const { status, answer } = await verify({ trusted: true });
  expect([status, answer.member]).toEqual([400, 'context.trusted']);
});

test('beside PEM the members of a context stand in the query', async () => {
  const query = new URLSearchParams({ policy: 'enigm-development', 'context.lifecycle': 'lost' });
  const url = `${service.url}/v1/verify?${query}`;
  const { status, answer } = await post(url, toPem(chain), PEM_TYPE);
  expect(status).toBe(200);
  expect(JSON.stringify(answer['eligibility'])).toContain('lifecycle is lost');
});
