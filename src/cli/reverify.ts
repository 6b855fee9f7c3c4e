/** `attest reverify`: judge stored evidence again, as much of it as there is. */
import path from 'node:path';
import { compareResults } from '../batch/changes.ts';
import { NOTHING_DONE, type RunContext } from '../batch/checkpoint.ts';
import { writeWhole } from '../batch/files.ts';
import { findInputs, InputFault } from '../batch/inputs.ts';
import { type Plan, planRun } from '../batch/plan.ts';
import { lockRun } from '../batch/run-lock.ts';
import { renderSummary, type Summary } from '../batch/summary.ts';
import type { Tally } from '../batch/tally.ts';
import { type Config, loadConfig } from '../config.ts';
import { toRfc3339 } from '../core/base/index.ts';
import { StatusListFault } from '../core/revocation/index.ts';
import { ConfigurationFault } from '../sources/document.ts';
import { parseCount } from './arguments.ts';
import { EXIT, type Io, UsageFault } from './io.ts';
import { buildContext } from './reverify-context.ts';
import { loadFinished, type RunFiles, refuseExisting, runFilesOf } from './reverify-files.ts';
import { runHere } from './reverify-local.ts';
import { askedOf, checkAsked, checkInputs } from './reverify-resume.ts';

export interface ReverifyOptions {
  readonly in?: readonly string[];
  readonly out?: string;
  readonly policy?: string;
  readonly revocation?: string;
  readonly anchors?: string;
  readonly full?: boolean;
  readonly changedSince?: string;
  readonly resume?: boolean;
  readonly onlyListed?: readonly string[];
  readonly index?: string;
  readonly find?: readonly string[];
  readonly records?: boolean;
  readonly crossCheckRate?: string;
  readonly stopOnDisagreement?: boolean;
  readonly checkpointMs: string;
  readonly queue?: string;
  readonly status?: boolean;
  readonly shardBytes: string;
  readonly workers?: string;
  readonly format?: 'text' | 'json';
}

/** Gives the exit code. */
export async function reverify(options: ReverifyOptions, io: Io): Promise<number> {
  try {
    return await reverifyOrThrow(options, io);
  } catch (error) {
    if (error instanceof InputFault) throw new UsageFault(error.message);
    if (error instanceof StatusListFault) throw new ConfigurationFault(error.message);
    throw error;
  }
}

async function reverifyOrThrow(options: ReverifyOptions, io: Io): Promise<number> {
  if (options.status === true) {
    if (options.queue === undefined) throw new UsageFault('--status needs --queue URL');
    const { showStatus } = await import('./reverify-queue.ts');
    return showStatus(options.queue, options, io);
  }
  if (options.find !== undefined) {
    const { findInIndex } = await import('./reverify-index.ts');
    return findInIndex(options.find, options, io);
  }
  if (options.in === undefined) throw new UsageFault('--in FILE, DIR or - is needed');
  if (options.out === undefined) throw new UsageFault('--out FILE, DIR or - is needed');
  const config = loadConfig(
    options.workers === undefined ? {} : { workers: parseCount('--workers', 1)(options.workers) },
  );
  const resolve = (place: string): string => (place === '-' ? '-' : path.resolve(io.folder, place));
  const { in: places, out } = options;
  const plan = planRun(places.map(resolve), {
    text: out,
    place: path.resolve(io.folder, out),
  });
  const files = runFilesOf(plan);
  // Before anything of the run is read: whoever holds it may be changing it.
  const release = plan.base === null ? null : await lockRun(plan.base, io.now());
  try {
    return await begin(plan, files, config, options, io);
  } finally {
    await release?.();
  }
}

/** Starts the run, or goes on with it. */
async function begin(
  plan: Plan,
  files: RunFiles | null,
  config: Config,
  options: ReverifyOptions,
  io: Io,
): Promise<number> {
  const finished = options.resume ? await loadFinished(plan, files) : null;
  if (finished !== null) {
    io.err('the run is complete; there is nothing to resume\n');
    return end(finished, options, io);
  }
  const stopped = options.resume && files !== null ? await files.checkpoint.load() : null;
  if (stopped === null) refuseExisting(plan, files);
  else {
    checkInputs(stopped.context, plan);
    checkAsked(stopped.context.asked, askedOf(options, io));
  }
  const context = stopped?.context ?? (await buildContext(plan, options, config, io));
  if (stopped === null) await files?.checkpoint.begin(context);
  return run({ context, from: stopped?.progress ?? NOTHING_DONE, files, config }, options, io);
}

/** Here, or on whatever machines take the shards. */
async function run(
  { context, from, files, config }: Parameters<typeof runHere>[0],
  options: ReverifyOptions,
  io: Io,
): Promise<number> {
  const { queue } = options;
  try {
    const { tally, isComplete } =
      queue === undefined
        ? await runHere({ context, from, files, config }, options, io)
        : await onQueue(queue, { context, files }, options, io);
    return end(await summarise({ context, tally, isComplete, files }, options, io), options, io);
  } catch (error) {
    if (files === null || !isOutputFailure(error)) throw error;
    io.err(`the output cannot be written (${error.code}); make room and go on with --resume\n`);
    return EXIT.internal;
  }
}

async function onQueue(
  url: string,
  { context, files }: { readonly context: RunContext; readonly files: RunFiles | null },
  options: ReverifyOptions,
  io: Io,
): Promise<{ readonly tally: Tally; readonly isComplete: boolean }> {
  if (files === null) throw new UsageFault('--queue needs --out FILE or DIR');
  if (context.terms.crossCheckRate > 0) {
    throw new UsageFault('--cross-check-rate is for runs on this machine, without --queue');
  }
  const { runOnQueue } = await import('./reverify-queue.ts');
  const { tally } = await runOnQueue(url, { context, files }, options, io);
  return { tally, isComplete: true };
}

interface Ran {
  readonly context: RunContext;
  readonly tally: Tally;
  readonly isComplete: boolean;
  readonly files: RunFiles | null;
}

async function summarise(
  { context, tally, isComplete, files }: Ran,
  { changedSince }: ReverifyOptions,
  io: Io,
): Promise<Summary> {
  const { terms, plan } = context;
  const outputs = plan.units.flatMap(({ output }) => output ?? []);
  const changes =
    changedSince === undefined || files === null || !isComplete
      ? null
      : await compareResults(
          findInputs(path.resolve(io.folder, changedSince)).flatMap(({ file }) => file ?? []),
          outputs,
          files.changes,
        );
  const summary: Summary = {
    ...tally,
    complete: isComplete,
    appraisedAt: toRfc3339(terms.appraisedAt),
    snapshot: terms.revocation === 'waived' ? null : terms.revocation.id,
    changes,
  };
  if (files !== null && isComplete) {
    await writeWhole(files.summary, `${JSON.stringify(summary)}\n`);
    await files.checkpoint.remove();
  }
  return summary;
}

/** Says what was done, and gives the exit code for it: 65 beats 1 beats 2. */
function end(
  summary: Summary,
  { format, out, stopOnDisagreement }: ReverifyOptions,
  io: Io,
): number {
  const print = out === '-' ? io.err : io.out;
  print(format === 'json' ? `${JSON.stringify(summary)}\n` : renderSummary(summary));
  const { outcomes, disagreements } = summary;
  if (stopOnDisagreement && disagreements > 0) return EXIT.internal;
  if (outcomes.error > 0) return EXIT.unreadable;
  if (outcomes.reject > 0) return EXIT.reject;
  return outcomes.inconclusive > 0 ? EXIT.inconclusive : EXIT.accept;
}

function isOutputFailure(error: unknown): error is NodeJS.ErrnoException {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG' || code === 'EIO';
}
