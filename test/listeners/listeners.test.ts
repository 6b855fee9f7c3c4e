/** Several threads on one port are one service: nothing that there is one of is there once for each thread. */
import { mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { type Policy, preparePolicy } from '../../src/core/policy/index.ts';
import type { Report } from '../../src/core/report/index.ts';
import { loadBundledLists } from '../../src/sources/bundled-lists.ts';
import { ROOTS } from '../../src/sources/package-root.ts';
import { type ListServer, openListServer, sends, statusList } from '../support/list-server.ts';
import { openListeners } from '../support/listeners.ts';
import { JSON_TYPE, post, type RunningService, serve } from '../support/service.ts';
import { attest, makeWorldOfNow, policyNamed } from '../support/world.ts';

const world = await makeWorldOfNow('enigm-development', 'listeners');
const folder = mkdtempSync(path.join(tmpdir(), 'enigm-attest-listeners-'));
const SERIALS = loadBundledLists(ROOTS)
  .filter(({ feed }) => feed === 'google-status')
  .flatMap(({ entries }) => entries.map(({ serial }) => serial));

/** Each on a connection of its own: the kernel gives them to all listeners. */
const APART = { ...JSON_TYPE, connection: 'close' };
/** Were one of two listeners not among so many, chance would have to be 2^-39 against it. */
const MANY = 40;

function version(number: string, curves: readonly string[]): Policy {
  const base = policyNamed('enigm-development');
  const keySize = { severity: 'reject', curves, minimumRsaBits: 2048 } as const;
  return { ...base, id: 'rollout', version: number, rules: { ...base.rules, keySize } };
}

function write(file: string, policy: Policy): void {
  writeFileSync(`${file}.new`, JSON.stringify(policy));
  renameSync(`${file}.new`, file);
}

const toBase64 = (chain: readonly Uint8Array[]) =>
  chain.map((der) => Buffer.from(der).toString('base64'));

let lists: ListServer;
let service: RunningService;
const policyFile = path.join(folder, 'rollout.json');
const auditFolder = mkdtempSync(path.join(tmpdir(), 'enigm-attest-listeners-'));

beforeAll(async () => {
  lists = await openListServer();
  lists.play(sends(statusList(SERIALS)));
  write(policyFile, version('1', ['P_256']));
  service = await serve({
    listeners: 2,
    policies: folder,
    reloadSeconds: 1,
    audit: auditFolder,
    revocationSources: [
      {
        kind: 'status-list',
        id: 'google-status',
        feed: 'google-status',
        anchors: ['google-rsa', 'google-ec', 'enigm-development'],
        url: lists.url,
      },
    ],
    revocationFetch: true,
    revocationMinRefreshSeconds: 0.05,
    revocationMaxRefreshSeconds: 0.05,
    rootWatchUrl: '',
  });
});

afterAll(async () => {
  await service.close();
  await lists.close();
});

async function verifyMany(body: string): Promise<readonly Report[]> {
  const answers = await Promise.all(
    Array.from({ length: MANY }, () => post(`${service.url}/v1/verify`, body, APART)),
  );
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: MANY }, () => 200));
  return answers.map(({ answer }) => answer as unknown as Report);
}

/** Sends a body `count` times in one write to one connection, and splits what comes back. */
async function pipeline(url: string, body: string, count: number): Promise<readonly string[]> {
  const { hostname, port } = new URL(url);
  const head = (connection: string) =>
    `POST /v1/verify HTTP/1.1\r\nhost: a\r\nconnection: ${connection}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
  const socket = connect(Number(port), hostname);
  socket.write(
    Array.from(
      { length: count },
      (_, index) => head(index === count - 1 ? 'close' : 'keep-alive') + body,
    ).join(''),
  );
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text.split(/(?=HTTP\/1\.1 \d)/);
}

async function figures(): Promise<string> {
  return (await fetch(`${service.url}/metrics`, { headers: { connection: 'close' } })).text();
}

test('figures are sums over all listeners, whichever is asked, and the trail has every decision', async () => {
  const body = JSON.stringify({ chain: toBase64(attest(world).chain), policy: 'inspect' });
  await verifyMany(body);
  const line = 'enigm_attest_http_requests_total{route="/v1/verify",status="200"}';
  for (let asked = 0; asked < 4; asked += 1) expect(await figures()).toContain(`${line} ${MANY}\n`);
  expect(await figures()).toMatch(
    new RegExp(`enigm_attest_verification_seconds_count\\{outcome="\\w+"\\} ${MANY}\n`),
  );
  expect(await figures()).toContain('enigm_attest_pool_workers 2\n');
  const ready = await (await fetch(`${service.url}/health/ready`)).json();
  expect(ready).toMatchObject({ workers: 2, queue: 0 });
  const recorded = () => readTrail().filter(({ kind }) => kind === 'decision');
  await expect.poll(() => recorded().length).toBe(MANY);
});

function readTrail(): readonly Record<string, unknown>[] {
  const text = readFileSync(path.join(auditFolder, 'trail.ndjson'), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

test('a challenge is used once, whichever listeners are shown it', async () => {
  const issued = await post(`${service.url}/v1/challenges`, '{}', APART);
  const challenge = new Uint8Array(Buffer.from(String(issued.answer['challenge']), 'base64url'));
  const { chain } = attest(world, {}, { challenge });
  const policy = 'enigm-development';
  const body = JSON.stringify({
    chain: toBase64(chain),
    challenge: issued.answer['challenge'],
    policy,
  });
  const reports = await verifyMany(body);
  expect(reports.filter(({ outcome }) => outcome === 'accept')).toHaveLength(1);
  const others = reports.filter(({ outcome }) => outcome !== 'accept');
  for (const { outcome, findings } of others) {
    expect(outcome).toBe('reject');
    expect(findings.map(({ code }) => code)).toContain('CHALLENGE_REUSED');
  }
});

test('a result is signed with the one key', async () => {
  const { chain, challenge } = attest(world);
  const body = JSON.stringify({
    chain: toBase64(chain),
    challenge: Buffer.from(challenge).toString('base64url'),
    policy: 'enigm-development',
    result: 'token',
  });
  const tokens = (await verifyMany(body)).map(
    (each) => (each as unknown as { token: string }).token,
  );
  const jwks = await fetch(`${service.url}/.well-known/jwks.json`);
  const { keys } = (await jwks.json()) as { keys: { kid: string }[] };
  const kids = tokens.map((token) => {
    const [header = ''] = token.split('.');
    return JSON.parse(Buffer.from(header, 'base64url').toString('utf8')).kid;
  });
  expect(new Set(kids)).toEqual(new Set([keys[0]?.kid]));
});

test('another policy is in force in every listener', async () => {
  const body = JSON.stringify({ chain: toBase64(attest(world).chain), policy: 'rollout' });
  const before = await verifyMany(body);
  const next = version('2', ['P_384']);
  write(policyFile, next);
  await expect
    .poll(() => service.log.some(({ msg }) => msg === 'new trust is in force'))
    .toBe(true);
  const digests = (reports: readonly Report[]) => [
    ...new Set(reports.map((each) => each.policy.digest)),
  ];
  expect(digests(before)).toEqual([preparePolicy(version('1', ['P_256'])).digest]);
  expect(digests(await verifyMany(body))).toEqual([preparePolicy(next).digest]);
});

test('another revocation list is in force in every listener', async () => {
  const body = JSON.stringify({ chain: toBase64(attest(world).chain), policy: 'inspect' });
  const known = async (): Promise<string> => {
    const said = await (await fetch(`${service.url}/v1/revocation`)).json();
    return (said as { snapshot: { id: string } }).snapshot.id;
  };
  const before = await known();
  lists.play(sends(statusList([...SERIALS, 'abcdef0123'])));
  await expect.poll(known).not.toBe(before);
  const after = await known();
  const used = (await verifyMany(body)).map(({ revocation }) => revocation.snapshot?.id);
  expect([...new Set(used)]).toEqual([after]);
});

test('batches are judged, and no longer than others are answered', async () => {
  const line = JSON.stringify({ id: 'a', chain: toBase64(attest(world).chain), policy: 'inspect' });
  const response = await fetch(`${service.url}/v1/batch`, {
    method: 'POST',
    body: `${Array.from({ length: 200 }, () => line).join('\n')}\n`,
    headers: { 'content-type': 'application/x-ndjson' },
  });
  const results = (await response.text()).trim().split('\n');
  expect(results).toHaveLength(200);
  expect(new Set(results.map((each) => JSON.parse(each).outcome)).size).toBe(1);
});

describe('a service of its own', () => {
  test('more than may wait are refused at once, the others are answered', async () => {
    const small = await serve({ listeners: 2, maxQueue: 2 });
    const body = JSON.stringify({ chain: toBase64(attest(world).chain), policy: 'inspect' });
    // What comes in one packet of one connection waits together, however fast the listener is.
    const answers = await pipeline(small.url, body, 10);
    await small.close();
    expect(answers).toHaveLength(10);
    const [first, ...others] = answers;
    expect(first).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    const refused = others.filter((answer) => answer.startsWith('HTTP/1.1 503 '));
    expect(refused.length).toBeGreaterThan(0);
    for (const answer of refused) {
      expect(answer).toContain('"code":"SERVICE_BUSY"');
      expect(answer).toContain('\r\nretry-after: 1\r\n');
    }
    const answered = answers.filter((answer) => answer.startsWith('HTTP/1.1 200 '));
    expect(answered.length + refused.length).toBe(answers.length);
  });

  test('what has begun to arrive is answered when it stops', async () => {
    const stopping = await serve({ listeners: 2 });
    const body = JSON.stringify({ chain: toBase64(attest(world).chain), policy: 'inspect' });
    const { hostname, port } = new URL(stopping.url);
    const socket = connect(Number(port), hostname);
    let answer = '';
    const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('data', (chunk) => {
      answer += String(chunk);
    });
    const head = `POST /v1/verify HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nexpect: 100-continue\r\n\r\n`;
    socket.write(head);
    await expect.poll(() => answer).toContain('100 Continue');
    const closed = stopping.close();
    socket.write(body);
    await ended;
    await closed;
    expect(answer).toContain('HTTP/1.1 200 OK');
    expect(answer).toContain('"outcome"');
    await expect(fetch(`${stopping.url}/health/live`)).rejects.toThrow('fetch failed');
  });

  test('a port that another service has is refused, though it could be shared', async () => {
    const port = Number(new URL(service.url).port);
    await expect(serve({ listeners: 2, port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  test('one that dies is replaced, and the others answer meanwhile', async () => {
    const dying = await openListeners(world, path.resolve('test/support/failing-listener.ts'));
    const alive = async (): Promise<number> =>
      (await fetch(`${dying.url}/health/live`, { headers: { connection: 'close' } })).status;
    expect(await alive()).toBe(200);
    writeFileSync(path.join(dying.state, 'end'), '');
    await expect.poll(() => dying.deaths.length).toBe(1);
    await expect.poll(() => dying.listeners.up).toBe(2);
    for (let asked = 0; asked < MANY; asked += 1) expect(await alive()).toBe(200);
    await dying.listeners.close();
  });
});

test('rates that would count for each listener alone are refused at start', () => {
  const load = (listeners: number) => () => loadConfig({ listeners, requestsPerMinute: 60 }, {});
  expect(load(2)).toThrow('setting requestsPerMinute: 2 listeners would each');
  expect(load(1)).not.toThrow();
  expect(load(0)).not.toThrow();
});
