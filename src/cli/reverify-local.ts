/** `attest reverify` on this machine. */
import { once } from 'node:events';
import type { RunContext, RunProgress } from '../batch/checkpoint.ts';
import { CrossChecker } from '../batch/cross-checker.ts';
import { recordingJudge } from '../batch/recheck-record.ts';
import { type RunEnd, runBatch } from '../batch/run.ts';
import type { Config } from '../config.ts';
import { shareTrust } from '../pool/shared-trust.ts';
import { VerificationPool } from '../pool/verification-pool.ts';
import { openSigner } from '../results/index.ts';
import { ROOTS } from '../sources/package-root.ts';
import { loadBundledSnapshot } from '../sources/revocation.ts';
import { parseCount } from './arguments.ts';
import type { Io } from './io.ts';
import type { ReverifyOptions } from './reverify.ts';
import type { RunFiles } from './reverify-files.ts';
import { placesOf } from './reverify-index.ts';
import { startRunProgress } from './run-progress.ts';

export interface LocalRun {
  readonly context: RunContext;
  readonly from: RunProgress;
  readonly files: RunFiles | null;
  readonly config: Config;
}

/** Judges with worker threads of this process. Throws what the output throws. */
export async function runHere(
  { context, from, files, config }: LocalRun,
  options: ReverifyOptions,
  io: Io,
): Promise<RunEnd> {
  const { terms, trust } = context;
  const shared = shareTrust(trust);
  const none = loadBundledSnapshot(ROOTS);
  const chunks = config.workers * 2;
  const pool = new VerificationPool({
    ...config,
    chunks,
    trust: () => shared,
    revocation: () => (terms.revocation === 'waived' ? none : terms.revocation),
    onPoison: () => {},
    onWorkerError: (cause) => io.err(`a worker ended: ${String(cause)}\n`),
  });
  const crossChecker =
    terms.crossCheckRate === 0 ? null : new CrossChecker(trust, files?.disagreements ?? null);
  const line = startRunProgress(io, process.stderr.isTTY === true, () => performance.now());
  try {
    await pool.start();
    return await runBatch({
      context,
      from,
      judge: recordingJudge(terms, openSigner(config), pool.openJudge()),
      ahead: chunks * 2,
      checkpoint: files?.checkpoint ?? null,
      checkpointMs: parseCount('--checkpoint-ms', 1)(options.checkpointMs),
      places: await placesOf(context.plan, options, io),
      stdin: io.stdin ?? process.stdin,
      write: (lines) => writeOut(lines, io),
      crossChecker,
      onProgress: line.update,
      onPoison: (number, cause) => io.err(`line ${number} ended two workers: ${String(cause)}\n`),
      shouldStop: () => options.stopOnDisagreement === true && crossChecker?.hasDisagreed === true,
    });
  } finally {
    line.stop();
    await crossChecker?.close();
    await pool.close();
  }
}

async function writeOut(lines: Uint8Array, io: Io): Promise<void> {
  io.out(Buffer.from(lines).toString('utf8'));
  if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
}
