/** The room for what is young that a thread is given, under the flags that the service is started with. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';
import { NODE_FLAGS } from '../support/service-process.ts';

const HEAPS = path.resolve('src/heaps.ts');
const GIVEN_MB = 6;

/** Keeps a few megabytes of what it makes, so that its room grows as far as it may, and says how far. */
const THREAD = `
  const { parentPort } = require('node:worker_threads');
  const { getHeapSpaceStatistics } = require('node:v8');
  const kept = [];
  let most = 0;
  for (let turn = 0; turn < 3000; turn += 1) {
    kept[turn % 500] = Array.from({ length: 1000 }, (_, at) => at + 0.5);
    const { space_size } = getHeapSpaceStatistics().find((each) => each.space_name === 'new_space');
    most = Math.max(most, space_size);
  }
  parentPort.postMessage(most);`;

const MAIN = `
  import { Worker } from 'node:worker_threads';
  if (process.argv[1] === 'limits count') (await import(process.argv[2])).letThreadLimitsCount();
  const limits = { maxYoungGenerationSizeMb: ${GIVEN_MB} };
  new Worker(process.argv[3], { eval: true, execArgv: [], resourceLimits: limits }).on('message', console.log);`;

function roomOf(which: string): number {
  const flags = [...NODE_FLAGS, '--input-type=module', '-e', MAIN];
  return Number(execFileSync(process.execPath, [...flags, '--', which, HEAPS, THREAD])) / 1e6;
}

test('a limit of a thread stands above the flag that the main thread has', () => {
  expect(roomOf('limits count')).toBeLessThanOrEqual(GIVEN_MB);
  // What it would be otherwise: two halves of what the flag says.
  expect(roomOf('flag')).toBeGreaterThan(2 * GIVEN_MB);
});
