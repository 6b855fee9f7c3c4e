/** A run that is killed at any moment and resumed ends with the bytes of one that was not. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { newFolder } from '../support/terminal.ts';

const MOMENTS = 50;
const CLI = path.resolve('src/cli/bin.ts');
const folder = newFolder();
const file = (name: string): string => path.join(folder, name);
const env = {
  ...process.env,
  ENIGM_ATTEST_ENVIRONMENT: 'development',
  ENIGM_ATTEST_STATE: file('state'),
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
    [CLI, 'simulate', '--count', '1000', '--bad', '0.1', '--out', file('in.ndjson')],
    { env },
  );
  expect(made.status).toBe(0);
  expect(spawnSync(process.execPath, reverify('whole'), { env }).status).toBe(1);
}, 300_000);

test(`kill -9 at ${MOMENTS} moments`, async () => {
  const whole = readFileSync(file('whole'));
  let killed = 0;
  let resumed = 0;
  let moments = 0;
  while (moments < MOMENTS) {
    rmSync(file('out'), { force: true });
    rmSync(file('out.summary.json'), { force: true });
    while (!existsSync(file('out.summary.json')) && moments < MOMENTS) {
      const child = spawn(process.execPath, reverify('out'), { env, stdio: 'ignore' });
      const ended = new Promise((resolve) => child.once('exit', resolve));
      // From before it has begun to well inside: starting alone takes some hundreds of milliseconds.
      const progress = file('out.run/progress.json');
      const before = existsSync(progress) ? readFileSync(progress, 'utf8') : '';
      const from = Date.now();
      const hasMoved = (): boolean =>
        existsSync(progress) && readFileSync(progress, 'utf8') !== before;
      while (Date.now() - from < 5000 && child.exitCode === null && !hasMoved()) await sleep(2);
      await sleep(Math.random() * 60);
      if (child.kill('SIGKILL')) killed += 1;
      await ended;
      if (before !== '') resumed += 1;
      moments += 1;
      if (existsSync(file('out'))) expect(readFileSync(file('out')).equals(whole)).toBe(true);
    }
    spawnSync(process.execPath, reverify('out'), { env });
    expect(readFileSync(file('out')).equals(whole)).toBe(true);
  }
  expect(killed).toBeGreaterThan(MOMENTS / 2);
  expect(resumed).toBeGreaterThan(MOMENTS / 4);
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
