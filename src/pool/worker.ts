/** A worker thread of the pool: answers what it is handed. */
import { workerData } from 'piscina';
import type { ChunkResult } from '../batch/protocol.ts';
import type { Answer, Batch, ChunkUnder, WorkerStart } from './protocol.ts';
import { Verifier } from './verifier.ts';

/** That, or why this worker must not answer: thrown at the first batch, where somebody hears it. */
const opened: Verifier | Error = open(workerData as WorkerStart);

export function answerBatch(batch: Batch): readonly Answer[] {
  return verifier().answerBatch(batch);
}

export function judgeChunk(chunk: ChunkUnder): ChunkResult {
  return verifier().judgeChunk(chunk);
}

function verifier(): Verifier {
  if (opened instanceof Error) throw opened;
  return opened;
}

function open(start: WorkerStart): Verifier | Error {
  try {
    return new Verifier(start);
  } catch (error) {
    return error as Error;
  }
}
