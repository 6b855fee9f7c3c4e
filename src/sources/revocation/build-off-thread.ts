/** Builds a snapshot on a thread of its own, which ends with it. */
import { Worker } from 'node:worker_threads';
import type { BuildJob, Built } from './build.ts';
import type { Copy } from './copy-store.ts';

/** This file's neighbour, as source and as build. */
const WORKER = new URL(
  import.meta.url.endsWith('.ts') ? './build-worker.ts' : './build-worker.js',
  import.meta.url,
);

/** Rejects if the thread dies, of memory for example. */
export function buildOffThread(job: BuildJob): Promise<Built> {
  const { promise, resolve, reject } = Promise.withResolvers<Built>();
  const worker = new Worker(WORKER, { workerData: job });
  worker.once('message', (built: Built) => resolve({ ...built }));
  worker.once('error', reject);
  worker.once('exit', (code) => reject(new Error(`the thread that reads lists ended (${code})`)));
  return promise;
}

/** The same copy with its bytes where every thread can read them. */
export function toShared({ facts, body }: Copy): Copy {
  const shared = new Uint8Array(new SharedArrayBuffer(body.length));
  shared.set(body);
  return { facts, body: shared };
}
