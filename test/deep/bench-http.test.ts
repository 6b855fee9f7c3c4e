/** The benchmark over HTTP runs, with the real service in both modes, and says what was answered. No figure is asserted. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const positive = { asymmetricMatch: (value: unknown): boolean => Number(value) > 0 };

test.each(['http', 'listeners'])('npm run bench -- --where %s', async (where) => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'enigm-attest-bench-')), 'figures.json');
  const args = ['--where', where, '--scenario', 'repeat', '--seconds', '1', '--json', file];
  const { stdout } = await promisify(execFile)(process.execPath, ['bench/run.ts', ...args]);
  const { scenarios } = JSON.parse(readFileSync(file, 'utf8'));
  expect(scenarios).toEqual([
    {
      name: 'repeat',
      where,
      perSecond: positive,
      floorPerSecond: null,
      ratio: null,
      serverCpuUs: positive,
      floorCpuUs: null,
      p50Ms: positive,
      p99Ms: positive,
      p999Ms: positive,
      rssMb: positive,
      firstAnswerMs: positive,
      outcomes: { accept: positive },
    },
  ]);
  expect(stdout).toContain('at half that rate p50');
});
