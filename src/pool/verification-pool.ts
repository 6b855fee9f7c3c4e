/** The pool of worker threads that verify. */
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { Chunk, ChunkResult } from '../batch/protocol.ts';
import { Slots } from '../batch/slots.ts';
import type { RevocationSnapshot } from '../core/revocation/index.ts';
import { type Admitted, Dispatcher } from './dispatcher.ts';
import { keepInterface } from './kept-interface.ts';
import { shareKeyUse } from './key-use.ts';
import type { Answer, Batch, ChunkUnder, Job, ResultTerms, WorkerStart } from './protocol.ts';
import type { SharedTrust } from './shared-trust.ts';
import { type SharedUppers, shareUppers } from './shared-uppers.ts';

export interface PoolOptions {
  readonly workers: number;
  readonly maxQueue: number;
  readonly deadlineMs: number;
  /** The trust in force at the moment of the call. */
  readonly trust: () => SharedTrust;
  /** Secrets of this service's challenges, the issuing one first; left out: it issues none. */
  readonly challengeSecrets?: readonly Uint8Array[];
  /** Left out: nothing is signed. */
  readonly results?: ResultTerms | null;
  /** Upper certificates to begin with, and to be added to; left out: workers begin with none. */
  readonly uppers?: SharedUppers;
  /** The snapshot in force at the moment of the call. */
  readonly revocation: () => RevocationSnapshot;
  readonly onPoison: (job: Job, cause: unknown) => void;
  /** Called when a worker ends with nothing to do; it is replaced. */
  readonly onWorkerError: (cause: unknown) => void;
  /**
   * How many chunks of batch records may be with the workers at once; by default one fewer than there
   * are workers, so that a batch leaves room for requests.
   */
  readonly chunks?: number;
  /** Another worker entry, for tests. */
  readonly filename?: string;
}

/** This file's neighbour, as source and as build. */
const WORKER = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url),
);

/** A worker that outgrows this is replaced, and its requests retried. */
const MAX_HEAP_MB = 512;

/**
 * Next to nothing outlives a batch: with little room for what is young a worker takes 3 % more CPU and some 50 MB less
 * memory than with the three times sixteen megabytes it would take by itself.
 */
const YOUNG_MB = 12;

/**
 * The thread of HTTP goes before the workers: it hands them what they work on, and Linux lets it wait behind one of them
 * even beside an idle core. On two cores these were idle for a ninth of the time at full load, and now for a
 * fourteenth. Elsewhere than on Linux it would be all of the process that gives way.
 */
const NICE = process.platform === 'linux' ? 10 : 0;

/** Longest a batch may run before its worker is replaced: a request takes well under 10 ms. */
const BATCH_TIMEOUT_MS = 10_000;

export class VerificationPool {
  readonly #piscina: Piscina<Batch, readonly Answer[]>;
  readonly #dispatcher: Dispatcher;
  readonly #workers: number;
  readonly #inForce: () => Omit<Batch, 'jobs'>;
  readonly #chunkSlots: Slots;

  constructor(options: PoolOptions) {
    const { challengeSecrets = [], results = null } = options;
    const start: WorkerStart = {
      trust: options.trust(),
      challengeSecrets,
      results,
      keyUse: shareKeyUse(),
      uppers: options.uppers ?? shareUppers(),
    };
    this.#workers = options.workers;
    this.#inForce = () => ({ revocation: options.revocation(), trust: options.trust() });
    const chunks = options.chunks ?? Math.max(1, options.workers - 1);
    this.#chunkSlots = new Slots(chunks);
    this.#piscina = new Piscina<Batch, readonly Answer[]>({
      filename: options.filename ?? WORKER,
      name: 'answerBatch',
      minThreads: options.workers,
      maxThreads: options.workers,
      idleTimeout: Number.POSITIVE_INFINITY,
      concurrentTasksPerWorker: 1,
      // The dispatcher keeps the queue; here at most one batch a worker, its retries and chunks wait.
      maxQueue: options.workers * 2 + chunks,
      recordTiming: false,
      niceIncrement: NICE,
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB, maxYoungGenerationSizeMb: YOUNG_MB },
      workerData: start,
    });
    this.#piscina.on('workerCreate', keepInterface);
    this.#piscina.on('error', options.onWorkerError);
    this.#dispatcher = new Dispatcher({
      ...options,
      clock: () => performance.now(),
      handsOverFirst: true,
      run: (jobs) => this.#run({ jobs, ...this.#inForce() }),
    });
  }

  /** Resolves once the workers can verify; rejects if one cannot (its self-test failed). */
  async start(): Promise<void> {
    const nothing = { jobs: [], ...this.#inForce() };
    await Promise.all(Array.from({ length: this.#workers }, () => this.#run(nothing)));
  }

  /** Admits a request, or throws `BusyFault` at once. */
  submit(job: Job): Admitted {
    return this.#dispatcher.submit(job);
  }

  /**
   * What judges chunks of batch records, each when its turn comes, all under the trust now in force: a
   * batch does not change its mind half way. Rejects when the worker dies.
   */
  openJudge(): (chunk: Chunk) => Promise<ChunkResult> {
    const { trust } = this.#inForce();
    return (chunk) =>
      this.#chunkSlots.use(async () => {
        const options = { name: 'judgeChunk', signal: AbortSignal.timeout(BATCH_TIMEOUT_MS) };
        const given: ChunkUnder = { chunk, trust };
        const result: unknown = await this.#piscina.run(given as never, options);
        return result as ChunkResult;
      });
  }

  get queueLength(): number {
    return this.#dispatcher.queueLength;
  }

  /** Worker threads that are up. */
  get workersUp(): number {
    return this.#piscina.threads.length;
  }

  /** Answers what is in flight, refuses what waits, and ends the workers. */
  async close(): Promise<void> {
    this.#dispatcher.refuseWaiting();
    await this.#piscina.close();
  }

  async #run(batch: Batch): Promise<readonly Answer[]> {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), BATCH_TIMEOUT_MS);
    try {
      return await this.#piscina.run(batch, { signal: controller.signal });
    } finally {
      clearTimeout(timer);
    }
  }
}
