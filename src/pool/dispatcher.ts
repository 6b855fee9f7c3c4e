/**
 * Admission and batches: requests wait in a bounded queue, and a worker that is free takes what has
 * gathered. At most one batch a worker is in flight, so that batches form by themselves under load and
 * a lone request never waits for company.
 *
 * A worker that dies takes its batch with it; each request of that batch is tried once more, alone. One
 * that kills its worker again is answered with a fault and named in the log by its digest.
 */
import type { Answer, Batch, Job } from './protocol.ts';

/** The service cannot take this request now. */
export class BusyFault extends Error {
  readonly code = 'SERVICE_BUSY';
}

/** A request that could not be answered for a reason that is ours. */
export class VerificationFault extends Error {
  readonly code = 'INTERNAL';
}

export interface DispatcherOptions {
  /** How many batches may be in flight: the number of workers. */
  readonly workers: number;
  readonly maxQueue: number;
  /** How many requests a worker takes at once, at most; by default as many as hide the cost of a hop. */
  readonly maxBatch?: number;
  /**
   * Milliseconds that a batch may be expected to take, by what requests took lately: the cheaper they are, the more of
   * them, up to `maxBatch`. Left out: as many whatever they take.
   */
  readonly batchMs?: number;
  /** Milliseconds from arrival after which a request is refused. */
  readonly deadlineMs: number;
  /**
   * Whether batches run on threads of their own: one that is free is then handed what waits before the answers of its
   * last batch are written, which takes this thread a third as long as the batch took.
   */
  readonly handsOverFirst?: boolean;
  /** Runs a batch on a free worker. Rejects when the worker dies. */
  readonly run: (jobs: Batch['jobs']) => Promise<readonly Answer[]>;
  /** Milliseconds, never going back. */
  readonly clock: () => number;
  /** Called for a request that killed two workers. */
  readonly onPoison: (job: Job, cause: unknown) => void;
}

/** Ten requests hide the cost of a hop; more only lengthen the wait of the first (`npm run bench`). */
const MAX_BATCH = 16;
/** However dear requests are, and as long as nothing is known of them: fewer share no step that is worth it. */
const FEWEST_IN_BATCH = 8;

interface Waiting {
  readonly job: Job;
  readonly expiresAt: number;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (fault: Error) => void;
}

/** Weight of the latest batch in the running mean of what a request takes. */
const LATEST_SHARE = 0.2;

/** A request that has been admitted. */
export interface Admitted {
  readonly answer: Promise<Answer>;
  /** The caller went away: forget the request if it still waits. */
  readonly abandon: () => void;
}

export class Dispatcher {
  readonly #options: DispatcherOptions;
  #queue: Waiting[] = [];
  #inFlight = 0;
  #isScheduled = false;
  /** When what has expired is looked for next; infinite while nothing waits. */
  #nextSweep = Number.POSITIVE_INFINITY;
  #sweep: NodeJS.Timeout | undefined;
  /** Running mean of how long a worker is busy for one request, in milliseconds. */
  #msPerJob = 0;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Requests that wait for a worker. */
  get queueLength(): number {
    return this.#queue.length;
  }

  /**
   * Admits a request, or throws `BusyFault` at once: when the queue is full, and when those before it
   * will keep the workers busy past its deadline, which counts from when it began to arrive.
   */
  submit(job: Job): Admitted {
    const { maxQueue, deadlineMs, clock, workers } = this.#options;
    if (this.#queue.length >= maxQueue) throw new BusyFault('the queue is full');
    const now = clock();
    const expiresAt = (job.arrivedAt ?? now) + deadlineMs;
    if (now + (this.#queue.length * this.#msPerJob) / workers >= expiresAt) {
      throw new BusyFault('the deadline would pass before a worker is free');
    }
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const waiting: Waiting = { job, expiresAt, resolve, reject };
    this.#queue.push(waiting);
    this.#sweepAt(expiresAt);
    this.#schedule();
    return { answer: promise, abandon: () => this.#forget(waiting) };
  }

  /** A deadline is kept also while every worker is busy: a caller hears of it when it passes. */
  #sweepAt(expiresAt: number): void {
    // One that was slow to arrive is due before those that wait already.
    if (expiresAt >= this.#nextSweep) return;
    clearTimeout(this.#sweep);
    this.#nextSweep = expiresAt;
    const wait = Math.max(1, expiresAt - this.#options.clock());
    this.#sweep = setTimeout(() => this.#refuseExpired(), wait).unref();
  }

  #refuseExpired(): void {
    this.#nextSweep = Number.POSITIVE_INFINITY;
    const now = this.#options.clock();
    const expired = this.#queue.filter(({ expiresAt }) => now >= expiresAt);
    this.#queue = this.#queue.filter(({ expiresAt }) => now < expiresAt);
    for (const { reject } of expired) reject(new BusyFault('the deadline passed'));
    for (const { expiresAt } of this.#queue) this.#sweepAt(expiresAt);
  }

  /** Gives its place to another at once. What a worker has already is answered to nobody. */
  #forget(waiting: Waiting): void {
    const at = this.#queue.indexOf(waiting);
    if (at < 0) return;
    this.#queue.splice(at, 1);
    waiting.reject(new BusyFault('the caller went away'));
  }

  /** Refuses everything that waits. What is in flight is answered. */
  refuseWaiting(): void {
    for (const { reject } of this.#queue) reject(new BusyFault('the service is stopping'));
    this.#queue = [];
  }

  /** Lets requests that arrive in one turn of the event loop gather before a worker takes them. */
  #schedule(): void {
    if (this.#isScheduled || this.#inFlight >= this.#options.workers) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#dispatch();
    });
  }

  #dispatch(): void {
    for (;;) {
      const free = this.#options.workers - this.#inFlight;
      if (free <= 0) return;
      const batch = this.#take(Math.min(this.#batchSize, Math.ceil(this.#queue.length / free)));
      if (batch.length === 0) return;
      void this.#answer(batch);
    }
  }

  /** How many requests a worker takes now, at most. */
  get #batchSize(): number {
    const { maxBatch = MAX_BATCH, batchMs } = this.#options;
    if (batchMs === undefined) return maxBatch;
    const fitting = this.#msPerJob === 0 ? 0 : Math.floor(batchMs / this.#msPerJob);
    return Math.min(maxBatch, Math.max(FEWEST_IN_BATCH, fitting));
  }

  /** Takes up to `count` requests that are still wanted. */
  #take(count: number): Waiting[] {
    const now = this.#options.clock();
    const batch: Waiting[] = [];
    let taken = 0;
    while (batch.length < count && taken < this.#queue.length) {
      const waiting = this.#queue[taken] as Waiting;
      taken += 1;
      if (now >= waiting.expiresAt) waiting.reject(new BusyFault('the deadline passed'));
      else batch.push(waiting);
    }
    this.#queue.splice(0, taken);
    return batch;
  }

  async #answer(batch: readonly Waiting[]): Promise<void> {
    this.#inFlight += 1;
    let answers: readonly Answer[] = [];
    try {
      answers = await this.#run(batch);
    } catch (cause) {
      await this.#retryEach(batch, cause);
    } finally {
      this.#inFlight -= 1;
      if (this.#options.handsOverFirst === true) this.#dispatch();
      else this.#schedule();
    }
    for (const [index, answer] of answers.entries()) batch[index]?.resolve(answer);
  }

  async #run(batch: readonly Waiting[]): Promise<readonly Answer[]> {
    const started = this.#options.clock();
    const answers = await this.#options.run(Array.from(batch, ({ job }) => job));
    // One that is missing would leave its caller waiting for ever.
    if (answers.length !== batch.length) throw new RangeError('a worker lost answers');
    const latest = (this.#options.clock() - started) / batch.length;
    this.#msPerJob += LATEST_SHARE * (latest - this.#msPerJob);
    return answers;
  }

  async #retryEach(batch: readonly Waiting[], cause: unknown): Promise<void> {
    for (const waiting of batch) {
      if (this.#options.clock() >= waiting.expiresAt) {
        waiting.reject(new BusyFault('the deadline passed'));
        continue;
      }
      try {
        const [answer] = await this.#run([waiting]);
        waiting.resolve(answer as Answer);
      } catch (again) {
        this.#options.onPoison(waiting.job, again);
        waiting.reject(new VerificationFault('verification failed', { cause: again ?? cause }));
      }
    }
  }
}
