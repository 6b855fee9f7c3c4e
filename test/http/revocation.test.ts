/** Revocation as the running service shows it: readiness, `GET /v1/revocation`, metrics and log. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Compile } from 'typebox/compile';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { RevocationSchema } from '../../src/http/revocation-route.ts';
import { loadBundledLists } from '../../src/sources/bundled-lists.ts';
import { ROOTS } from '../../src/sources/package-root.ts';
import { type ListServer, openListServer, sends, statusList } from '../support/list-server.ts';
import { post, type RunningService, serve } from '../support/service.ts';
import { attest, makeWorldOfNow, type World } from '../support/world.ts';

let world: World;
let server: ListServer;
let service: RunningService;

/** As many as the floor has: fewer would be a list that shrank. */
const SERIALS = loadBundledLists(ROOTS)
  .filter(({ feed }) => feed === 'google-status')
  .flatMap(({ entries }) => entries.map(({ serial }) => serial));

beforeAll(async () => {
  world = await makeWorldOfNow('enigm-development', 'revocation service');
});

beforeEach(async () => {
  server = await openListServer();
});

afterEach(async () => {
  await service.close();
  await server.close();
});

const source = () => ({
  kind: 'status-list',
  id: 'google-status',
  feed: 'google-status',
  anchors: ['google-rsa', 'google-ec', 'enigm-development'],
  url: server.url,
});

const open = async (settings: Record<string, unknown> = {}) => {
  service = await serve({
    revocationSources: [source()],
    revocationFetch: true,
    revocationMinRefreshSeconds: 0.05,
    revocationMaxRefreshSeconds: 0.05,
    revocationRetrySeconds: 0.05,
    rootWatchUrl: '',
    readinessPolicies: ['android-hardware'],
    ...settings,
  });
};

// biome-ignore lint/suspicious/noExplicitAny: documents of several kinds, looked into by each test
const get = async (place: string): Promise<any> => (await fetch(`${service.url}${place}`)).json();
const ready = async () => (await fetch(`${service.url}/health/ready`)).status;

async function metric(name: string): Promise<number | undefined> {
  const text = await (await fetch(`${service.url}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(`enigm_attest_${name} `));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
}

test('not ready without a list, ready with one, and the reason of a bad one shows everywhere', async () => {
  server.play((_request, response) => response.writeHead(500).end());
  await open();
  await expect
    .poll(async () => (await get('/v1/revocation')).sources[0].failing?.cause)
    .toBe('status');
  expect(await ready()).toBe(503);
  const answer = await get('/health/ready');
  expect(answer.revocation.sources[0]).toMatchObject({
    id: 'google-status',
    entries: null,
    failing: { cause: 'status', text: 'the server answers 500' },
  });

  server.play(sends(statusList(SERIALS)));
  await expect.poll(ready, { timeout: 10_000 }).toBe(200);
  const known = await get('/v1/revocation');
  expect([...Compile(RevocationSchema).Errors(known)]).toEqual([]);
  expect(known.sources[0]).toMatchObject({ entries: SERIALS.length, place: server.url });
  expect(known.lists.map(({ id }: { id: string }) => id)).toEqual([
    'enigm-development',
    'google-floor',
    'google-status',
  ]);
  expect(await metric('revocation_entries{source="google-status"}')).toBe(SERIALS.length);
  expect(await metric('revocation_swaps')).toBe(1);

  server.play(sends('<html>Log in</html>'));
  await expect
    .poll(() => metric('revocation_failures_total{source="google-status",cause="invalid"}'), {
      timeout: 10_000,
    })
    .toBeGreaterThan(0);
  expect(await ready()).toBe(200);
  expect(await metric('revocation_failing{source="google-status"}')).toBe(1);
  expect(await metric('revocation_age_seconds{source="google-status"}')).toBeGreaterThanOrEqual(0);
  expect(
    await metric('revocation_last_attempt_timestamp_seconds{source="google-status"}'),
  ).toBeGreaterThan(1.7e9);
  expect((await get('/v1/revocation')).snapshot).toEqual(known.snapshot);
  expect(service.log).toContainEqual(
    expect.objectContaining({ source: 'google-status', cause: 'invalid' }),
  );
});

test('a list that is too old leaves the service not ready, and a fresh one makes it ready again', async () => {
  // Four days old where it comes from a cache on the way: two more than may be.
  server.play(sends(statusList(SERIALS), { 'cache-control': 'max-age=86400', age: '345600' }));
  await open({ revocationMaxRefreshSeconds: 86_400 });
  await expect
    .poll(() => metric('revocation_age_seconds{source="google-status"}'))
    .toBeGreaterThan(345_599);
  expect(await ready()).toBe(503);
  const { policies } = await get('/health/ready');
  expect(
    policies.find(({ policy }: { policy: string }) => policy === 'android-hardware'),
  ).toMatchObject({
    canDecide: false,
    reasons: [
      'google-rsa: the revocation list is older than the policy allows',
      'google-ec: the revocation list is older than the policy allows',
    ],
  });
  server.play(sends(statusList(SERIALS)));
  await expect.poll(ready).toBe(200);
});

test('a list that comes while the service runs decides the next request', async () => {
  const evidence = attest(world);
  const chain = evidence.chain.map((der) => Buffer.from(der).toString('base64'));
  const body = JSON.stringify({ chain, policy: 'enigm-development' });
  server.play(sends(statusList(SERIALS)));
  await open();
  const verify = async () =>
    (await post(`${service.url}/v1/verify`, body)).answer as never as {
      outcome: string;
      chain: { certificates: { serial: string }[] };
      revocation: { snapshot: { id: string } };
    };
  const first = await verify();
  expect(first.outcome).toBe('accept');
  const serial = first.chain.certificates[2]?.serial as string;
  server.play(sends(statusList([...SERIALS, serial])));
  await expect.poll(async () => (await verify()).outcome, { timeout: 10_000 }).toBe('reject');
  const last = await verify();
  expect(last.revocation.snapshot.id).toBe((await get('/v1/revocation')).snapshot.id);
  // The floor stays: taking an entry of it off the list takes it off nothing.
  server.play(sends(statusList(SERIALS)));
  await expect.poll(async () => (await verify()).outcome, { timeout: 10_000 }).toBe('accept');
});

test('requests start no look, and wait for none', async () => {
  server.play(() => {});
  await open({ revocationMinRefreshSeconds: 60, revocationMaxRefreshSeconds: 60 });
  await expect.poll(() => server.calls.length).toBe(1);
  const chain = attest(world).chain.map((der) => Buffer.from(der).toString('base64'));
  const body = JSON.stringify({ chain, policy: 'enigm-development' });
  for (let round = 0; round < 20; round += 1) {
    expect((await post(`${service.url}/v1/verify`, body)).answer['outcome']).toBe('accept');
  }
  expect(server.calls).toHaveLength(1);
});

test('roots that are served and not pinned raise ROOT_DRIFT and change no verdict', async () => {
  const pem = (file: string) => readFileSync(path.join(ROOTS, 'google', file), 'utf8');
  const software = readFileSync(path.join(ROOTS, 'software', 'ec-root.pem'), 'utf8');
  const roots = [pem('rsa-2022.pem'), pem('ec-2025.pem')];
  server.play(sends(JSON.stringify(roots)));
  await open({ revocationSources: [], rootWatchUrl: server.url });
  await expect
    .poll(async () => (await get('/health/ready')).revocation.roots.checkedAt)
    .not.toBeNull();
  expect((await get('/health/ready')).revocation.roots).toMatchObject({ drift: [], failing: null });
  expect(await metric('root_drift')).toBe(0);
  expect(
    await metric(
      'certificate_not_after_timestamp_seconds{kind="anchor",anchor="google-ec",serial="84a9d0297b0eb58ae7ff0e80de760605"}',
    ),
  ).toBe(Date.UTC(2035, 6, 15, 22, 32, 18) / 1000);
  await service.close();

  server.play(sends(JSON.stringify([roots[1], software])));
  await open({ revocationSources: [], rootWatchUrl: server.url });
  await expect.poll(() => metric('root_drift')).toBe(2);
  const { drift } = (await get('/v1/revocation')).roots;
  expect(drift.map(({ code, text }: Record<string, string>) => `${code} ${text}`)).toEqual([
    'ROOT_DRIFT a root is served whose key is not pinned: look for a new release',
    'ROOT_DRIFT google-rsa is no longer served',
  ]);
  expect(service.log).toContainEqual(
    expect.objectContaining({ msg: 'ROOT_DRIFT: served roots differ from the pins' }),
  );
  const anchors = await get('/v1/anchors');
  expect(anchors.map(({ id }: { id: string }) => id)).toEqual([
    'google-rsa',
    'google-ec',
    'enigm-development',
  ]);
  await service.close();

  server.play(sends('{"not":"roots"}'));
  await open({ revocationSources: [], rootWatchUrl: server.url });
  await expect
    .poll(async () => (await get('/v1/revocation')).roots.failing)
    .toMatch('no list of roots');
});

test('verifications, findings, problems, durations and the pool are counted', async () => {
  await open({ revocationSources: [] });
  const chain = attest(world, {}, { defect: 'unlocked' }).chain.map((der) =>
    Buffer.from(der).toString('base64'),
  );
  const url = `${service.url}/v1/verify`;
  await post(url, JSON.stringify({ chain, policy: 'enigm-development' }));
  await post(url, '{');
  await expect
    .poll(() =>
      metric(
        'verifications_total{outcome="reject",trust_state="REVIEW_REQUIRED",policy="enigm-development"}',
      ),
    )
    .toBe(1);
  expect(await metric('findings_total{code="DEVICE_UNLOCKED"}')).toBe(1);
  expect(await metric('problems_total{code="REQUEST_NOT_JSON"}')).toBe(1);
  expect(await metric('verification_seconds_count{outcome="reject"}')).toBe(1);
  expect(await metric('http_requests_total{route="/v1/verify",status="200"}')).toBe(1);
  expect(await metric('pool_workers')).toBe(2);
  expect(await metric('pool_queue_length')).toBe(0);
  const response = await fetch(`${service.url}/metrics`);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
});
