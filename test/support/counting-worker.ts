/** Counts keys of one attestation key in one piece of memory after another, each at once with the others. */
import { workerData } from 'node:worker_threads';
import { KeyUse, type SharedKeyUse } from '../../src/pool/key-use.ts';

const DAY = 86_400_000;
const { rounds, arrived, index, workers, keys } = workerData as {
  readonly rounds: readonly SharedKeyUse[];
  /** How many workers are at each round. */
  readonly arrived: Int32Array;
  readonly index: number;
  readonly workers: number;
  readonly keys: number;
};

for (const [round, shared] of rounds.entries()) {
  const use = new KeyUse(shared);
  Atomics.add(arrived, round, 1);
  while (Atomics.load(arrived, round) < workers);
  for (let key = 0; key < keys; key += 1) {
    use.count(new Uint8Array(91), Buffer.from(`${index} ${key}`), DAY);
  }
}
