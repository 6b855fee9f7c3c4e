/**
 * The worker thread: proves that it can verify, builds its own anchors, then answers batches, each under
 * the trust that comes with it.
 */
import { workerData } from 'piscina';
import { buildTrust, type Trust } from '../sources/trust.ts';
import { answer } from './answer.ts';
import { createMemory } from './memory.ts';
import type { Answer, Batch, WorkerStart } from './protocol.ts';
import { runSelfTest } from './self-test.ts';
import { readSharedTrust, type SharedTrust } from './shared-trust.ts';

/** Trust, or why this worker must not answer: thrown at the first batch, where somebody hears it. */
let prepared: Prepared | Error = prepare(workerData as WorkerStart);

interface Prepared {
  readonly id: string;
  readonly trust: Trust;
}

const memory = createMemory();

/** Answers every job of a batch, each at the moment it is looked at. */
export function answerBatch({ jobs, revocation, trust: shared }: Batch): readonly Answer[] {
  if (prepared instanceof Error) throw prepared;
  if (prepared.id !== shared.id) prepared = replace(prepared, shared);
  const { trust } = prepared;
  return jobs.map((job) => answer(job, { trust, revocation, memory, now: Date.now() }));
}

function prepare({ trust }: WorkerStart): Prepared | Error {
  try {
    runSelfTest();
    return build(trust);
  } catch (error) {
    return error as Error;
  }
}

function build(shared: SharedTrust): Prepared {
  return { id: shared.id, trust: buildTrust(readSharedTrust(shared)) };
}

/** The same anchors stay the very same, so that what was remembered under them is not forgotten. */
function replace(before: Prepared, shared: SharedTrust): Prepared {
  const { id, trust } = build(shared);
  const { anchors } = before.trust;
  return { id, trust: trust.anchors.id === anchors.id ? { ...trust, anchors } : trust };
}
