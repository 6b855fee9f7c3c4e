/** Single use over several processes and one real store: exactly once, or nobody knows. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { RedisMarks } from '../../src/challenge/redis-marks.ts';
import type { Report } from '../../src/core/report/index.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { JSON_TYPE } from '../support/service.ts';
import { refusalOf, type ServiceProcess, startProcess } from '../support/service-process.ts';
import { attest, makeWorldOfNow, type World } from '../support/world.ts';

let world: World;
const running: { kill: () => Promise<unknown> }[] = [];

beforeAll(async () => {
  world = await makeWorldOfNow('enigm-development', 'store');
});

afterEach(async () => {
  agent.destroy();
  for (const each of running.splice(0)) await each.kill();
});

const KEYS = JSON.stringify([randomBytes(32).toString('base64url')]);

async function redis(args: readonly string[] = [], port?: number): Promise<RedisServer> {
  const server = await startRedis(args, port);
  running.push(server);
  return server;
}

async function service(variables: Record<string, string>): Promise<ServiceProcess> {
  const started = await startProcess({
    ENIGM_ATTEST_CHALLENGE_KEYS: KEYS,
    ENIGM_ATTEST_STATE: mkdtempSync(path.join(tmpdir(), 'enigm-attest-state-')),
    ENIGM_ATTEST_MAX_QUEUE: '20000',
    ENIGM_ATTEST_DEADLINE_MS: '120000',
    ...variables,
  });
  running.push(started);
  return started;
}

async function sharing(store: RedisServer, count: number): Promise<ServiceProcess[]> {
  const variables = {
    ENIGM_ATTEST_CHALLENGE_STORE: store.url,
    ENIGM_ATTEST_PROCESSES: String(count),
  };
  return Promise.all(Array.from({ length: count }, () => service(variables)));
}

/**
 * So many requests at once to each process; the others wait for a connection. With many more, a process on a
 * busy machine may be held up for longer than a store may take to answer, and rightly says so.
 */
const AT_ONCE = 100;
const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });

async function post(place: string, body: string): Promise<{ status: number; answer: unknown }> {
  const sent = request(place, { method: 'POST', headers: JSON_TYPE, agent }).end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const answer = JSON.parse(Buffer.concat(await response.toArray()).toString()) as unknown;
  return { status: response.statusCode ?? 0, answer };
}

const issue = ({ url }: ServiceProcess) => post(`${url}/v1/challenges`, '{}');

/** A request with evidence that answers a challenge of this service. */
async function requestFor(issuer: ServiceProcess): Promise<string> {
  const { status, answer } = await issue(issuer);
  expect(status, JSON.stringify(answer)).toBe(200);
  const { challenge } = answer as { challenge: string };
  const bytes = new Uint8Array(Buffer.from(challenge, 'base64url'));
  const { chain } = attest(world, {}, { challenge: bytes });
  return JSON.stringify({
    chain: chain.map((der) => Buffer.from(der).toString('base64')),
    challenge,
    policy: 'enigm-development',
  });
}

async function use({ url }: ServiceProcess, request: string): Promise<string> {
  const { status, answer } = await post(`${url}/v1/verify`, request);
  expect(status, JSON.stringify(answer)).toBe(200);
  const { outcome, findings } = answer as Report;
  const decisive = findings.filter(
    ({ severity }) => severity === 'reject' || severity === 'inconclusive',
  );
  return [outcome, ...decisive.map(({ code }) => code)].join(' ');
}

/** How often each answer was given. */
function tally(answers: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const answer of answers) counts[answer] = (counts[answer] ?? 0) + 1;
  return counts;
}

const UNKNOWN = 'inconclusive CHALLENGE_MARK_UNAVAILABLE';
const REUSED = 'reject CHALLENGE_REUSED';
const LOST = 'inconclusive CHALLENGE_MARKS_LOST';

test('two processes, one store: of 10,000 concurrent uses of 1,000 challenges each succeeds once', async () => {
  const [one, two] = (await sharing(await redis(), 2)) as [ServiceProcess, ServiceProcess];
  const requests: string[] = [];
  for (let made = 0; made < 1000; made += 1) requests.push(await requestFor(made % 2 ? one : two));
  // Ten uses of each, at both processes, in an order of their own among those under way with them.
  const uses = requests.flatMap((request, index) =>
    Array.from({ length: 10 }, (_, use) => ({ request, index, by: use % 2 ? one : two })),
  );
  const shuffled = uses
    .map((each) => ({ each, at: Math.floor(each.index / (AT_ONCE / 5)) + Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ each }) => each);
  const answers = await Promise.all(
    shuffled.map(async ({ by, request, index }) => ({ index, answer: await use(by, request) })),
  );
  const ofEach = [...Map.groupBy(answers, ({ index }) => index).values()].map((of) =>
    tally(of.map(({ answer }) => answer)),
  );
  expect(ofEach).toHaveLength(1000);
  // Where the machine held somebody up nobody knows, of that use: it may have been the first.
  const known = ofEach.filter((of) => of[UNKNOWN] === undefined);
  expect(tally(known.map((of) => JSON.stringify(Object.entries(of).sort())))).toEqual({
    [JSON.stringify([
      ['accept', 1],
      [REUSED, 9],
    ])]: known.length,
  });
  expect(ofEach.filter((of) => (of['accept'] ?? 0) > 1)).toEqual([]);
  expect(known.length).toBeGreaterThan(500);
});

test('the store dies midway: inconclusive, never used again; and after it comes back empty as well', async () => {
  const store = await redis();
  const [one, two] = (await sharing(store, 2)) as [ServiceProcess, ServiceProcess];
  const requests = await Promise.all(Array.from({ length: 100 }, () => requestFor(one)));
  const used = requests.slice(0, 50);
  const unused = requests.slice(50);
  expect(tally(await Promise.all(used.map((request) => use(one, request))))).toEqual({
    accept: 50,
  });
  await store.kill();
  const meanwhile = await Promise.all(requests.map((request) => use(two, request)));
  expect(tally(meanwhile)).toEqual({ [UNKNOWN]: 100 });
  await expect.poll(async () => (await issue(one)).status, { timeout: 5000 }).toBe(503);
  // A server on the same port, that knows of nothing.
  await redis([], store.port);
  for (const each of [one, two]) {
    await expect.poll(async () => (await issue(each)).status, { timeout: 10_000 }).toBe(200);
  }
  const after = await Promise.all([...used, ...unused].map((request) => use(two, request)));
  expect(tally(after)).toEqual({ [LOST]: 100 });
  const fresh = await requestFor(two);
  expect([await use(one, fresh), await use(two, fresh)]).toEqual(['accept', REUSED]);
});

test('the store is emptied under a running service: what was issued before is refused', async () => {
  const store = await redis();
  const [one] = (await sharing(store, 1)) as [ServiceProcess];
  const sent = await requestFor(one);
  expect(await use(one, sent)).toBe('accept');
  const client = new Redis(store.url);
  await client.flushall();
  client.disconnect();
  expect(await use(one, sent)).toBe(LOST);
});

test('a flood fills the store: it takes and issues no more, and forgets none', async () => {
  const store = await redis(['--maxmemory', '4mb', '--maxmemory-policy', 'noeviction']);
  const problems: (string | null)[] = [];
  const marks = new RedisMarks({
    url: store.url,
    clock: Date.now,
    onChange: (problem) => problems.push(problem),
  });
  expect(await marks.open()).toBeNull();
  const claim = (id: string) => ({ id, issuedAt: Date.now(), expiresAt: Date.now() + 300_000 });
  const first = Array.from({ length: 500 }, (_, index) => claim(`kept ${index}`));
  expect(tally(await Promise.all(first.map((each) => marks.take(each))))).toEqual({ taken: 500 });
  let refused = 0;
  for (let made = 0; refused === 0 && made < 200; made += 1) {
    const flood = Array.from({ length: 1000 }, (_, index) => claim(`flood ${made} ${index}`));
    const taken = await Promise.all(flood.map((each) => marks.take(each)));
    refused = taken.filter((each) => each === 'unavailable').length;
  }
  expect(refused).toBeGreaterThan(0);
  expect(marks.whyNotIssuing()).toMatch(/full/);
  expect(problems.at(-1)).toMatch(/full/);
  // None of the first may count as new: it is known to be used, or nobody can say.
  const again = tally(await Promise.all(first.map((each) => marks.take(each))));
  expect(again['taken'] ?? 0).toBe(0);
  const client = new Redis(store.url);
  expect(await client.exists(...first.map(({ id }) => `enigm-attest:challenge:used:${id}`))).toBe(
    500,
  );
  client.disconnect();
  await marks.close();
});

describe('refuses to start with exit code 78', () => {
  const shared = { ENIGM_ATTEST_CHALLENGE_KEYS: KEYS };

  test('a store that may evict marks', async () => {
    const store = await redis(['--maxmemory', '64mb', '--maxmemory-policy', 'volatile-lru']);
    const { code, said } = await refusalOf({ ...shared, ENIGM_ATTEST_CHALLENGE_STORE: store.url });
    expect([code, said]).toEqual([78, expect.stringMatching(/maxmemory-policy volatile-lru/)]);
  });

  test('several processes without a store they share', async () => {
    const { code, said } = await refusalOf({ ...shared, ENIGM_ATTEST_PROCESSES: '2' });
    expect([code, said]).toEqual([78, expect.stringMatching(/setting processes/)]);
  });

  test('a second process with the same keys; not after the first was killed', async () => {
    const state = mkdtempSync(path.join(tmpdir(), 'enigm-attest-state-'));
    const variables = { ENIGM_ATTEST_STATE: state };
    const first = await service(variables);
    const { code, said } = await refusalOf({ ...shared, ...variables });
    expect([code, said]).toEqual([78, expect.stringMatching(/another process/)]);
    const sent = await requestFor(first);
    expect(await use(first, sent)).toBe('accept');
    await first.kill();
    const second = await service(variables);
    // Its predecessor's marks are gone, so its predecessor's challenges are as well.
    expect(await use(second, sent)).toBe(LOST);
    const fresh = await requestFor(second);
    expect(await use(second, fresh)).toBe('accept');
    expect(await second.stop()).toBe(0);
  });
});

test('a service that cannot listen ends, though its store is there', async () => {
  const store = await redis();
  const { code, said } = await refusalOf({
    ENIGM_ATTEST_CHALLENGE_KEYS: KEYS,
    ENIGM_ATTEST_CHALLENGE_STORE: store.url,
    ENIGM_ATTEST_PORT: String(store.port),
  });
  expect([code, said]).toEqual([70, expect.stringContaining('EADDRINUSE')]);
});

test('keys rotate without invalidating what is outstanding', async () => {
  const [older, newer] = [randomBytes(32), randomBytes(32)].map((key) => key.toString('base64url'));
  const store = await redis();
  const variables = (keys: unknown[]) => ({
    ENIGM_ATTEST_CHALLENGE_STORE: store.url,
    ENIGM_ATTEST_CHALLENGE_KEYS: JSON.stringify(keys),
  });
  const before = await service(variables([older]));
  const requests = [await requestFor(before), await requestFor(before)] as const;
  expect(await use(before, requests[0])).toBe('accept');
  const after = await service(variables([newer, older]));
  expect(await use(after, requests[0])).toBe(REUSED);
  expect(await use(after, requests[1])).toBe('accept');
  const without = await service(variables([newer]));
  expect(await use(without, requests[1])).toBe('reject CHALLENGE_FOREIGN');
});
