/** The service as it runs: V8's own threads give way to those that answer. */
import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { expect, test } from 'vitest';
import { type ServiceProcess, startProcess } from '../support/service-process.ts';

interface Thread {
  readonly name: string;
  /** Below the process, as far as the scheduler goes; 0: its equal. */
  readonly below: number;
}

/** Of the process and all its threads (proc(5)). */
function threadsOf({ pid }: ServiceProcess): Thread[] {
  return readdirSync(`/proc/${pid}/task`).map((thread) => ({
    name: readFileSync(`/proc/${pid}/task/${thread}/comm`, 'utf8').trim(),
    below: getPriority(Number(thread)) - getPriority(pid),
  }));
}

test.runIf(process.platform === 'linux').each([
  ['front of a pool', { ENIGM_ATTEST_WORKERS: '2' }, 0],
  ['listeners', { ENIGM_ATTEST_LISTENERS: '2' }, 2],
])('in %s', async (_where, settings, listeners) => {
  const service = await startProcess(settings);
  try {
    const threads = threadsOf(service);
    const helpers = threads.filter(({ name }) => name.endsWith('V8Worker'));
    expect(helpers.length).toBeGreaterThan(0);
    expect(helpers.map(({ below }) => below)).toEqual(helpers.map(() => 10));
    const listening = threads.filter(({ name }) => name === 'listener');
    expect(listening.map(({ below }) => below)).toEqual(Array(listeners).fill(0));
  } finally {
    await service.stop();
  }
});
