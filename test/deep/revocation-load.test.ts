/** A million entries, and a hundred swaps under load: nobody waits, nobody sees half a list. */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { compileSnapshot, parseStatusList } from '../../src/core/revocation/index.ts';
import { BuildThread } from '../../src/sources/revocation/build-off-thread.ts';
import type { KeeperOptions } from '../../src/sources/revocation/keeper.ts';
import { keep, simulatedSource } from '../support/keeper.ts';
import { openListServer, sends, someSerials, statusList } from '../support/list-server.ts';
import { post, type RunningService, serve } from '../support/service.ts';
import { attest, makeWorld, makeWorldOfNow } from '../support/world.ts';

const SENTINEL = '6681152659205225093';
let service: RunningService | undefined;

afterEach(async () => {
  await service?.close();
  service = undefined;
});

test('a million entries: refused at the default size, taken with a larger one, off this thread', async () => {
  const world = await makeWorld('google-like');
  const server = await openListServer();
  const serials = Array.from({ length: 999_999 }, (_, index) =>
    createHash('sha256').update(`${index}`).digest('hex').slice(0, 32).replace(/^0+/, ''),
  );
  const list = statusList([SENTINEL, ...serials]);
  server.play(sends(list));
  const thread = new BuildThread();
  /** Turns of this thread's event loop while a list was read and compiled. */
  let turns = 0;
  const build: KeeperOptions['build'] = async (job) => {
    let isBuilding = true;
    const turn = (): void => {
      turns += 1;
      if (isBuilding) setTimeout(turn, 1);
    };
    setTimeout(turn, 1);
    try {
      return await thread.build(job);
    } finally {
      isBuilding = false;
    }
  };
  const limits = { timeoutMs: 60_000, build };
  const refusing = await keep(world, [simulatedSource(server.url)], {
    ...limits,
    maxBytes: 8_388_608,
  });
  expect(await refusing.keeper.refresh('simulated-status')).toBe(false);
  expect(refusing.keeper.statuses[0]?.failing).toMatchObject({ failure: 'too-large' });
  await refusing.keeper.close();

  const taking = await keep(world, [simulatedSource(server.url)], {
    ...limits,
    maxBytes: 200_000_000,
  });
  turns = 0;
  let longest = 0;
  let last = performance.now();
  const ticks = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 1);
  expect(await taking.keeper.refresh('simulated-status')).toBe(true);
  clearInterval(ticks);
  expect(taking.keeper.snapshot.entryCount).toBe(1_000_000);
  await taking.keeper.close();
  await thread.end();
  await server.close();

  const started = performance.now();
  const entries = parseStatusList(list);
  compileSnapshot([
    { id: 'x', feed: 'x', anchors: 'all', fetchedAt: 0, refreshAfterMs: 0, entries },
  ]);
  const here = performance.now() - started;
  console.log(
    `reading and compiling 1,000,000 entries on this thread: ${Math.round(here)} ms; longest pause while another did it: ${Math.round(longest)} ms, in ${turns} turns`,
  );
  // Done on this thread it would be one turn, or two: the machine may be busy, but not for all of them.
  expect(turns).toBeGreaterThan(20);
});

test('16 callers, 100 swaps: whole lists only, snapshots that existed, no request fails', async () => {
  const world = await makeWorldOfNow('enigm-development', 'swaps');
  const evidence = attest(world);
  const chain = evidence.chain.map((der) => Buffer.from(der).toString('base64'));
  const body = JSON.stringify({ chain, policy: 'enigm-development' });
  /** Every list is another one; every second one revokes two certificates of the chain, or neither. */
  let listed: readonly string[] = [];
  let generation = 0;
  let isSwapping = false;
  const lists = createServer((_request, response) => {
    if (!isSwapping) {
      response.writeHead(503).end();
      return;
    }
    generation += 1;
    const ours = generation % 2 === 0 ? listed : [];
    response.end(statusList([...someSerials(2000), `fff${generation.toString(16)}`, ...ours]));
  });
  await new Promise<void>((resolve) => lists.listen(0, '127.0.0.1', resolve));
  const { port } = lists.address() as AddressInfo;
  service = await serve({
    logLevel: 'info',
    revocationSources: [
      {
        kind: 'status-list',
        id: 'swapping',
        feed: 'enigm-development-status',
        anchors: ['enigm-development'],
        url: `http://127.0.0.1:${port}/`,
      },
    ],
    revocationFetch: true,
    revocationMinRefreshSeconds: 0.01,
    revocationMaxRefreshSeconds: 0.01,
    revocationRetrySeconds: 0.01,
    rootWatchUrl: '',
  });
  const url = `${service.url}/v1/verify`;
  const { log } = service;
  const snapshotsSeen = () => new Set(log.flatMap(({ snapshot }) => (snapshot as string) ?? []));
  const initial = (await (await fetch(`${service.url}/v1/revocation`)).json()) as never as {
    snapshot: { id: string };
  };
  const first = (await post(url, body)).answer as never as {
    chain: { certificates: { serial: string }[] };
  };
  listed = [1, 2].map((index) => first.chain.certificates[index]?.serial as string);

  const milliseconds: { without: number[]; with: number[] } = { without: [], with: [] };
  const reports: { id: string; revoked: number; outcome: string }[] = [];
  let isDone = false;
  const call = async () => {
    while (!isDone) {
      const times = isSwapping ? milliseconds.with : milliseconds.without;
      const started = performance.now();
      const { status, answer } = await post(url, body);
      times.push(performance.now() - started);
      expect(status).toBe(200);
      const findings = answer['findings'] as { code: string }[];
      reports.push({
        id: (answer['revocation'] as { snapshot: { id: string } }).snapshot.id,
        revoked: findings.filter(({ code }) => code === 'CERTIFICATE_REVOKED').length,
        outcome: answer['outcome'] as string,
      });
    }
  };
  const callers = Promise.all(Array.from({ length: 16 }, call));
  const patience = { timeout: 120_000, interval: 50 };
  await expect.poll(() => reports.length, patience).toBeGreaterThan(3000);
  isSwapping = true;
  await expect.poll(() => snapshotsSeen().size, patience).toBeGreaterThan(100);
  await expect.poll(() => new Set(reports.map(({ id }) => id)).size, patience).toBeGreaterThan(50);
  isDone = true;
  await callers;
  lists.closeAllConnections();
  lists.close();

  // The line that names a snapshot is written when it is in force already.
  const unheardOf = () => {
    const existed = new Set([initial.snapshot.id, ...snapshotsSeen()]);
    return reports.filter(({ id }) => !existed.has(id));
  };
  await expect.poll(unheardOf, patience).toEqual([]);
  expect(new Set(reports.map(({ revoked, outcome }) => `${revoked} ${outcome}`))).toEqual(
    new Set(['0 accept', '2 reject']),
  );
  const perSnapshot = Map.groupBy(reports, ({ id }) => id);
  for (const [id, of] of perSnapshot)
    expect(new Set(of.map(({ revoked }) => revoked)).size, id).toBe(1);
  const p99 = (times: number[]) =>
    times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0;
  const [quiet, swapping] = [p99(milliseconds.without), p99(milliseconds.with)];
  console.log(
    `${reports.length} reports on ${perSnapshot.size} snapshots; p99 ${quiet.toFixed(1)} ms without and ${swapping.toFixed(1)} ms with swaps: ${(swapping / quiet).toFixed(2)}`,
  );
});
