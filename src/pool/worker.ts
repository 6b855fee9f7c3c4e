/**
 * The worker thread: proves that it can verify, builds its own anchors, then answers batches, each under
 * the trust that comes with it.
 */
import { workerData } from 'piscina';
import { judgeChunk as judge } from '../batch/judge-chunk.ts';
import type { ChunkResult } from '../batch/protocol.ts';
import { type ChallengeKeys, toKeys } from '../challenge/challenge.ts';
import { buildTrust, type Trust } from '../sources/trust.ts';
import { answerAll } from './answer.ts';
import { KeyUse } from './key-use.ts';
import { createMemory } from './memory.ts';
import type { Answer, Batch, ChunkUnder, ResultTerms, WorkerStart } from './protocol.ts';
import { runSelfTest } from './self-test.ts';
import { readSharedTrust, type SharedTrust } from './shared-trust.ts';

/** What every answer of this worker rests on. */
interface Prepared {
  /** Of the trust as it was shared. */
  readonly id: string;
  readonly trust: Trust;
  readonly challengeKeys: ChallengeKeys | null;
  readonly results: ResultTerms | null;
  readonly keyUse: KeyUse;
}

/** That, or why this worker must not answer: thrown at the first batch, where somebody hears it. */
let prepared: Prepared | Error = prepare(workerData as WorkerStart);

const memory = createMemory();

/** Answers every job of a batch. */
export function answerBatch({ jobs, revocation, trust: shared }: Batch): readonly Answer[] {
  const { trust, challengeKeys, results, keyUse } = preparedFor(shared);
  const now = Date.now();
  return answerAll(jobs, { trust, challengeKeys, results, keyUse, revocation, memory, now });
}

/** Judges a chunk of batch records under the trust and the snapshot that come with it. */
export function judgeChunk({ chunk, trust }: ChunkUnder): ChunkResult {
  return judge(chunk, preparedFor(trust).trust, memory);
}

function preparedFor(shared: SharedTrust): Prepared {
  if (prepared instanceof Error) throw prepared;
  if (prepared.id !== shared.id) prepared = replace(prepared, shared);
  return prepared;
}

function prepare({ trust, challengeSecrets, results, keyUse }: WorkerStart): Prepared | Error {
  try {
    runSelfTest();
    const challengeKeys = challengeSecrets.length === 0 ? null : toKeys(challengeSecrets);
    return {
      id: trust.id,
      trust: buildTrust(readSharedTrust(trust)),
      challengeKeys,
      results,
      keyUse: new KeyUse(keyUse),
    };
  } catch (error) {
    return error as Error;
  }
}

/** The same anchors stay the very same, so that what was remembered under them is not forgotten. */
function replace(before: Prepared, shared: SharedTrust): Prepared {
  const trust = buildTrust(readSharedTrust(shared));
  const { anchors } = before.trust;
  const isSame = trust.anchors.id === anchors.id;
  return { ...before, id: shared.id, trust: isSame ? { ...trust, anchors } : trust };
}
