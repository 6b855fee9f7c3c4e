/**
 * A run over many machines, from the side of whoever asked for it: cuts the input into shards, puts them in
 * the queue, and joins their results in order as they come. The storage says what is done; the queue only
 * says who does what, so that a queue that lost its memory costs time and no record.
 */
import type { Queue } from 'bullmq';
import type { RunContext } from './checkpoint.ts';
import { faultResult } from './judge-blocks.ts';
import { PartFile } from './part-file.ts';
import { addJobs, jobIdOf, type ShardJob } from './queue.ts';
import { parseRecord } from './record.ts';
import { shardBlocks } from './shard-judge.ts';
import type { Shard } from './shards.ts';
import type { RunStorage } from './storage.ts';
import { addTallies, NOTHING_COUNTED, type Tally } from './tally.ts';

export interface CoordinatorOptions {
  readonly context: RunContext;
  readonly folder: string;
  readonly shards: readonly Shard[];
  readonly storage: RunStorage;
  readonly queue: Queue<ShardJob>;
  /** Milliseconds between looks at what is done. */
  readonly pollMs: number;
  readonly onProgress: (tally: Tally, done: number) => void;
  /** Called now and then while no worker is connected. */
  readonly onNoWorkers: () => void;
}

/** A shard that could not be judged, for people to look at. */
export interface PoisonShard {
  readonly shard: Shard;
  readonly reason: string;
  readonly attempts: number;
}

export interface Coordinated {
  readonly tally: Tally;
  readonly poison: readonly PoisonShard[];
}

/** Looks at the queue between two of which shards that are not done are checked for. */
const QUEUE_LOOKS = 8;
const JOBS_AT_ONCE = 500;

/** Runs until every shard is done or set aside. */
export async function coordinate(options: CoordinatorOptions): Promise<Coordinated> {
  return new Coordinator(options).go();
}

class Coordinator {
  readonly #options: CoordinatorOptions;
  readonly #poison = new Map<number, PoisonShard>();
  #tally: Tally = NOTHING_COUNTED;
  #part: { readonly unit: number; readonly file: PartFile } | null = null;
  #unitsDone = 0;

  constructor(options: CoordinatorOptions) {
    this.#options = options;
  }

  async go(): Promise<Coordinated> {
    const { shards, onProgress, pollMs } = this.#options;
    await this.#retryFailed();
    await this.#addMissing(shards);
    let next = 0;
    for (let look = 1; next < shards.length; look += 1) {
      while (next < shards.length && (await this.#join(shards[next] as Shard))) next += 1;
      onProgress(this.#tally, next);
      if (next === shards.length) break;
      if (look % QUEUE_LOOKS === 0) await this.#lookAtQueue(shards.slice(next));
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
    await this.#finishUnits(this.#options.context.plan.units.length);
    return { tally: this.#tally, poison: [...this.#poison.values()] };
  }

  /** Appends the results of a shard. False: it is not done yet. */
  async #join(shard: Shard): Promise<boolean> {
    const result = await this.#options.storage.loadResult(shard.number);
    if (result !== null) {
      const part = await this.#partOf(shard.unit);
      const lines = this.#options.storage.readLines(shard.number);
      for await (const chunk of lines) await part.append(chunk as Uint8Array);
      this.#tally = addTallies(this.#tally, result.tally);
      return true;
    }
    const poison = this.#poison.get(shard.number);
    if (poison === undefined) return false;
    await this.#answerPoison(shard, poison);
    return true;
  }

  /** Every record of a shard that was set aside gets its result: why there is none. */
  async #answerPoison(shard: Shard, { reason }: PoisonShard): Promise<void> {
    const part = await this.#partOf(shard.unit);
    const fault = { code: 'SHARD_FAILED', text: reason } as const;
    for await (const { block, input } of shardBlocks(shard)) {
      const lines =
        block.kind === 'fault' ? [''] : Buffer.from(block.bytes).toString('utf8').split('\n');
      for (const [index, line] of lines.entries()) {
        if (line.trim() === '' && block.kind !== 'fault') continue;
        const parsed = parseRecord(line);
        const id = parsed.ok ? parsed.record.id : parsed.id;
        const answer = faultResult({ line: block.firstLine + index, input }, fault, id);
        await part.append(answer.bytes);
        this.#tally = addTallies(this.#tally, answer.tally);
      }
    }
  }

  async #partOf(unit: number): Promise<PartFile> {
    await this.#finishUnits(unit);
    if (this.#part === null) {
      const { output } = this.#options.context.plan.units[unit] as { output: string };
      this.#part = { unit, file: await PartFile.open(output, 0) };
    }
    return this.#part.file;
  }

  async #finishUnits(unit: number): Promise<void> {
    const { units } = this.#options.context.plan;
    while (this.#unitsDone < unit) {
      const { output } = units[this.#unitsDone] as { output: string };
      const file = this.#part?.file ?? (await PartFile.open(output, 0));
      await file.finish();
      this.#part = null;
      this.#unitsDone += 1;
    }
  }

  /** A resumed run tries again what had been given up. */
  async #retryFailed(): Promise<void> {
    const { queue, context } = this.#options;
    for (const job of await queue.getFailed()) {
      if (job.data.run === context.id) await job.remove();
    }
  }

  async #addMissing(shards: readonly Shard[]): Promise<void> {
    const { queue, storage, folder, context } = this.#options;
    let jobs: ShardJob[] = [];
    for (const { number } of shards) {
      if ((await storage.loadResult(number)) !== null) continue;
      jobs.push({ folder, run: context.id, shard: number });
      if (jobs.length < JOBS_AT_ONCE) continue;
      await addJobs(queue, jobs);
      jobs = [];
    }
    if (jobs.length > 0) await addJobs(queue, jobs);
  }

  /** Sets failed shards aside, and adds again those that the queue has forgotten. */
  async #lookAtQueue(open: readonly Shard[]): Promise<void> {
    const { queue, context, onNoWorkers } = this.#options;
    if ((await queue.getWorkersCount()) === 0) onNoWorkers();
    const forgotten: Shard[] = [];
    for (const shard of open.slice(0, JOBS_AT_ONCE)) {
      if (this.#poison.has(shard.number)) continue;
      const job = await queue.getJob(jobIdOf(context.id, shard.number));
      if (job === undefined) {
        forgotten.push(shard);
        continue;
      }
      if (!(await job.isFailed())) continue;
      const { failedReason: reason, attemptsMade: attempts } = job;
      this.#poison.set(shard.number, { shard, reason, attempts });
    }
    await this.#addMissing(forgotten);
  }
}
