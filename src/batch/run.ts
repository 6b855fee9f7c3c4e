/**
 * A run: every source through the judge into its output, in order, with a checkpoint every few seconds.
 * Stopped at any moment (kill, power cut, full disk), it goes on from the last checkpoint and ends with
 * the bytes of an uninterrupted run.
 */
import { existsSync, renameSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { type FaultBlock, type Position, readBlocks } from './blocks.ts';
import type { CheckpointFolder, RunContext, RunProgress } from './checkpoint.ts';
import type { CrossChecker } from './cross-checker.ts';
import { type Input, isUnchanged, openInput } from './inputs.ts';
import {
  type ChunkJudge,
  type JudgedBlock,
  judgeBlocks,
  positionAfter,
  type SourceBlock,
} from './judge-blocks.ts';
import { PartFile, partOf } from './part-file.ts';
import type { Unit } from './plan.ts';
import { type RecordPlace, readPlaces } from './serial-index.ts';
import { addTallies, type Tally } from './tally.ts';

export interface RunOptions {
  readonly context: RunContext;
  readonly from: RunProgress;
  readonly judge: ChunkJudge;
  /** Blocks on the way at once. */
  readonly ahead: number;
  /** Null where results go to standard output: such a run cannot be resumed. */
  readonly checkpoint: CheckpointFolder | null;
  readonly checkpointMs: number;
  readonly stdin: Readable;
  /** Where an index says which records to judge: their places, by name of the input. Else null. */
  readonly places: ReadonlyMap<string, readonly RecordPlace[]> | null;
  /** Where results go that have no file. Resolves when there is room for more. */
  readonly write: (lines: Uint8Array) => Promise<void>;
  readonly crossChecker: CrossChecker | null;
  readonly onProgress: (seen: Seen) => void;
  readonly onPoison: (line: number, cause: unknown) => void;
  /** Asks whether to stop at the next block: a signal, or a disagreement. */
  readonly shouldStop: () => boolean;
}

/** How far a run is. Bytes as they stand in the files, compressed or not. */
export interface Seen {
  readonly tally: Tally;
  readonly bytesRead: number;
  readonly bytesTotal: number;
}

export interface RunEnd {
  readonly tally: Tally;
  /** False: it was told to stop, and can be resumed. */
  readonly isComplete: boolean;
}

interface Source {
  readonly input: Input;
  readonly unit: number;
  /** Name for error lines, where one output holds results of several inputs. */
  readonly name: string | null;
}

/** Runs, or goes on. Throws what the output throws, after the output was cut back to whole lines. */
export async function runBatch(options: RunOptions): Promise<RunEnd> {
  return new Run(options).go();
}

class Run {
  readonly #options: RunOptions;
  readonly #units: readonly Unit[];
  readonly #sources: readonly Source[];
  readonly #bytesTotal: number;
  #progress: RunProgress;
  #part: PartFile | null = null;
  #bytesRead: () => number = () => 0;
  #lastCheckpoint = performance.now();

  constructor(options: RunOptions) {
    this.#options = options;
    this.#units = options.context.plan.units;
    this.#sources = sourcesOf(this.#units);
    this.#bytesTotal = this.#sources.reduce((sum, { input }) => sum + input.size, 0);
    this.#progress = options.from;
  }

  async go(): Promise<RunEnd> {
    const { judge, ahead, onPoison, shouldStop, context } = this.#options;
    const judged = judgeBlocks(this.#blocks(), { judge, terms: context.terms, ahead, onPoison });
    try {
      await this.#options.crossChecker?.open(this.#progress.disagreementBytes);
      for await (const block of judged) {
        await this.#take(block);
        if (shouldStop()) return await this.#stop();
      }
      await this.#finishUnits(this.#units.length);
      await this.#drainCrossChecks();
      return { tally: this.#progress.tally, isComplete: true };
    } finally {
      await this.#part?.close();
      this.#part = null;
    }
  }

  /** Blocks of all sources one after another, so that many small files keep the workers busy too. */
  async *#blocks(): AsyncGenerator<SourceBlock> {
    const { source: first, position } = this.#options.from;
    let bytesBefore = 0;
    for (const [source, { input, name }] of this.#sources.entries()) {
      if (source >= first) {
        const from = source === first ? position : { offset: 0, line: 1 };
        const { stream, bytesRead } = openInput(input, this.#options.stdin, from.offset);
        const before = bytesBefore;
        this.#bytesRead = () => before + bytesRead();
        const places = this.#options.places?.get(input.name);
        const blocks =
          places === undefined
            ? readBlocks(stream, from)
            : readPlaces(String(input.file), places, from.offset);
        let end = from;
        for await (const block of blocks) {
          yield { block, source, input: name };
          end = positionAfter(block);
        }
        const fault = changedSince(input, end);
        if (fault !== null) yield { block: fault, source, input: name };
      }
      bytesBefore += input.size;
    }
  }

  async #take({ source, next, bytes, tally, samples }: JudgedBlock): Promise<void> {
    const { unit } = this.#sources[source] as Source;
    await this.#finishUnits(unit);
    await this.#write(unit, bytes);
    this.#options.crossChecker?.submit(samples);
    this.#progress = {
      ...this.#progress,
      source,
      position: next,
      outputBytes: this.#part?.bytes ?? 0,
      tally: addTallies(this.#progress.tally, tally),
    };
    await this.#options.crossChecker?.makeRoom();
    if (performance.now() - this.#lastCheckpoint >= this.#options.checkpointMs) {
      await this.#save();
    }
    this.#report();
  }

  /** Finishes every output before `unit`: whatever comes next is not theirs. */
  async #finishUnits(unit: number): Promise<void> {
    while (this.#progress.unitsDone < unit) {
      const done = this.#progress.unitsDone;
      const { output } = this.#units[done] as Unit;
      if (output !== null) {
        // Also an output without a single record is a file.
        await this.#openPart(done);
        await this.#save();
        await this.#part?.finish();
        this.#part = null;
      }
      this.#progress = { ...this.#progress, unitsDone: done + 1, outputBytes: 0 };
      await this.#save();
    }
  }

  async #write(unit: number, bytes: Uint8Array): Promise<void> {
    const { output } = this.#units[unit] as Unit;
    if (output === null) return this.#options.write(bytes);
    await this.#openPart(unit);
    await this.#part?.append(bytes);
  }

  async #openPart(unit: number): Promise<void> {
    const { output } = this.#units[unit] as Unit;
    if (this.#part !== null || output === null) return;
    // It was complete, and the run ended before it could say so.
    if (!existsSync(partOf(output)) && existsSync(output)) renameSync(output, partOf(output));
    this.#part = await PartFile.open(output, this.#progress.outputBytes);
  }

  async #save(): Promise<void> {
    await this.#drainCrossChecks();
    await this.#part?.sync();
    await this.#options.checkpoint?.save(this.#progress);
    this.#lastCheckpoint = performance.now();
  }

  async #drainCrossChecks(): Promise<void> {
    const { crossChecker } = this.#options;
    if (crossChecker === null) return;
    const { bytes, crossChecked, disagreements } = await crossChecker.drain();
    const tally = { ...this.#progress.tally };
    this.#progress = {
      ...this.#progress,
      disagreementBytes: bytes,
      tally: {
        ...tally,
        crossChecked: tally.crossChecked + crossChecked,
        disagreements: tally.disagreements + disagreements,
      },
    };
  }

  async #stop(): Promise<RunEnd> {
    await this.#save();
    return { tally: this.#progress.tally, isComplete: false };
  }

  #report(): void {
    this.#options.onProgress({
      tally: this.#progress.tally,
      bytesRead: this.#bytesRead(),
      bytesTotal: this.#bytesTotal,
    });
  }
}

/** Whoever writes to a file while it is read may have taken records away: that must not pass for its end. */
function changedSince(input: Input, { offset, line }: Position): FaultBlock | null {
  if (isUnchanged(input)) return null;
  const text = 'the file has changed since the run began: records may be missing';
  const fault = { code: 'INPUT_UNREADABLE', text } as const;
  return { kind: 'fault', fault, firstLine: line, start: offset, end: offset };
}

function sourcesOf(units: readonly Unit[]): readonly Source[] {
  return units.flatMap(({ inputs }, unit) =>
    inputs.map((input) => ({ input, unit, name: inputs.length > 1 ? input.name : null })),
  );
}
