/** A thread that is about to serve has `process.nextTick` compiled by then, in the main thread and in others. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { NODE_FLAGS } from '../support/service-process.ts';

const TICKS = pathToFileURL(path.resolve('src/ticks.ts')).href;

/** Of V8's `OptimizationStatus` (src/runtime/runtime.h): the code of the function is TurboFan's. */
const TURBOFANNED = 1 << 5;

/** Says the status before and after. */
const SETTLE = `
  const { settleTicks } = await import(${JSON.stringify(TICKS)});
  const status = () => %GetOptimizationStatus(process.nextTick);
  const before = status();
  await settleTicks();
  console.log(JSON.stringify([before, status()]));`;

const IN_A_THREAD = `
  import { Worker } from 'node:worker_threads';
  new Worker(new URL('data:text/javascript,' + encodeURIComponent(process.argv[1])));`;

function statusOf(script: string): readonly number[] {
  const flags = [...NODE_FLAGS, '--allow-natives-syntax', '--input-type=module', '-e', script];
  return JSON.parse(execFileSync(process.execPath, [...flags, '--', SETTLE], { encoding: 'utf8' }));
}

test.each([
  ['the main thread', SETTLE],
  ['another thread', IN_A_THREAD],
])('%s', (_, script) => {
  const [before = 0, after = 0] = statusOf(script);
  expect(before & TURBOFANNED).toBe(0);
  expect(after & TURBOFANNED).toBe(TURBOFANNED);
});
