/** A process that takes shards from the queue, one after another, until it is told to stop. */
import { UnrecoverableError, Worker } from 'bullmq';
import type { Config } from '../config.ts';
import { shareTrust } from '../pool/shared-trust.ts';
import { VerificationPool } from '../pool/verification-pool.ts';
import { openSigner } from '../results/index.ts';
import { ROOTS } from '../sources/package-root.ts';
import { loadBundledSnapshot } from '../sources/revocation.ts';
import type { RunContext } from './checkpoint.ts';
import type { ChunkJudge } from './judge-blocks.ts';
import {
  connectionOf,
  LOCK_MS,
  MAX_DEATHS,
  QUEUE_NAME,
  type ShardJob,
  type ShardProgress,
  STALLED_CHECK_MS,
} from './queue.ts';
import { recordingJudge } from './recheck-record.ts';
import { judgeShard } from './shard-judge.ts';
import { FolderStorage } from './storage.ts';

export interface ShardWorker {
  /** Finishes the shard under way, and ends. */
  readonly close: () => Promise<void>;
}

const PROGRESS_MS = 1000;

/** Starts a worker. `say`: one line about what happens. */
export async function startShardWorker(
  url: string,
  config: Config,
  say: (line: string) => void,
): Promise<ShardWorker> {
  const judges = new Judges(config, say);
  const worker = new Worker<ShardJob>(
    QUEUE_NAME,
    async (job) => {
      const { folder, run, shard: number } = job.data;
      const storage = new FolderStorage(folder);
      if ((await storage.loadResult(number)) !== null) return;
      const shard = (await storage.loadShards())?.[number];
      if (shard === undefined) throw new UnrecoverableError(`${folder}: no shard ${number}`);
      const { context, judge } = await judges.of(run, storage);
      let saidAt = 0;
      await judgeShard(shard, storage, {
        judge: recordingJudge(context.terms, openSigner(config), judge),
        terms: context.terms,
        ahead: config.workers * 4,
        onRecords: async (records) => {
          const now = performance.now();
          if (now - saidAt < PROGRESS_MS) return;
          saidAt = now;
          await job.updateProgress({ records } satisfies ShardProgress);
        },
        onPoison: (line, cause) => say(`line ${line} ended two workers: ${String(cause)}`),
      });
      say(`shard ${number} of ${run} is done`);
    },
    {
      connection: connectionOf(url),
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      maxStalledCount: MAX_DEATHS,
      concurrency: 1,
    },
  );
  worker.on('error', (error) => say(`queue: ${error.message}`));
  worker.on('failed', (job, error) => say(`shard ${job?.data.shard} failed: ${error.message}`));
  await worker.waitUntilReady();
  return {
    close: async () => {
      await worker.close();
      await judges.close();
    },
  };
}

interface Judge {
  readonly run: string;
  readonly context: RunContext;
  readonly pool: VerificationPool;
  readonly judge: ChunkJudge;
}

/** The pool of the run under way: each run brings the trust it was started with. */
class Judges {
  readonly #config: Config;
  readonly #say: (line: string) => void;
  #current: Judge | null = null;

  constructor(config: Config, say: (line: string) => void) {
    this.#config = config;
    this.#say = say;
  }

  async of(run: string, storage: FolderStorage): Promise<Judge> {
    if (this.#current?.run === run) return this.#current;
    await this.close();
    const context = await storage.loadContext();
    const { environment } = context.trust;
    // What development trusts has a public key: a production worker must not put its name to it.
    if (environment === 'development' && this.#config.environment === 'production') {
      throw new UnrecoverableError('the run is of the development environment, this worker is not');
    }
    const none = loadBundledSnapshot(ROOTS);
    const { revocation } = context.terms;
    const trust = shareTrust(context.trust);
    const pool = new VerificationPool({
      ...this.#config,
      chunks: this.#config.workers * 2,
      trust: () => trust,
      revocation: () => (revocation === 'waived' ? none : revocation),
      onPoison: () => {},
      onWorkerError: (cause) => this.#say(`a worker thread ended: ${String(cause)}`),
    });
    await pool.start();
    this.#current = { run, context, pool, judge: pool.openJudge() };
    return this.#current;
  }

  async close(): Promise<void> {
    await this.#current?.pool.close();
    this.#current = null;
  }
}
