/** Many chains of a scenario, made on all cores before anything is measured. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Made, MakerStart } from './maker.ts';

const MAKER = new URL('./maker.ts', import.meta.url);

/** Makes `count` chains, about: each of the makers makes its share. */
export async function makeMany(
  wanted: Omit<MakerStart, 'chunk'>,
  makers = availableParallelism(),
): Promise<Made> {
  const share = Math.ceil(wanted.count / makers);
  const parts = await Promise.all(
    Array.from({ length: makers }, (_, index) => {
      const seed = `${wanted.seed} ${index}`;
      return makeShare({ ...wanted, count: share, seed, chunk: share });
    }),
  );
  return {
    before: parts.flatMap(({ before }) => before),
    bodies: parts.flatMap(({ bodies }) => bodies),
  };
}

async function makeShare(start: MakerStart): Promise<Made> {
  const worker = new Worker(MAKER, { workerData: start });
  const { promise, resolve, reject } = Promise.withResolvers<Made>();
  worker.once('message', resolve);
  worker.once('error', reject);
  worker.once('exit', () => reject(new Error('a maker ended early')));
  return promise;
}
