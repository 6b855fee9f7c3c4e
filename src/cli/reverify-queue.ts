/** `attest reverify --queue` and `attest worker`: batch work on many machines. */

import type { RunContext } from '../batch/checkpoint.ts';
import { type Coordinated, coordinate } from '../batch/coordinator.ts';
import { writeWhole } from '../batch/files.ts';
import { InputFault } from '../batch/inputs.ts';
import { askServer, openQueue } from '../batch/queue.ts';
import { startShardWorker } from '../batch/shard-worker.ts';
import { cutShards, type Shard } from '../batch/shards.ts';
import { FolderStorage } from '../batch/storage.ts';
import { loadConfig } from '../config.ts';
import { ConfigurationFault } from '../sources/document.ts';
import { parseCount } from './arguments.ts';
import { EXIT, type Io } from './io.ts';
import type { ReverifyOptions } from './reverify.ts';
import type { RunFiles } from './reverify-files.ts';
import { startRunProgress } from './run-progress.ts';
import { stopSignal } from './stop-signal.ts';

const POLL_MS = 250;

/** Refuses a server that will never take our work; one that does not answer yet only where that is no answer. */
async function expectServer(url: string, mayBeSilent: boolean): Promise<void> {
  const reception = await askServer(url);
  if (reception.kind === 'ready' || (mayBeSilent && reception.kind === 'silent')) return;
  const { host } = new URL(url);
  throw new ConfigurationFault(
    reception.kind === 'refused'
      ? `--queue: the server at ${host} refuses us: ${reception.reason}`
      : `--queue: no server answers at ${host}: ${reception.reason}`,
  );
}

/** Hands the shards of a run to workers and joins what they make of them. */
export async function runOnQueue(
  url: string,
  { context, files }: { readonly context: RunContext; readonly files: RunFiles },
  options: ReverifyOptions,
  io: Io,
): Promise<Coordinated> {
  await expectServer(url, true);
  const { folder } = files.checkpoint;
  const storage = new FolderStorage(folder);
  const shards = (await storage.loadShards()) ?? (await cut(context, storage, options));
  const queue = openQueue(url, (error) => io.err(`queue: ${error.message}\n`));
  const line = startRunProgress(io, process.stderr.isTTY === true, () => performance.now());
  let lastWarning = Number.NEGATIVE_INFINITY;
  try {
    const result = await coordinate({
      context,
      folder,
      shards,
      storage,
      queue,
      pollMs: POLL_MS,
      onProgress: (tally, done) =>
        line.update({ tally, bytesRead: done, bytesTotal: shards.length }),
      onNoWorkers: () => {
        if (performance.now() - lastWarning < WARN_MS) return;
        lastWarning = performance.now();
        io.err('no worker is connected; start some with `attest worker --queue URL`\n');
      },
    });
    if (result.poison.length > 0) {
      await writeWhole(files.poison, `${JSON.stringify(result.poison)}\n`);
      io.err(`${result.poison.length} shards were set aside: ${files.poison}\n`);
    }
    return result;
  } finally {
    line.stop();
    await queue.close();
  }
}

const WARN_MS = 10_000;

async function cut(
  { plan }: RunContext,
  storage: FolderStorage,
  { shardBytes }: ReverifyOptions,
): Promise<readonly Shard[]> {
  if (plan.units.some(({ inputs }) => inputs.some(({ file }) => file === null))) {
    throw new InputFault('-: standard input cannot be handed to other machines');
  }
  const shards = await cutShards(plan, parseCount('--shard-bytes', 1)(shardBytes));
  await storage.saveShards(shards);
  return shards;
}

/** `--status`: what the queue holds, who works on it, and how far each shard under way is. */
export async function showStatus(
  url: string,
  { format }: ReverifyOptions,
  io: Io,
): Promise<number> {
  await expectServer(url, false);
  const queue = openQueue(url, () => {});
  try {
    const counts = await queue.getJobCounts('waiting', 'active', 'delayed', 'failed');
    const workers = await queue.getWorkersCount();
    const active = (await queue.getActive()).map(({ data, progress, attemptsMade }) => ({
      run: data.run,
      shard: data.shard,
      attempt: attemptsMade + 1,
      progress,
    }));
    const failed = (await queue.getFailed()).map(({ data, failedReason }) => ({
      run: data.run,
      shard: data.shard,
      reason: failedReason,
    }));
    if (format === 'json') {
      io.out(`${JSON.stringify({ workers, shards: counts, active, failed })}\n`);
      return EXIT.accept;
    }
    const shards = Object.entries(counts).map(([state, number]) => `${number} ${state}`);
    io.out(`${workers} workers; shards: ${shards.join(', ')}\n`);
    for (const { run, shard, attempt, progress } of active) {
      io.out(`  ${run} shard ${shard}, attempt ${attempt}: ${JSON.stringify(progress)}\n`);
    }
    for (const { run, shard, reason } of failed) {
      io.out(`  ${run} shard ${shard} set aside: ${reason}\n`);
    }
    return EXIT.accept;
  } finally {
    await queue.close();
  }
}

export interface WorkerCommandOptions {
  readonly queue: string;
  readonly workers?: string;
}

/** `attest worker`: takes shards until it is told to stop. Gives the exit code. */
export async function work({ queue, workers }: WorkerCommandOptions, io: Io): Promise<number> {
  await expectServer(queue, true);
  const config = loadConfig(
    workers === undefined ? {} : { workers: parseCount('--workers', 1)(workers) },
  );
  const worker = await startShardWorker(queue, config, (line) => io.err(`${line}\n`));
  io.err(`enigm-attest worker (${config.environment}) takes shards\n`);
  await stopSignal();
  await worker.close();
  return EXIT.accept;
}
