/** Many machines on a real Redis: workers that die, a server that restarts, the same bytes all the same. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newFolder } from '../support/terminal.ts';

const CLI = path.resolve('src/cli/bin.ts');
const folder = newFolder();
const file = (name: string): string => path.join(folder, name);
const env = {
  ...process.env,
  ENIGM_ATTEST_ENVIRONMENT: 'development',
  ENIGM_ATTEST_STATE: file('state'),
};
const running = new Set<ChildProcess>();
let port = 0;
let redis: ChildProcess;

const url = (): string => `redis://127.0.0.1:${port}`;

function start(command: string, args: readonly string[]): ChildProcess {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

function startRedis(): ChildProcess {
  mkdirSync(file('redis'), { recursive: true });
  return start('redis-server', [
    ...['--port', String(port), '--bind', '127.0.0.1', '--dir', file('redis')],
    ...['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''],
  ]);
}

function startWorker(): ChildProcess {
  return start(process.execPath, [CLI, 'worker', '--queue', url(), '--workers', '1']);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port: free } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return free;
}

function ended(child: ChildProcess): Promise<number | null> {
  return child.exitCode !== null
    ? Promise.resolve(child.exitCode)
    : new Promise((resolve) => child.once('exit', (code) => resolve(code)));
}

const POLICY = ['--policy', 'enigm-development'];

beforeAll(async () => {
  port = await freePort();
  redis = startRedis();
  const made = ['--count', '2000', '--bad', '0.1', '--out', file('in.ndjson')];
  expect(spawnSync(process.execPath, [CLI, 'simulate', ...made], { env }).status).toBe(0);
  const here = ['reverify', '--in', file('in.ndjson'), '--out', file('here'), ...POLICY];
  expect(spawnSync(process.execPath, [CLI, ...here], { env }).status).toBe(1);
}, 300_000);

afterAll(async () => {
  const children = [...running];
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(children.map(ended));
});

test('three workers, two killed, the server restarted: nothing lost, nothing doubled', async () => {
  const workers = [startWorker(), startWorker(), startWorker()];
  const coordinator = start(process.execPath, [
    ...[CLI, 'reverify', '--in', file('in.ndjson'), '--out', file('queued'), ...POLICY],
    ...['--queue', url(), '--shard-bytes', '200000'],
  ]);
  await sleep(2500 + Math.random() * 1500);
  workers[0]?.kill('SIGKILL');
  await sleep(Math.random() * 1500);
  redis.kill('SIGTERM');
  await ended(redis);
  redis = startRedis();
  await sleep(Math.random() * 1500);
  workers[1]?.kill('SIGKILL');
  startWorker();
  const status = spawnSync(
    process.execPath,
    [CLI, 'reverify', '--queue', url(), '--status', '--format', 'json'],
    { env, encoding: 'utf8' },
  );
  expect(JSON.parse(status.stdout)).toHaveProperty('shards.failed', 0);
  expect(await ended(coordinator)).toBe(1);
  expect(readFileSync(file('queued')).equals(readFileSync(file('here')))).toBe(true);
});

test('a shard that cannot be judged is set aside with its reason, every record answered', async () => {
  writeFileSync(file('gone.ndjson'), readFileSync(file('in.ndjson')));
  const coordinator = start(process.execPath, [
    ...[CLI, 'reverify', '--in', file('gone.ndjson'), '--out', file('poisoned'), ...POLICY],
    ...['--queue', url(), '--shard-bytes', '8000000', '--format', 'json'],
  ]);
  // Changed after it was cut into shards: no worker may judge it.
  const context = file('poisoned.run/shards.json');
  await expect.poll(() => spawnSync('test', ['-s', context]).status, { timeout: 20_000 }).toBe(0);
  const shards = JSON.parse(readFileSync(context, 'utf8'));
  writeFileSync(
    context,
    JSON.stringify(
      shards.map((shard: { number: number; input: object }) =>
        shard.number === 0 ? { ...shard, input: { ...shard.input, size: 1 } } : shard,
      ),
    ),
  );
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
