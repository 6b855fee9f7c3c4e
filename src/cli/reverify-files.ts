/** Files of a batch run: what stands beside the results, and when they may be written. */
import { existsSync, rmSync } from 'node:fs';
import { CheckpointFolder } from '../batch/checkpoint.ts';
import { readIfThere } from '../batch/files.ts';
import { partOf } from '../batch/part-file.ts';
import type { Plan } from '../batch/plan.ts';
import type { Summary } from '../batch/summary.ts';
import { UsageFault } from './io.ts';

/** Files of a run beside its results. */
export interface RunFiles {
  readonly checkpoint: CheckpointFolder;
  readonly summary: string;
  readonly changes: string;
  readonly disagreements: string;
  /** Shards of a run over many machines that were set aside. */
  readonly poison: string;
}

export function runFilesOf({ base }: Plan): RunFiles | null {
  if (base === null) return null;
  return {
    checkpoint: new CheckpointFolder(`${base}.run`),
    summary: `${base}.summary.json`,
    changes: `${base}.changes.ndjson`,
    disagreements: `${base}.disagreements.ndjson`,
    poison: `${base}.poison.json`,
  };
}

/** The summary of the run that made these outputs, if it came to its end. */
export async function loadFinished(plan: Plan, names: RunFiles | null): Promise<Summary | null> {
  if (names === null || existsSync(names.checkpoint.folder)) return null;
  if (!plan.units.every(({ output }) => output !== null && existsSync(output))) return null;
  const text = await readIfThere(names.summary);
  return text === null ? null : (JSON.parse(text) as Summary);
}

/** Existing results are never overwritten. */
export function refuseExisting({ units }: Plan, names: RunFiles | null): void {
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
