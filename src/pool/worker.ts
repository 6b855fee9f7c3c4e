/** The worker thread: proves that it can verify, builds its own anchors, then answers batches. */
import { workerData } from 'piscina';
import { judgeChunk as judge } from '../batch/judge-chunk.ts';
import type { Chunk, ChunkResult } from '../batch/protocol.ts';
import { buildTrust, type Trust } from '../sources/trust.ts';
import { answer } from './answer.ts';
import type { Answer, Batch, WorkerStart } from './protocol.ts';
import { runSelfTest } from './self-test.ts';

/** Trust, or why this worker must not answer: thrown at the first batch, where somebody hears it. */
const prepared: Trust | Error = prepare(workerData as WorkerStart);

/** Answers every job of a batch, each at the moment it is looked at. */
export function answerBatch({ jobs, revocation }: Batch): readonly Answer[] {
  if (prepared instanceof Error) throw prepared;
  const trust = prepared;
  return jobs.map((job) => answer(job, { trust, revocation, now: Date.now() }));
}

/** Judges a chunk of batch records. */
export function judgeChunk(chunk: Chunk): ChunkResult {
  if (prepared instanceof Error) throw prepared;
  return judge(chunk, prepared);
}

function prepare({ trust }: WorkerStart): Trust | Error {
  try {
    runSelfTest();
    return buildTrust(trust);
  } catch (error) {
    return error as Error;
  }
}
