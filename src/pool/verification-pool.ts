/** The pool of worker threads that verify. */
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { Chunk, ChunkResult } from '../batch/protocol.ts';
import { Slots } from '../batch/slots.ts';
import type { RevocationSnapshot } from '../core/revocation/index.ts';
import type { TrustMaterial } from '../sources/trust.ts';
import { type Admitted, Dispatcher } from './dispatcher.ts';
import type { Answer, Batch, Job, WorkerStart } from './protocol.ts';

export interface PoolOptions {
  readonly workers: number;
  readonly maxQueue: number;
  readonly deadlineMs: number;
  readonly trust: TrustMaterial;
  /** Secrets of this service's challenges, the issuing one first; left out: it issues none. */
  readonly challengeSecrets?: readonly Uint8Array[];
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

/** Longest a batch may run before its worker is replaced: a request takes well under 10 ms. */
const BATCH_TIMEOUT_MS = 10_000;

export class VerificationPool {
  readonly #piscina: Piscina<Batch, readonly Answer[]>;
  readonly #dispatcher: Dispatcher;
  readonly #workers: number;
  readonly #revocation: () => RevocationSnapshot;
  readonly #chunkSlots: Slots;

  constructor(options: PoolOptions) {
    const { trust, challengeSecrets = [] } = options;
    const start: WorkerStart = { trust, challengeSecrets };
    this.#workers = options.workers;
    this.#revocation = options.revocation;
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
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
      workerData: start,
    });
    this.#piscina.on('error', options.onWorkerError);
    this.#dispatcher = new Dispatcher({
      ...options,
      clock: () => performance.now(),
      run: (jobs) => this.#run({ jobs, revocation: options.revocation() }),
    });
  }

  /** Resolves once the workers can verify; rejects if one cannot (its self-test failed). */
  async start(): Promise<void> {
    const nothing = { jobs: [], revocation: this.#revocation() };
    await Promise.all(Array.from({ length: this.#workers }, () => this.#run(nothing)));
  }

  /** Admits a request, or throws `BusyFault` at once. */
  submit(job: Job): Admitted {
    return this.#dispatcher.submit(job);
  }

  /** Judges a chunk of batch records when its turn comes. Rejects when its worker dies. */
  judgeChunk(chunk: Chunk): Promise<ChunkResult> {
    return this.#chunkSlots.use(async () => {
      const options = { name: 'judgeChunk', signal: AbortSignal.timeout(BATCH_TIMEOUT_MS) };
      const result: unknown = await this.#piscina.run(chunk as never, options);
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
