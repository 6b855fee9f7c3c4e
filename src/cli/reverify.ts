/** `attest reverify`: judge stored evidence again, as much of it as there is. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { compareResults } from '../batch/changes.ts';
import {
  CheckpointFolder,
  NOTHING_DONE,
  type RunContext,
  type RunProgress,
} from '../batch/checkpoint.ts';
import { CrossChecker } from '../batch/cross-checker.ts';
import { readIfThere, writeWhole } from '../batch/files.ts';
import { compileSerials, newlyListed } from '../batch/impact.ts';
import { findInputs, InputFault, isUnchanged } from '../batch/inputs.ts';
import { partOf } from '../batch/part-file.ts';
import { type Plan, planRun } from '../batch/plan.ts';
import type { RunTerms } from '../batch/protocol.ts';
import { runBatch } from '../batch/run.ts';
import { renderSummary, type Summary } from '../batch/summary.ts';
import type { Tally } from '../batch/tally.ts';
import { type Config, loadConfig } from '../config.ts';
import { toRfc3339 } from '../core/base/index.ts';
import { StatusListFault } from '../core/revocation/index.ts';
import { VerificationPool } from '../pool/verification-pool.ts';
import { loadTestAnchors } from '../sources/anchors.ts';
import { ConfigurationFault, loadText } from '../sources/document.ts';
import { ROOTS } from '../sources/package-root.ts';
import { loadBundledSnapshot, loadSnapshotWith } from '../sources/revocation.ts';
import { loadTrustMaterial, type TrustMaterial } from '../sources/trust.ts';
import { parseCount, parseShare } from './arguments.ts';
import { EXIT, type Io, UsageFault } from './io.ts';
import { startRunProgress } from './run-progress.ts';

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
  readonly crossCheckRate?: string;
  readonly stopOnDisagreement?: boolean;
  readonly checkpointMs: string;
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
  const names = namesOf(plan);
  const finished = options.resume ? await loadFinished(plan, names) : null;
  if (finished !== null) {
    io.err('the run is complete; there is nothing to resume\n');
    return end(finished, options, io);
  }
  const stopped = options.resume && names !== null ? await names.checkpoint.load() : null;
  if (stopped === null) refuseExisting(plan, names);
  else checkInputs(stopped.context);
  const context = stopped?.context ?? buildContext(plan, options, config, io);
  if (stopped === null) await names?.checkpoint.begin(context);
  return run({ context, from: stopped?.progress ?? NOTHING_DONE, names, config }, options, io);
}

/** Files of a run beside its results. */
interface Names {
  readonly checkpoint: CheckpointFolder;
  readonly summary: string;
  readonly changes: string;
  readonly disagreements: string;
}

function namesOf({ base }: Plan): Names | null {
  if (base === null) return null;
  return {
    checkpoint: new CheckpointFolder(`${base}.run`),
    summary: `${base}.summary.json`,
    changes: `${base}.changes.ndjson`,
    disagreements: `${base}.disagreements.ndjson`,
  };
}

/** The summary of the run that made these outputs, if it came to its end. */
async function loadFinished(plan: Plan, names: Names | null): Promise<Summary | null> {
  if (names === null || existsSync(names.checkpoint.folder)) return null;
  if (!plan.units.every(({ output }) => output !== null && existsSync(output))) return null;
  const text = await readIfThere(names.summary);
  return text === null ? null : (JSON.parse(text) as Summary);
}

function refuseExisting({ units }: Plan, names: Names | null): void {
  if (names !== null && existsSync(names.checkpoint.folder)) {
    throw new UsageFault(
      `${names.checkpoint.folder}: an unfinished run is kept here; go on with --resume, or remove it`,
    );
  }
  for (const { output } of units) {
    if (output === null) continue;
    if (existsSync(output)) {
      throw new UsageFault(`${output}: exists already; name another --out, or remove it`);
    }
    // A part without a checkpoint belongs to no run.
    rmSync(partOf(output), { force: true });
  }
}

function checkInputs({ plan }: RunContext): void {
  for (const input of plan.units.flatMap(({ inputs }) => inputs)) {
    if (isUnchanged(input)) continue;
    throw new UsageFault(`${input.file}: has changed since the run began; it cannot be resumed`);
  }
}

function buildContext(plan: Plan, options: ReverifyOptions, config: Config, io: Io): RunContext {
  const trust = loadTrust(options, config, io);
  const { policy = null } = options;
  if (policy !== null && !trust.policies.some(({ id }) => id === policy)) {
    const known = trust.policies.map(({ id }) => id).join(', ');
    throw new ConfigurationFault(`no policy ${policy}; there are ${known}`);
  }
  const rate = options.crossCheckRate;
  const terms: RunTerms = {
    appraisedAt: io.now(),
    revocation: loadRevocation(options, io),
    policy,
    form: options.full ? 'full' : 'brief',
    facts: false,
    only: loadOnly(options, io),
    crossCheckRate: rate === undefined ? 0 : parseShare(rate),
  };
  return { format: 1, id: randomUUID(), plan, terms, trust };
}

function loadTrust({ anchors }: ReverifyOptions, config: Config, io: Io): TrustMaterial {
  const material = loadTrustMaterial(config);
  if (anchors === undefined) return material;
  const { material: own } = loadTestAnchors(path.resolve(io.folder, anchors));
  return { ...material, environment: 'test', anchors: own };
}

function loadRevocation({ revocation, anchors }: ReverifyOptions, io: Io): RunTerms['revocation'] {
  if (revocation === 'none') return 'waived';
  const folder = anchors === undefined ? ROOTS : path.resolve(io.folder, anchors);
  return revocation === undefined
    ? loadBundledSnapshot(folder)
    : loadSnapshotWith(path.resolve(io.folder, revocation), folder);
}

function loadOnly({ onlyListed }: ReverifyOptions, io: Io): RunTerms['only'] {
  if (onlyListed === undefined) return null;
  const [older, newer, ...others] = onlyListed.map((file) =>
    loadText(path.resolve(io.folder, file)),
  );
  if (older === undefined || newer === undefined || others.length > 0) {
    throw new UsageFault('--only-listed takes two status lists, OLD and NEW');
  }
  const entries = newlyListed(older, newer);
  io.err(`${entries.length} serials are newly listed\n`);
  return compileSerials(entries);
}

interface Prepared {
  readonly context: RunContext;
  readonly from: RunProgress;
  readonly names: Names | null;
  readonly config: Config;
}

async function run(prepared: Prepared, options: ReverifyOptions, io: Io): Promise<number> {
  const { context, from, names, config } = prepared;
  const { terms, trust } = context;
  const none = loadBundledSnapshot(ROOTS);
  const chunks = config.workers * 2;
  const pool = new VerificationPool({
    ...config,
    chunks,
    trust,
    revocation: () => (terms.revocation === 'waived' ? none : terms.revocation),
    onPoison: () => {},
    onWorkerError: (cause) => io.err(`a worker ended: ${String(cause)}\n`),
  });
  const crossChecker =
    terms.crossCheckRate === 0 ? null : new CrossChecker(trust, names?.disagreements ?? null);
  const line = startRunProgress(io, process.stderr.isTTY === true, () => performance.now());
  try {
    await pool.start();
    const { tally, isComplete } = await runBatch({
      context,
      from,
      judge: (chunk) => pool.judgeChunk(chunk),
      ahead: chunks * 2,
      checkpoint: names?.checkpoint ?? null,
      checkpointMs: parseCount('--checkpoint-ms', 1)(options.checkpointMs),
      stdin: io.stdin ?? process.stdin,
      write: (lines) => writeOut(lines, io),
      crossChecker,
      onProgress: line.update,
      onPoison: (number, cause) => io.err(`line ${number} ended two workers: ${String(cause)}\n`),
      shouldStop: () => options.stopOnDisagreement === true && crossChecker?.hasDisagreed === true,
    });
    line.stop();
    const summary = await summarise({ context, tally, isComplete, names }, options, io);
    return end(summary, options, io);
  } catch (error) {
    line.stop();
    if (names !== null && isOutputFailure(error)) {
      io.err(`the output cannot be written (${error.code}); make room and go on with --resume\n`);
      return EXIT.internal;
    }
    throw error;
  } finally {
    await crossChecker?.close();
    await pool.close();
  }
}

interface Ran {
  readonly context: RunContext;
  readonly tally: Tally;
  readonly isComplete: boolean;
  readonly names: Names | null;
}

async function summarise(
  { context, tally, isComplete, names }: Ran,
  { changedSince }: ReverifyOptions,
  io: Io,
): Promise<Summary> {
  const { terms, plan } = context;
  const outputs = plan.units.flatMap(({ output }) => output ?? []);
  const changes =
    changedSince === undefined || names === null || !isComplete
      ? null
      : await compareResults(
          findInputs(path.resolve(io.folder, changedSince)).flatMap(({ file }) => file ?? []),
          outputs,
          names.changes,
        );
  const summary: Summary = {
    ...tally,
    complete: isComplete,
    appraisedAt: toRfc3339(terms.appraisedAt),
    snapshot: terms.revocation === 'waived' ? null : terms.revocation.id,
    changes,
  };
  if (names !== null && isComplete) {
    await writeWhole(names.summary, `${JSON.stringify(summary)}\n`);
    await names.checkpoint.remove();
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

async function writeOut(lines: Uint8Array, io: Io): Promise<void> {
  io.out(Buffer.from(lines).toString('utf8'));
  if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
}

function isOutputFailure(error: unknown): error is NodeJS.ErrnoException {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG' || code === 'EIO';
}
