/**
 * One thread that verifies: it proves that it can, builds its own anchors, then answers batches, each under the
 * trust that comes with it. A worker of the pool has one, and so has a thread that listens by itself.
 */
import { judgeChunk } from '../batch/judge-chunk.ts';
import type { ChunkResult } from '../batch/protocol.ts';
import { type ChallengeKeys, toKeys } from '../challenge/challenge.ts';
import { isSameSnapshot, type RevocationSnapshot } from '../core/revocation/index.ts';
import { buildTrust, type Trust } from '../sources/trust.ts';
import { answerAll } from './answer.ts';
import { KeyUse } from './key-use.ts';
import { createMemory, type WorkerMemory } from './memory.ts';
import type { Answer, Batch, ChunkUnder, ResultTerms, WorkerStart } from './protocol.ts';
import { runSelfTest } from './self-test.ts';
import { readSharedTrust, type SharedTrust } from './shared-trust.ts';
import { Uppers } from './shared-uppers.ts';

/** What every answer of this thread rests on. */
interface Prepared {
  /** Of the trust as it was shared. */
  readonly id: string;
  readonly trust: Trust;
  readonly challengeKeys: ChallengeKeys | null;
  readonly results: ResultTerms | null;
  readonly keyUse: KeyUse;
}

export class Verifier {
  readonly #memory: WorkerMemory;
  #prepared: Prepared;
  #snapshot: RevocationSnapshot | null = null;

  /** Throws where this thread must not answer: its self-test failed. */
  constructor({ trust, challengeSecrets, results, keyUse, uppers }: WorkerStart) {
    runSelfTest();
    this.#prepared = {
      id: trust.id,
      trust: buildTrust(readSharedTrust(trust)),
      challengeKeys: challengeSecrets.length === 0 ? null : toKeys(challengeSecrets),
      results,
      keyUse: new KeyUse(keyUse),
    };
    const memory = createMemory();
    const links = new Uppers(uppers).warm(memory.links, this.#prepared.trust.anchors);
    this.#memory = { ...memory, links };
  }

  /** Answers every job of a batch, as of the moment it is looked at. */
  answerBatch({ jobs, revocation: given, trust: shared }: Batch): readonly Answer[] {
    const { trust, challengeKeys, results, keyUse } = this.#preparedFor(shared);
    const memory = this.#memory;
    const revocation = this.#snapshotOf(given);
    const known = { trust, challengeKeys, results, keyUse, revocation, memory };
    return answerAll(jobs, { ...known, now: Date.now() });
  }

  /** Judges a chunk of batch records under the trust and the snapshot that come with it. */
  judgeChunk({ chunk, trust }: ChunkUnder): ChunkResult {
    return judgeChunk(chunk, this.trustOf(trust), this.#memory);
  }

  /** Shared trust as this thread built it. */
  trustOf(shared: SharedTrust): Trust {
    return this.#preparedFor(shared).trust;
  }

  /** What comes with each batch is a copy of the last one: what was found out about that still holds. */
  #snapshotOf(given: RevocationSnapshot): RevocationSnapshot {
    const last = this.#snapshot;
    if (last !== null && isSameSnapshot(last, given)) return last;
    this.#snapshot = given;
    return given;
  }

  #preparedFor(shared: SharedTrust): Prepared {
    if (this.#prepared.id !== shared.id) this.#prepared = replace(this.#prepared, shared);
    return this.#prepared;
  }
}

/** The same anchors stay the very same, so that what was remembered under them is not forgotten. */
function replace(before: Prepared, shared: SharedTrust): Prepared {
  const trust = buildTrust(readSharedTrust(shared));
  const { anchors } = before.trust;
  const isSame = trust.anchors.id === anchors.id;
  return { ...before, id: shared.id, trust: isSame ? { ...trust, anchors } : trust };
}
