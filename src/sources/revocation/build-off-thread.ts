/** Builds snapshots on a thread of their own, which ends when it has had nothing to do for a while. */
import { Worker } from 'node:worker_threads';
import type { BuildJob, Built } from './build.ts';
import type { Copy } from './copy-store.ts';

/** This file's neighbour, as source and as build. */
const WORKER = new URL(
  import.meta.url.endsWith('.ts') ? './build-worker.ts' : './build-worker.js',
  import.meta.url,
);

/** Starting it costs more than most builds; keeping it costs memory. */
const IDLE_MS = 10_000;

/** A thread that builds one snapshot at a time. */
export class BuildThread {
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;

  /** Builds a snapshot. Rejects if the thread dies, of memory for example; the next one gets another. */
  async build(job: BuildJob): Promise<Built> {
    clearTimeout(this.#idle);
    this.#worker ??= new Worker(WORKER);
    const worker = this.#worker;
    worker.ref();
    const { promise, resolve, reject } = Promise.withResolvers<Built>();
    const onExit = (code: number): void =>
      reject(new Error(`the thread that reads lists ended (${code})`));
    worker.once('message', resolve).once('error', reject).once('exit', onExit);
    try {
      worker.postMessage(job);
      const built = await promise;
      worker.off('error', reject).off('exit', onExit);
      worker.unref();
      this.#idle = setTimeout(() => void this.end(), IDLE_MS);
      this.#idle.unref();
      return built;
    } catch (error) {
      await this.end();
      throw error;
    }
  }

  async end(): Promise<void> {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }
}

/** The same copy with its bytes where every thread can read them. */
export function toShared({ facts, body }: Copy): Copy {
  const shared = new Uint8Array(new SharedArrayBuffer(body.length));
  shared.set(body);
  return { facts, body: shared };
}
