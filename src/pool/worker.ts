/** The worker thread: builds its own anchors once, then answers batches. */
import { workerData } from 'piscina';
import { buildTrust } from '../sources/trust.ts';
import { answer } from './answer.ts';
import type { Answer, Batch, WorkerStart } from './protocol.ts';

const { trust: material } = workerData as WorkerStart;
const trust = buildTrust(material);

/** Answers every job of a batch, each at the moment it is looked at. */
export function answerBatch({ jobs, revocation }: Batch): readonly Answer[] {
  return jobs.map((job) => answer(job, { trust, revocation, now: Date.now() }));
}
