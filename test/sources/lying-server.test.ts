/**
 * A server that lies in every way: what it sends is refused with its own word, the good list stays in
 * force for verdicts, and whoever asks is told. And what is good is taken, aged and asked for as HTTP has it.
 */
import { gzipSync } from 'node:zlib';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { preparePolicy } from '../../src/core/policy/index.ts';
import { Metrics } from '../../src/http/metrics.ts';
import { checkReadiness } from '../../src/http/readiness.ts';
import { addRevocationMetrics, countRefusals } from '../../src/http/revocation-metrics.ts';
import { describeRevocation } from '../../src/http/revocation-route.ts';
import { CopyStore } from '../../src/sources/revocation/copy-store.ts';
import type { KeeperOptions } from '../../src/sources/revocation/keeper.ts';
import { backoff } from '../../src/sources/revocation/schedule.ts';
import type { Trust } from '../../src/sources/trust.ts';
import { type KeptWorld, keep, simulatedSource } from '../support/keeper.ts';
import {
  type ListServer,
  openListServer,
  type Part,
  sends,
  someSerials,
  statusList,
} from '../support/list-server.ts';
import { newFolder } from '../support/terminal.ts';
import {
  AT,
  attest,
  codesOf,
  makeWorld,
  policyNamed,
  reportOn,
  type World,
} from '../support/world.ts';

const SENTINEL = '6681152659205225093';
/** The serial of the simulator's revoked devices. */
const REVOKED = '4badc0de00000000000000000000dead';
const SERIALS = [SENTINEL, REVOKED, ...someSerials(98)];
const DAY_MS = 86_400_000;
const GOOD = statusList(SERIALS);
const AN_HOUR_AGO = new Date(AT - 3_600_000).toUTCString();
const FRESH = { 'cache-control': 'max-age=86400', 'last-modified': AN_HOUR_AGO, etag: '"1"' };

let world: World;
let server: ListServer;
let kept: KeptWorld;

beforeAll(async () => {
  world = await makeWorld('google-like');
});

beforeEach(async () => {
  server = await openListServer();
});

afterEach(async () => {
  await kept.keeper.close();
  await server.close();
});

async function open(changes: Partial<KeeperOptions> = {}): Promise<void> {
  kept = await keep(world, [simulatedSource(server.url)], changes);
}

const refresh = () => kept.keeper.refresh('simulated-status');
const status = () => kept.keeper.statuses[0];

function outcomes(): readonly [string, string] {
  const context = { revocation: kept.keeper.snapshot, appraisedAt: kept.now };
  const [good, bad] = [attest(world), attest(world, {}, { defect: 'revoked' })].map((evidence) =>
    reportOn(world, evidence, 'android-hardware', context),
  );
  return [good?.outcome ?? '', bad?.outcome ?? ''];
}

/** What readiness and metrics say at this moment. */
async function told(failure: string) {
  const prepared = preparePolicy(policyNamed('android-hardware'));
  const trust: Trust = {
    environment: 'test',
    anchors: world.anchors,
    policies: new Map([['android-hardware', prepared]]),
    defaultPolicy: 'android-hardware',
    registry: null,
    statementApps: [],
  };
  const { keeper, now } = kept;
  const [policy] = checkReadiness(trust, keeper.snapshot, ['android-hardware'], now);
  const metrics = new Metrics();
  const clock = () => now;
  addRevocationMetrics(metrics, { keeper, roots: () => NO_ROOTS, calendar: [], clock });
  const count = countRefusals(metrics);
  for (const event of kept.events) count(event);
  const text = await metrics.registry.metrics();
  const figure = (name: string) =>
    text
      .split('\n')
      .find((line) => line.startsWith(`enigm_attest_${name} `))
      ?.split(' ')[1];
  const shown = describeRevocation(keeper, NO_ROOTS, now).sources[0];
  return {
    canDecide: policy?.canDecide,
    shown: shown?.failing?.cause ?? null,
    failing: figure('revocation_failing{source="simulated-status"}'),
    entries: figure('revocation_entries{source="simulated-status"}'),
    failures: figure(`revocation_failures_total{source="simulated-status",cause="${failure}"}`),
  };
}

const NO_ROOTS = { checkedAt: null, drift: [], failing: null };

const redirectsTo =
  (location: (url: string) => string): Part =>
  (request, response) =>
    response.writeHead(302, { location: location(request.url ?? '') }).end();

const LIES: readonly [string, string, Part][] = [
  ['is slow to answer', 'timeout', () => {}],
  [
    'is slow to finish',
    'timeout',
    (_request, response) => void response.writeHead(200).write(GOOD.slice(0, 10)),
  ],
  ['hangs up', 'network', (request) => request.socket.destroy()],
  ['is broken', 'status', (_request, response) => response.writeHead(500).end('{"entries":{}}')],
  ['has nothing there', 'status', (_request, response) => response.writeHead(404).end()],
  ['sends no content', 'status', (_request, response) => response.writeHead(204).end()],
  ['redirects off the host', 'redirect', redirectsTo(() => 'http://localhost:1/status')],
  ['redirects to nowhere', 'redirect', redirectsTo(() => 'http://')],
  ['redirects for ever', 'redirect', redirectsTo((url) => `${url}x`)],
  [
    'cuts the body short of its length',
    'network',
    (_request, response) => {
      response.writeHead(200, { 'content-length': String(GOOD.length) });
      response.write(GOOD.slice(0, 100), () => response.destroy());
    },
  ],
  ['cuts the list', 'invalid', sends(GOOD.slice(0, -20))],
  ['sends nothing', 'invalid', sends('')],
  ['sends a list of nothing', 'invalid', sends('{"entries":{}}')],
  ['sends a page', 'invalid', sends('<html>Log in</html>', { 'content-type': 'text/html' })],
  ['sends other types', 'invalid', sends('{"entries":[]}')],
  ['sends a status that is no text', 'invalid', sends('{"entries":{"ab":{"status":1}}}')],
  [
    'sends a key twice',
    'invalid',
    sends(GOOD.replace('{"entries":{', '{"entries":{"abc00000001":{"status":"REVOKED"},')),
  ],
  ['sends keys that are no serials', 'invalid', sends(statusList(['0x12', ...SERIALS]))],
  ['sends bytes that are no text', 'invalid', sends(Buffer.from([0x7b, 0xff, 0xfe, 0x7d]))],
  ['compresses unasked', 'encoding', sends(gzipSync(GOOD), { 'content-encoding': 'gzip' })],
  ['sends too much', 'too-large', sends(statusList(someSerials(20_000)))],
  ['loses what is revoked for good', 'sentinel', sends(statusList(SERIALS.slice(1)))],
  ['loses more than a tenth', 'shrunk', sends(statusList(SERIALS.slice(0, 89)))],
  ['rolls back', 'older', sends(GOOD, { 'last-modified': new Date(AT - 3_601_000).toUTCString() })],
];

describe('a server that', () => {
  test.each(LIES)('%s: refused as “%s”', async (_, failure, part) => {
    await open(failure === 'timeout' ? { timeoutMs: 1000 } : {});
    server.play(part);
    // Without any list nothing can be decided; the listed device is not known yet either.
    const isLate = failure === 'shrunk' || failure === 'older';
    if (!isLate) {
      expect(await refresh()).toBe(false);
      expect(outcomes()).toEqual(['inconclusive', 'inconclusive']);
      expect(await told(failure)).toEqual({
        canDecide: false,
        shown: failure,
        failing: '1',
        entries: undefined,
        failures: '1',
      });
    }
    server.play(sends(GOOD, FRESH));
    expect(await refresh()).toBe(true);
    expect(outcomes()).toEqual(['accept', 'reject']);
    expect(await told(failure)).toMatchObject({ canDecide: true, shown: null, failing: '0' });
    const { snapshot, swaps } = kept.keeper;
    expect(swaps).toBe(1);

    server.play(part);
    expect(await refresh()).toBe(false);
    expect(kept.keeper.snapshot).toBe(snapshot);
    expect(kept.keeper.swaps).toBe(1);
    expect(outcomes()).toEqual(['accept', 'reject']);
    expect(status()).toMatchObject({
      entries: 100,
      failing: { failure },
      failedAttempts: 1,
      failures: { [failure]: isLate ? 1 : 2 },
    });
    expect(await told(failure)).toEqual({
      canDecide: true,
      shown: failure,
      failing: '1',
      entries: '100',
      failures: isLate ? '1' : '2',
    });
    expect(kept.events.at(-1)).toMatchObject({
      kind: 'refused',
      source: 'simulated-status',
      failure,
    });
  });

  test('is dead', async () => {
    await open();
    await server.close();
    expect(await refresh()).toBe(false);
    expect(status()?.failing).toMatchObject({ failure: 'network' });
  });

  test('confirms a list nobody has', async () => {
    await open();
    server.play((_request, response) => response.writeHead(304).end());
    expect(await refresh()).toBe(false);
    expect(status()?.failing).toMatchObject({ failure: 'status' });
  });

  test('flaps: each good answer clears the reason', async () => {
    await open();
    for (let round = 0; round < 3; round += 1) {
      server.play((_request, response) => response.writeHead(502).end());
      expect(await refresh()).toBe(false);
      server.play(sends(GOOD, FRESH));
      expect(await refresh()).toBe(true);
      expect(status()).toMatchObject({
        failing: null,
        failedAttempts: 0,
        failures: { status: round + 1 },
      });
    }
    expect(kept.keeper.swaps).toBe(1);
  });

  test('redirects within the host is followed', async () => {
    await open();
    server.play((request, response) => {
      if (request.url === '/status') redirectsTo(() => '/moved')(request, response);
      else sends(GOOD)(request, response);
    });
    expect(await refresh()).toBe(true);
  });
});

test('an operator may allow a list to shrink, but not to lose what is revoked for good', async () => {
  await open({ allowShrink: ['simulated-status'] });
  server.play(sends(GOOD));
  await refresh();
  server.play(sends(statusList(SERIALS.slice(0, 2))));
  expect(await refresh()).toBe(true);
  expect(status()).toMatchObject({ entries: 2 });
  server.play(sends(statusList([REVOKED])));
  expect(await refresh()).toBe(false);
  expect(status()?.failing).toMatchObject({ failure: 'sentinel' });
});

test('within its time a list says how old it is, beyond it nothing is decided, 304 makes it good again', async () => {
  await open();
  server.play(sends(GOOD, FRESH));
  await refresh();
  kept.now = AT + 2 * DAY_MS;
  const report = reportOn(world, attest(world), 'android-hardware', {
    revocation: kept.keeper.snapshot,
    appraisedAt: kept.now,
  });
  expect(report.outcome).toBe('accept');
  expect(report.revocation.snapshot).toMatchObject({ ageSeconds: 172_800 });
  kept.now += 1;
  const stale = reportOn(world, attest(world), 'android-hardware', {
    revocation: kept.keeper.snapshot,
    appraisedAt: kept.now,
  });
  expect(stale.outcome).toBe('inconclusive');
  expect(codesOf(stale)[0]).toBe('REVOCATION_LIST_STALE');
  server.play((request, response) =>
    response.writeHead(request.headers['if-none-match'] === '"1"' ? 304 : 500, FRESH).end(),
  );
  expect(await refresh()).toBe(true);
  expect(outcomes()).toEqual(['accept', 'reject']);
  expect(server.calls.at(-1)).toMatchObject({
    'if-none-match': '"1"',
    'if-modified-since': AN_HOUR_AGO,
  });
  expect(kept.keeper.swaps).toBe(1);
});

test('a copy that a cache on the way has kept is as old as it is', async () => {
  await open();
  server.play(sends(GOOD, { 'cache-control': 'public, max-age=86400', age: '259200' }));
  expect(await refresh()).toBe(true);
  expect(outcomes()).toEqual(['inconclusive', 'reject']);
  expect(status()).toMatchObject({ fetchedAt: AT - 3 * DAY_MS });
});

test.each<[string, Record<string, string>, number]>([
  ['nothing', {}, 3_600_000],
  ['max-age', { 'cache-control': 'public,max-age=7200' }, 7_200_000],
  ['max-age of a year', { 'cache-control': 'max-age=31536000' }, DAY_MS],
  ['max-age of nothing', { 'cache-control': 'max-age=0' }, 60_000],
  ['no-store', { 'cache-control': 'no-store, max-age=7200' }, 60_000],
  [
    'Expires',
    { date: new Date(AT).toUTCString(), expires: new Date(AT + 7_200_000).toUTCString() },
    7_200_000,
  ],
  [
    'nonsense',
    { 'cache-control': 'max-age=soon', age: '-5', 'last-modified': 'yesterday' },
    3_600_000,
  ],
])('how long an answer is good: %s', async (_, headers, refreshAfterMs) => {
  await open();
  server.play(sends(GOOD, headers));
  await refresh();
  expect(status()).toMatchObject({ fetchedAt: AT, refreshAfterMs });
});

test('one look at a time', async () => {
  await open();
  server.play((request, response) => setTimeout(() => sends(GOOD)(request, response), 50));
  await Promise.all([refresh(), refresh(), refresh()]);
  expect(server.calls).toHaveLength(1);
});

test('in the background: at once, again when due, and never after the end', async () => {
  await open({ bounds: { minMs: 20, maxMs: 20 }, retryMs: 10, clock: Date.now });
  server.play(sends(GOOD, FRESH));
  kept.keeper.start();
  await expect.poll(() => server.calls.length, { timeout: 10_000 }).toBeGreaterThan(2);
  server.play((_request, response) => response.writeHead(500).end());
  await expect.poll(() => status()?.failures.status ?? 0, { timeout: 10_000 }).toBeGreaterThan(1);
  await kept.keeper.close();
  // A request that was let go of may still be on its way.
  await new Promise((resolve) => setTimeout(resolve, 200));
  const { length } = server.calls;
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(server.calls).toHaveLength(length);
});

test('waits after failures double, up to a quarter of an hour', () => {
  const waits = [1, 2, 3, 4, 20, 2000].map((attempts) => backoff(attempts, 10_000, DAY_MS));
  expect(waits).toEqual([10_000, 20_000, 40_000, 80_000, 900_000, 900_000]);
  expect(backoff(5, 10_000, 60_000)).toBe(60_000);
});

test('several processes share the copies: what one stores, the others take up without asking', async () => {
  const folder = newFolder();
  await open({ store: new CopyStore(folder) });
  const fast = { bounds: { minMs: 20, maxMs: DAY_MS }, retryMs: 10 };
  const other = await keep(world, [simulatedSource(server.url)], {
    store: new CopyStore(folder),
    fetches: false,
    ...fast,
  });
  other.keeper.start();
  server.play(sends(GOOD, FRESH));
  await refresh();
  await expect.poll(() => other.keeper.snapshot.id).toBe(kept.keeper.snapshot.id);
  expect(server.calls).toHaveLength(1);
  server.play(sends(statusList([...SERIALS, 'abcdef']), { ...FRESH, etag: '"2"' }));
  await refresh();
  await expect.poll(() => other.keeper.snapshot.entryCount).toBe(101);
  expect(server.calls).toHaveLength(2);
  await other.keeper.close();
  const third = await keep(world, [simulatedSource(server.url)], { store: new CopyStore(folder) });
  expect(third.keeper.snapshot.id).toBe(kept.keeper.snapshot.id);
  await third.keeper.close();
});
