/** Many chains of a scenario, made on threads of their own: all before anything is measured, or as they are wanted. */
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Made, MakerStart } from './maker.ts';

/** Fewer chains are made sooner than a thread is up. */
const WORTH_A_THREAD = 1_000;

const MAKER = new URL('./maker.ts', import.meta.url);

/** Makes `count` chains, about: each of the makers makes its share. */
export async function makeMany(
  wanted: Omit<MakerStart, 'chunk'>,
  makers = Math.min(availableParallelism(), Math.ceil(wanted.count / WORTH_A_THREAD)),
): Promise<Made> {
  const share = Math.ceil(wanted.count / makers);
  const parts = await Promise.all(
    Array.from({ length: makers }, async (_, index) => {
      const seed = `${wanted.seed} ${index}`;
      const { value } = await streamOf({ ...wanted, count: share, seed, chunk: share }).next();
      return value as Made;
    }),
  );
  return {
    before: parts.flatMap(({ before }) => before),
    bodies: parts.flatMap(({ bodies }) => bodies),
  };
}

/** Makes `count` chains in chunks, the next one while the last is used. */
export async function* streamOf(wanted: MakerStart): AsyncGenerator<Made> {
  const worker = new Worker(MAKER, { workerData: wanted });
  let made = wanted.chunk;
  let coming = once(worker, 'message');
  try {
    for (;;) {
      const [message] = (await coming) as [Made];
      const isLast = made >= wanted.count;
      made += wanted.chunk;
      if (!isLast) {
        // Listened for before it is asked for: it may come while the last is used.
        coming = once(worker, 'message');
        worker.postMessage('more');
      }
      yield message;
      if (isLast) return;
    }
  } finally {
    await worker.terminate();
  }
}
