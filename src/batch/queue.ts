/** The queue of shards, on Valkey or Redis: what a job is, and how often and how long it is tried. */
import { Queue, type QueueOptions } from 'bullmq';
import { Redis } from 'ioredis';

export const QUEUE_NAME = 'enigm-attest-shards';

/** What a worker is told: where the run is kept, and which shard to judge. */
export interface ShardJob {
  readonly folder: string;
  readonly run: string;
  readonly shard: number;
}

/** How far a worker is with a shard. */
export interface ShardProgress {
  readonly records: number;
}

/** A shard is tried this often before it is set aside with its reason. */
const ATTEMPTS = 4;
const FIRST_DELAY_MS = 500;

/** A worker that does not renew its lock within this time is dead, and its shard is given to another. */
export const LOCK_MS = 6000;
export const STALLED_CHECK_MS = 2000;

/** Workers that may die over one shard before it is taken for the cause. */
export const MAX_DEATHS = 5;

const CONNECT_TIMEOUT_MS = 5000;

/** Calls wait for a server that restarts, instead of failing. */
export function connectionOf(url: string): QueueOptions['connection'] {
  return { url, maxRetriesPerRequest: null, connectTimeout: CONNECT_TIMEOUT_MS };
}

/** What a server makes of us: `refused` will not change by waiting, `silent` may. */
export type Reception =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused' | 'silent'; readonly reason: string };

/** Asks the server once, before anything waits for it: its password may be another. */
export async function askServer(url: string): Promise<Reception> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: CONNECT_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let reason = '';
  // The event says why; the call only says that the connection ended.
  redis.on('error', (error: Error) => {
    reason = error.message;
  });
  try {
    await redis.connect();
    await redis.ping();
    return { kind: 'ready' };
  } catch (error) {
    reason ||= (error as Error).message;
    const isRefusal = /^(WRONGPASS|NOAUTH|NOPERM|ERR .*(auth|password))/i.test(reason);
    return { kind: isRefusal ? 'refused' : 'silent', reason };
  } finally {
    redis.disconnect();
  }
}

export function openQueue(url: string, onError: (error: Error) => void): Queue<ShardJob> {
  const queue = new Queue<ShardJob>(QUEUE_NAME, { connection: connectionOf(url) });
  queue.on('error', onError);
  return queue;
}

/** The same shard of the same run has one job, however often it is added. */
export function jobIdOf(run: string, shard: number): string {
  return `${run}-${shard}`;
}

/** Adds jobs that are not in the queue yet. */
export async function addJobs(queue: Queue<ShardJob>, jobs: readonly ShardJob[]): Promise<void> {
  await queue.addBulk(
    jobs.map((data) => ({
      name: 'shard',
      data,
      opts: {
        jobId: jobIdOf(data.run, data.shard),
        attempts: ATTEMPTS,
        backoff: { type: 'exponential', delay: FIRST_DELAY_MS },
        removeOnComplete: true,
        removeOnFail: false,
      },
    })),
  );
}
