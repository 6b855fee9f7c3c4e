/** The worker thread: proves that it can verify, builds its own anchors, then answers batches. */
import { workerData } from 'piscina';
import { type ChallengeKeys, toKeys } from '../challenge/challenge.ts';
import type { ProofMemory } from '../core/prove.ts';
import { buildTrust, type Trust, type TrustMaterial } from '../sources/trust.ts';
import { answer } from './answer.ts';
import { createMemory } from './memory.ts';
import { type Batch, type BatchAnswer, TRUST_OUTDATED, type WorkerStart } from './protocol.ts';
import { runSelfTest } from './self-test.ts';

/** What this worker answers by, how new it is, and what was proved by it: nothing outlives its trust. */
interface Held {
  readonly trust: Trust;
  readonly version: number;
  readonly challengeKeys: ChallengeKeys | null;
  readonly memory: ProofMemory;
}

/** Trust, or why this worker must not answer: thrown at the first batch, where somebody hears it. */
let held: Held | Error = prepare(workerData as WorkerStart);

/** Answers every job of a batch, each at the moment it is looked at. */
export function answerBatch({ jobs, revocation, trustVersion, trust: sent }: Batch): BatchAnswer {
  if (held instanceof Error) throw held;
  if (held.version < trustVersion) {
    if (sent === undefined) return TRUST_OUTDATED;
    held = hold(sent, trustVersion, held.challengeKeys);
  }
  const { trust, challengeKeys, memory } = held;
  return jobs.map((job) =>
    answer(job, { trust, challengeKeys, revocation, memory, now: Date.now() }),
  );
}

function prepare({ trust, trustVersion, challengeSecrets }: WorkerStart): Held | Error {
  try {
    runSelfTest();
    const challengeKeys = challengeSecrets.length === 0 ? null : toKeys(challengeSecrets);
    return hold(trust, trustVersion, challengeKeys);
  } catch (error) {
    return error as Error;
  }
}

function hold(
  material: TrustMaterial,
  version: number,
  challengeKeys: Held['challengeKeys'],
): Held {
  return { trust: buildTrust(material), version, challengeKeys, memory: createMemory() };
}
