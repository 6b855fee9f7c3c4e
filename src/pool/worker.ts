/** The worker thread: proves that it can verify, builds its own anchors, then answers batches. */
import { workerData } from 'piscina';
import { judgeChunk as judge } from '../batch/judge-chunk.ts';
import type { Chunk, ChunkResult } from '../batch/protocol.ts';
import { type ChallengeKeys, toKeys } from '../challenge/challenge.ts';
import { buildTrust, type Trust } from '../sources/trust.ts';
import { answer } from './answer.ts';
import { createMemory } from './memory.ts';
import type { Answer, Batch, WorkerStart } from './protocol.ts';
import { runSelfTest } from './self-test.ts';

/** What every answer of this worker rests on. */
interface Prepared {
  readonly trust: Trust;
  readonly challengeKeys: ChallengeKeys | null;
}

/** That, or why this worker must not answer: thrown at the first batch, where somebody hears it. */
const prepared: Prepared | Error = prepare(workerData as WorkerStart);

const memory = createMemory();

/** Answers every job of a batch, each at the moment it is looked at. */
export function answerBatch({ jobs, revocation }: Batch): readonly Answer[] {
  if (prepared instanceof Error) throw prepared;
  const known = prepared;
  return jobs.map((job) => answer(job, { ...known, revocation, memory, now: Date.now() }));
}

/** Judges a chunk of batch records. */
export function judgeChunk(chunk: Chunk): ChunkResult {
  if (prepared instanceof Error) throw prepared;
  return judge(chunk, prepared.trust, memory);
}

function prepare({ trust, challengeSecrets }: WorkerStart): Prepared | Error {
  try {
    runSelfTest();
    const challengeKeys = challengeSecrets.length === 0 ? null : toKeys(challengeSecrets);
    return { trust: buildTrust(trust), challengeKeys };
  } catch (error) {
    return error as Error;
  }
}
