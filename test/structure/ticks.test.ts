/** A thread that is about to serve has `process.nextTick` compiled by then, in the main thread and in others. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { NODE_FLAGS } from '../support/service-process.ts';

const TICKS = pathToFileURL(path.resolve('src/ticks.ts')).href;

/** Says V8's `OptimizationStatus` before and after, and of a function that it was told to compile: bits differ by release. */
const SETTLE = `
  const { settleTicks } = await import(${JSON.stringify(TICKS)});
  const status = () => %GetOptimizationStatus(process.nextTick);
  const before = status();
  await settleTicks();
  const sample = () => 1;
  %PrepareFunctionForOptimization(sample);
  sample();
  %OptimizeFunctionOnNextCall(sample);
  sample();
  console.log(JSON.stringify([before, status(), %GetOptimizationStatus(sample)]));`;

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
  const [before, after, compiled] = statusOf(script);
  expect(before).not.toBe(compiled);
  expect(after).toBe(compiled);
});
