/** A run that is killed at any moment and resumed ends with the bytes of one that was not. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { newFolder } from '../support/terminal.ts';

const MOMENTS = 52;
/** Runs at once: most of each is starting up. */
const SIDE_BY_SIDE = 4;
const CLI = path.resolve('src/cli/bin.ts');
const folder = newFolder();
const file = (name: string): string => path.join(folder, name);
const env = {
  ...process.env,
  ENIGM_ATTEST_ENVIRONMENT: 'development',
  ENIGM_ATTEST_STATE: file('state'),
  // Processes that start dozens of times need not compile the same files each time.
  NODE_COMPILE_CACHE: file('compiled'),
};

function reverify(out: string): string[] {
  return [
    ...[CLI, 'reverify', '--in', file('in.ndjson'), '--out', file(out)],
    ...['--policy', 'enigm-development', '--workers', '1', '--checkpoint-ms', '5', '--resume'],
  ];
}

/** `--full` is left out: moments of the run stand in reports, and two runs have two. */
beforeAll(() => {
  const made = spawnSync(
    process.execPath,
    [CLI, 'simulate', '--count', '500', '--bad', '0.1', '--out', file('in.ndjson')],
    { env },
  );
  expect(made.status).toBe(0);
  expect(spawnSync(process.execPath, reverify('whole'), { env }).status).toBe(1);
}, 300_000);

/**
 * Kills runs into `out` at so many moments, and holds what is there against `whole` each time. A run that was
 * over before it could be killed counts for nothing.
 */
async function killRuns(out: string, count: number, whole: Buffer): Promise<void> {
  const [result, summary] = [file(out), file(`${out}.summary.json`)];
  const progress = (): string => readIfThere(file(`${out}.run/progress.json`));
  let [killed, resumed] = [0, 0];
  const isEnough = (): boolean => killed >= count && resumed >= count / 2;
  while (!isEnough()) {
    rmSync(result, { force: true });
    rmSync(summary, { force: true });
    while (!existsSync(summary) && !isEnough()) {
      const before = progress();
      const child = start(out);
      const from = Date.now();
      // From before it has begun to well inside: starting alone takes some hundreds of milliseconds.
      while (Date.now() - from < 5000 && child.exitCode === null && progress() === before) {
        await sleep(2);
      }
      await sleep(Math.random() * 60);
      child.kill('SIGKILL');
      await endOf(child);
      if (child.signalCode === 'SIGKILL') {
        killed += 1;
        if (before !== '') resumed += 1;
      }
      if (existsSync(result)) expect(readFileSync(result).equals(whole)).toBe(true);
    }
    await endOf(start(out));
    expect(readFileSync(result).equals(whole)).toBe(true);
  }
}

/** Empty where there is none: a run removes and replaces its files at any moment. */
function readIfThere(name: string): string {
  try {
    return readFileSync(name, 'utf8');
  } catch {
    return '';
  }
}

function start(out: string): ChildProcess {
  return spawn(process.execPath, reverify(out), { env, stdio: 'ignore' });
}

function endOf(child: ChildProcess): Promise<unknown> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', resolve));
}

test(`kill -9 at ${MOMENTS} moments`, async () => {
  const whole = readFileSync(file('whole'));
  const each = Array.from({ length: SIDE_BY_SIDE }, (_, lane) =>
    killRuns(`out${lane}`, Math.ceil(MOMENTS / SIDE_BY_SIDE), whole),
  );
  await Promise.all(each);
});

test('a disk that is full: whole lines only, and --resume when there is room', () => {
  // A limit on the size of files stands for the disk.
  const limited = `trap '' XFSZ; ulimit -f 400; exec "$0" "$@"`;
  writeFileSync(file('in2.ndjson'), readFileSync(file('in.ndjson')));
  const args = [
    ...[CLI, 'reverify', '--in', file('in2.ndjson'), '--out', file('big')],
    ...['--policy', 'enigm-development', '--workers', '1', '--checkpoint-ms', '5', '--full'],
  ];
  const stopped = spawnSync('bash', ['-c', limited, process.execPath, ...args], { env });
  expect(String(stopped.stderr)).toContain('--resume');
  expect(stopped.status).toBe(70);
  const part = readFileSync(file('big.part'));
  expect(part.length).toBeGreaterThan(0);
  expect(part.at(-1)).toBe(0x0a);
  expect(existsSync(file('big'))).toBe(false);
  expect(spawnSync(process.execPath, [...args, '--resume'], { env }).status).toBe(1);
  const ids = readFileSync(file('big'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).id);
  const sent = readFileSync(file('in.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).id);
  expect(ids).toEqual(sent);
});
