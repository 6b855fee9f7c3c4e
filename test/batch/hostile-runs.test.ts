/** Two processes on one run, a run resumed as another, inputs that change or end in something else. */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { readBlocks } from '../../src/batch/blocks.ts';
import { findInputs, openInput, STDIN } from '../../src/batch/inputs.ts';
import { lockRun } from '../../src/batch/run-lock.ts';
import { attest, newFolder } from '../support/terminal.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
let made = '';

beforeAll(async () => {
  vi.stubEnv('ENIGM_ATTEST_ENVIRONMENT', 'development');
  vi.stubEnv('ENIGM_ATTEST_STATE', newFolder());
  made = (await attest(['simulate', '--count', '20', '--bad', '0.5', '--format', 'ndjson'], {}))
    .out;
});

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function reverify(folder: string, ...args: readonly string[]) {
  const fixed = ['--in', 'in.ndjson', '--out', 'o', '--workers', '1'];
  return attest(['reverify', ...fixed, ...args], { folder });
}

function newRun(): string {
  const folder = newFolder();
  writeFileSync(path.join(folder, 'in.ndjson'), made);
  return folder;
}

const locksIn = (folder: string): string[] =>
  readdirSync(folder).filter((name) => name.startsWith('.o.lock.'));

describe('one process for one run', () => {
  test('a second one is refused and told who holds it, and leaves the first alone', async () => {
    const folder = newRun();
    const release = await lockRun(path.join(folder, 'o'), NOW);
    for (const more of [[], ['--resume']]) {
      const second = await reverify(folder, ...more);
      expect(second.exitCode).toBe(64);
      expect(second.err).toContain(`process ${process.pid} on ${os.hostname()}, since 2026-11-22`);
    }
    expect(locksIn(folder)).toHaveLength(1);
    expect(existsSync(path.join(folder, 'o.run'))).toBe(false);
    await release();
    expect((await reverify(folder, '--policy', 'enigm-development')).exitCode).toBe(1);
    expect(locksIn(folder)).toEqual([]);
  });

  test('of many that come at once at most one goes on', async () => {
    const base = path.join(newFolder(), 'o');
    const all = await Promise.allSettled(Array.from({ length: 20 }, () => lockRun(base, NOW)));
    expect(all.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(1);
  });

  /** What is left behind by a holder, with what of it differs. */
  async function leftBehind(changes: Readonly<Record<string, unknown>>): Promise<string> {
    const folder = newFolder();
    const base = path.join(folder, 'o');
    await lockRun(base, NOW);
    const file = path.join(folder, locksIn(folder)[0] as string);
    const holder = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify({ ...holder, ...changes }));
    return base;
  }

  test('the lock of a process that was killed is taken over', async () => {
    const child = spawn('sleep', ['60']);
    children.push(child);
    const started = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19];
    const base = await leftBehind({ pid: child.pid, started });
    await expect(lockRun(base, NOW)).rejects.toThrow(`process ${child.pid} on`);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    await (await lockRun(base, NOW))();
  });

  test.each([
    ['a process of the same number that started later', { started: '1' }],
    ['a machine that was restarted, as after a power cut', { boot: 'another' }],
  ])('%s does not hold it', async (_, changes) => {
    const base = await leftBehind({ machine: machineId(), ...changes });
    await (await lockRun(base, NOW))();
    expect(locksIn(path.dirname(base))).toEqual([]);
  });

  function machineId(): string | null {
    return existsSync('/etc/machine-id')
      ? readFileSync('/etc/machine-id', 'utf8').trim() || null
      : null;
  }

  test.each([
    ['another machine', { host: 'elsewhere' }],
    ['another container', { pidSpace: 'pid:[1]', pid: 1 }],
  ])('%s cannot be asked: it is refused, and the file to remove is named', async (_, changes) => {
    const base = await leftBehind(changes);
    await expect(lockRun(base, NOW)).rejects.toThrow(/cannot be asked.*remove .*\.o\.lock\./);
  });

  test('a lock that cannot be read is nobody’s to remove', async () => {
    const base = await leftBehind({ pid: 'x' });
    await expect(lockRun(base, NOW)).rejects.toThrow('says not who holds');
  });
});

describe('--resume', () => {
  /** A run that stopped before it could say that it is complete. */
  async function stopped(...args: readonly string[]): Promise<string> {
    const folder = newRun();
    // The summary cannot be written where a folder stands.
    mkdirSync(path.join(folder, 'o.summary.json'));
    expect((await reverify(folder, ...args)).exitCode).toBeGreaterThan(2);
    rmdirSync(path.join(folder, 'o.summary.json'));
    expect(existsSync(path.join(folder, 'o.run', 'context.json'))).toBe(true);
    return folder;
  }

  test.each([
    ['--policy', ['--policy', 'inspect']],
    ['--revocation', ['--revocation', 'none']],
    ['--full', ['--full']],
    ['--cross-check-rate', ['--cross-check-rate', '0.5']],
  ])('with another %s than it was begun with is refused', async (name, args) => {
    const folder = await stopped('--resume', '--policy', 'enigm-development');
    const { exitCode, err } = await reverify(folder, '--resume', ...args);
    expect(exitCode).toBe(64);
    expect(err).toContain(`${name}: the run that stopped was begun with`);
    const same = await reverify(folder, '--resume', '--policy', 'enigm-development');
    expect(same.exitCode).toBe(1);
  });

  test('after the input changed, or with one more, is refused', async () => {
    const folder = await stopped('--resume');
    writeFileSync(path.join(folder, 'more.ndjson'), made);
    const args = ['reverify', '--in', 'in.ndjson', 'more.ndjson', '--out', 'o', '--resume'];
    expect((await attest(args, { folder })).err).toContain('was not there when the run began');
    appendFileSync(path.join(folder, 'in.ndjson'), made);
    const { exitCode, err } = await reverify(folder, '--resume');
    expect(exitCode).toBe(64);
    expect(err).toContain('has changed since the run began');
  });
});

/** Text of an input, and the code of what broke it. */
async function read(stream: AsyncIterable<Uint8Array>): Promise<[number, string | null]> {
  let [lines, fault]: [number, string | null] = [0, null];
  for await (const block of readBlocks(stream)) {
    if (block.kind === 'fault') fault = block.fault.text;
    else lines += Buffer.from(block.bytes).toString().split('\n').length - 1;
  }
  return [lines, fault];
}

describe('archives', () => {
  const text = Buffer.from('{"id":"a"}\n'.repeat(40_000));

  test.each([
    ['gzip', (bytes: Buffer): Buffer => gzipSync(bytes, { level: 0 })],
    ['zstd', (bytes: Buffer): Buffer => zstdCompressSync(bytes)],
  ] as const)('%s: several are one; what stands behind is not passed over', async (_, compress) => {
    const one = compress(text);
    const file = path.join(newFolder(), 'in');
    const readFile = (...parts: readonly Uint8Array[]) => {
      writeFileSync(file, Buffer.concat(parts));
      const [input] = findInputs(file);
      return read(openInput(input as never, Readable.from([])).stream);
    };
    expect(await readFile(one, one)).toEqual([80_000, null]);
    const [lines, fault] = await readFile(one, Buffer.alloc(1), one);
    expect(lines).toBe(40_000);
    expect(fault).toContain('ARCHIVE_TRAILING_BYTES');
  });

  test('are known by their first bytes, however few come at once', async () => {
    const bytes = gzipSync('a\nb\n');
    const one = Readable.from([...bytes].map((byte) => Buffer.from([byte])));
    expect(await read(openInput(STDIN, one).stream)).toEqual([2, null]);
    expect(await read(openInput(STDIN, Readable.from([Buffer.from('\n')])).stream)).toEqual([
      1,
      null,
    ]);
    expect(await read(openInput(STDIN, Readable.from([])).stream)).toEqual([0, null]);
  });
});

test('a file that changes while it is read: a result line says that records may be missing', async () => {
  const folder = newRun();
  const file = path.join(folder, 'in.ndjson');
  writeFileSync(file, made.repeat(40));
  const running = reverify(folder);
  while (!existsSync(path.join(folder, 'o.run', 'context.json'))) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  writeFileSync(file, made);
  expect((await running).exitCode).toBe(65);
  const last = readFileSync(path.join(folder, 'o'), 'utf8').trim().split('\n').at(-1) as string;
  expect(JSON.parse(last).error).toMatchObject({
    code: 'INPUT_UNREADABLE',
    text: expect.stringContaining('has changed'),
  });
});

test('simulate --bad makes only chains that the policy of their maker rejects', async () => {
  const folder = newFolder();
  const simulate = ['simulate', '--count', '150', '--bad', '1', '--out', 'in.ndjson'];
  await attest(simulate, { folder });
  await reverify(folder, '--policy', 'enigm-development');
  const results = readFileSync(path.join(folder, 'o'), 'utf8').trim().split('\n');
  expect(results).toHaveLength(150);
  expect(results.filter((line) => JSON.parse(line).outcome !== 'reject')).toEqual([]);
});
