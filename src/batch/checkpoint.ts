/**
 * What a run needs to go on where it stopped. The context is written once: everything the results depend
 * on, so that a resumed run gives the bytes of an uninterrupted one. Progress is written every few
 * seconds, after the output it speaks of is on disk.
 */
import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { TrustMaterial } from '../sources/trust.ts';
import type { Position } from './blocks.ts';
import { readIfThere, writeWhole } from './files.ts';
import { fromJson, toJson } from './json.ts';
import type { Plan } from './plan.ts';
import type { RunTerms } from './protocol.ts';
import { NOTHING_COUNTED, type Tally } from './tally.ts';

/** Fixed when the run starts. */
export interface RunContext {
  readonly format: 1;
  readonly id: string;
  /** What whoever started it asked for, by option: who resumes it may not ask for something else. */
  readonly asked: Readonly<Record<string, string>>;
  readonly plan: Plan;
  readonly terms: RunTerms;
  readonly trust: TrustMaterial;
}

export interface RunProgress {
  /** Index among all sources of the run, and where in it. */
  readonly source: number;
  readonly position: Position;
  /** Outputs that are complete. */
  readonly unitsDone: number;
  /** Of the output under way. */
  readonly outputBytes: number;
  readonly disagreementBytes: number;
  readonly tally: Tally;
}

export const NOTHING_DONE: RunProgress = Object.freeze({
  source: 0,
  position: { offset: 0, line: 1 },
  unitsDone: 0,
  outputBytes: 0,
  disagreementBytes: 0,
  tally: NOTHING_COUNTED,
});

/** The folder of one run's state. */
export class CheckpointFolder {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** The run that stopped here, or null. */
  async load(): Promise<{ context: RunContext; progress: RunProgress } | null> {
    const context = await readIfThere(this.#contextFile);
    if (context === null) return null;
    const progress = await readIfThere(this.#progressFile);
    return {
      context: fromJson(context) as RunContext,
      progress: progress === null ? NOTHING_DONE : (JSON.parse(progress) as RunProgress),
    };
  }

  async begin(context: RunContext): Promise<void> {
    mkdirSync(this.folder, { recursive: true });
    await writeWhole(this.#contextFile, toJson(context));
  }

  async save(progress: RunProgress): Promise<void> {
    await writeWhole(this.#progressFile, JSON.stringify(progress));
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  get #contextFile(): string {
    return path.join(this.folder, 'context.json');
  }

  get #progressFile(): string {
    return path.join(this.folder, 'progress.json');
  }
}
