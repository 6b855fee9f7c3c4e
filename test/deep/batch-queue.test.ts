/** Many machines on a real Redis: workers that die, a server that restarts, the same bytes all the same. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { newFolder } from '../support/terminal.ts';

const CLI = path.resolve('src/cli/bin.ts');
const folder = newFolder();
const file = (name: string): string => path.join(folder, name);
const env = {
  ...process.env,
  ENIGM_ATTEST_ENVIRONMENT: 'development',
  ENIGM_ATTEST_STATE: file('state'),
};
/** Into how many shards of 200,000 octets the input is cut, at the least. */
const SHARDS = 30;
const running = new Set<ChildProcess>();
const workers: ChildProcess[] = [];
let redis: RedisServer;

function start(command: string, args: readonly string[]): ChildProcess {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** A server that keeps what it was told, also through a crash. */
function startQueue(port?: number): Promise<RedisServer> {
  mkdirSync(file('redis'), { recursive: true });
  const keeps = ['--dir', file('redis'), '--appendonly', 'yes', '--appendfsync', 'always'];
  return startRedis(keeps, port);
}

/** Resolves once a process has said a word; rejects when it ends without. */
function hears(child: ChildProcess, word: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const listen = (chunk: unknown): void => {
      said += String(chunk);
      if (said.includes(word)) resolve();
    };
    child.stdout?.on('data', listen);
    child.stderr?.on('data', listen);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${said}`)));
  });
}

/** Resolves once it takes shards. */
async function startWorker(): Promise<ChildProcess> {
  const worker = start(process.execPath, [CLI, 'worker', '--queue', redis.url, '--workers', '1']);
  workers.push(worker);
  await hears(worker, 'takes shards');
  return worker;
}

/** Ends it at once, as a crash would. */
async function crash(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await ended(child);
}

/** Shards of a run that have a result. */
function shardsDone(run: string): number {
  const folder = path.join(file(`${run}.run`), 'shards');
  if (!existsSync(folder)) return 0;
  return readdirSync(folder).filter((name) => name.endsWith('.json')).length;
}

/** Waits until so many shards are done. */
async function done(run: string, shards: number): Promise<void> {
  await expect
    .poll(() => shardsDone(run), { timeout: 120_000, interval: 5 })
    .toBeGreaterThanOrEqual(shards);
}

function ended(child: ChildProcess): Promise<number | null> {
  return child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve(child.exitCode)
    : new Promise((resolve) => child.once('exit', (code) => resolve(code)));
}

const POLICY = ['--policy', 'enigm-development'];

beforeAll(async () => {
  redis = await startQueue();
  const made = ['--count', '2000', '--bad', '0.1', '--out', file('in.ndjson')];
  expect(spawnSync(process.execPath, [CLI, 'simulate', ...made], { env }).status).toBe(0);
  const here = ['reverify', '--in', file('in.ndjson'), '--out', file('here'), ...POLICY];
  expect(spawnSync(process.execPath, [CLI, ...here], { env }).status).toBe(1);
}, 300_000);

afterAll(async () => {
  const children = [...running];
  for (const child of children) child.kill('SIGKILL');
  await Promise.all([...children.map(ended), redis.kill()]);
});

test('workers come, two are killed, the server restarted: nothing lost, nothing doubled', async () => {
  const coordinator = start(process.execPath, [
    ...[CLI, 'reverify', '--in', file('in.ndjson'), '--out', file('queued'), ...POLICY],
    ...['--queue', redis.url, '--shard-bytes', '200000'],
  ]);
  // One at a time, each until it has done a shard: what is left is most of the run, however fast they are.
  const first = await startWorker();
  await done('queued', 1);
  await crash(first);
  const second = await startWorker();
  await done('queued', shardsDone('queued') + 1);
  await redis.kill();
  await crash(second);
  expect(shardsDone('queued')).toBeLessThan(SHARDS);
  redis = await startQueue(redis.port);
  await Promise.all([startWorker(), startWorker()]);
  const status = spawnSync(
    process.execPath,
    [CLI, 'reverify', '--queue', redis.url, '--status', '--format', 'json'],
    { env, encoding: 'utf8' },
  );
  expect(status.stderr).toBe('');
  expect(JSON.parse(status.stdout)).toHaveProperty('shards.failed', 0);
  expect(await ended(coordinator)).toBe(1);
  expect(readFileSync(file('queued')).equals(readFileSync(file('here')))).toBe(true);
});

test('a shard that cannot be judged is set aside with its reason, every record answered', async () => {
  writeFileSync(file('gone.ndjson'), readFileSync(file('in.ndjson')));
  // Nobody may have judged the shard before it is changed.
  for (const worker of workers) await crash(worker);
  const coordinator = start(process.execPath, [
    ...[CLI, 'reverify', '--in', file('gone.ndjson'), '--out', file('poisoned'), ...POLICY],
    ...['--queue', redis.url, '--shard-bytes', '8000000', '--format', 'json'],
  ]);
  // Changed after it was cut into shards: no worker may judge it.
  const context = file('poisoned.run/shards.json');
  await expect.poll(() => existsSync(context), { timeout: 120_000 }).toBe(true);
  const shards = JSON.parse(readFileSync(context, 'utf8'));
  writeFileSync(
    context,
    JSON.stringify(
      shards.map((shard: { number: number; input: object }) =>
        shard.number === 0 ? { ...shard, input: { ...shard.input, size: 1 } } : shard,
      ),
    ),
  );
  await startWorker();
  expect(await ended(coordinator)).toBe(65);
  const results = readFileSync(file('poisoned'), 'utf8').trim().split('\n');
  expect(results).toHaveLength(2000);
  expect(JSON.parse(results[0] as string)).toMatchObject({
    line: 1,
    error: { code: 'SHARD_FAILED', text: expect.stringContaining('has changed') },
  });
  const [poison] = JSON.parse(readFileSync(file('poisoned.poison.json'), 'utf8'));
  expect(poison).toMatchObject({ attempts: 4, reason: expect.stringContaining('has changed') });
});

test('a server that asks for another password is refused at once, by every command', async () => {
  const guarded = await startRedis(['--requirepass', 'secret']);
  const commands = [
    ['worker', '--queue', guarded.url.replace('//', '//:wrong@')],
    ['reverify', '--status', '--queue', guarded.url],
    [
      ...['reverify', '--in', file('in.ndjson'), '--out', file('refused'), ...POLICY],
      ...['--queue', guarded.url.replace('//', '//:wrong@')],
    ],
  ];
  for (const args of commands) {
    const { status, stderr } = spawnSync(process.execPath, [CLI, ...args], {
      env,
      encoding: 'utf8',
    });
    expect(status, args[0]).toBe(78);
    expect(stderr).toMatch(
      /--queue: the server at 127\.0\.0\.1:\d+ refuses us: (WRONGPASS|NOAUTH)/,
    );
    expect(stderr).not.toContain('wrong@');
  }
  await guarded.kill();
  const gone = spawnSync(process.execPath, [CLI, 'reverify', '--status', '--queue', guarded.url], {
    env,
    encoding: 'utf8',
  });
  expect([gone.status, gone.stderr]).toEqual([
    78,
    expect.stringContaining('no server answers at 127.0.0.1'),
  ]);
});
