/**
 * Where a run over many machines keeps its state: what workers read and write. A folder that all of them
 * see is one; an object store would be another behind the same few calls.
 */

import { randomUUID } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { CheckpointFolder, type RunContext } from './checkpoint.ts';
import { readIfThere, syncFolder, writeWhole } from './files.ts';
import type { Shard } from './shards.ts';
import type { Tally } from './tally.ts';

/** What is known of a shard that is done. */
export interface ShardResult {
  readonly tally: Tally;
  /** SHA-256 of its result lines: a shard done twice has one. */
  readonly sha256: string;
}

export interface RunStorage {
  readonly loadContext: () => Promise<RunContext>;
  readonly saveShards: (shards: readonly Shard[]) => Promise<void>;
  /** Null: not cut yet. */
  readonly loadShards: () => Promise<readonly Shard[] | null>;
  /** Null: not done yet. */
  readonly loadResult: (shard: number) => Promise<ShardResult | null>;
  /** Result lines of a shard that is done. */
  readonly readLines: (shard: number) => Readable;
  /** Takes the lines of a shard as they come; `finish` makes them visible, whole. */
  readonly writeLines: (shard: number) => Promise<ShardWriter>;
}

export interface ShardWriter {
  readonly append: (lines: Uint8Array) => Promise<void>;
  readonly finish: (result: ShardResult) => Promise<void>;
  /** Drops what was written. */
  readonly abandon: () => Promise<void>;
}

/** A run's folder, on a disk that every machine of the run sees under the same path. */
export class FolderStorage implements RunStorage {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(path.join(folder, 'shards'), { recursive: true });
  }

  readonly loadContext = async (): Promise<RunContext> => {
    const stored = await new CheckpointFolder(this.#folder).load();
    if (stored === null) throw new Error(`${this.#folder}: there is no run here`);
    return stored.context;
  };

  readonly saveShards = async (shards: readonly Shard[]): Promise<void> => {
    await writeWhole(this.#shardsFile, JSON.stringify(shards));
  };

  readonly loadShards = async (): Promise<readonly Shard[] | null> => {
    const text = await readIfThere(this.#shardsFile);
    return text === null ? null : (JSON.parse(text) as readonly Shard[]);
  };

  readonly loadResult = async (shard: number): Promise<ShardResult | null> => {
    if (!existsSync(this.#fileOf(shard, 'json'))) return null;
    const text = await readIfThere(this.#fileOf(shard, 'json'));
    return text === null ? null : (JSON.parse(text) as ShardResult);
  };

  readonly readLines = (shard: number): Readable => {
    return createReadStream(this.#fileOf(shard, 'ndjson'));
  };

  /** Each writer has a file of its own: a shard may be under way twice when a worker was thought dead. */
  readonly writeLines = async (shard: number): Promise<ShardWriter> => {
    const own = this.#fileOf(shard, `${randomUUID()}.part`);
    const handle = await open(own, 'w');
    return {
      append: async (lines) => {
        await handle.writeFile(lines);
      },
      finish: async (result) => {
        await handle.sync();
        await handle.close();
        await rename(own, this.#fileOf(shard, 'ndjson'));
        await syncFolder(path.join(this.#folder, 'shards'));
        // The result says that the lines are there, so it comes after them.
        await writeWhole(this.#fileOf(shard, 'json'), JSON.stringify(result));
      },
      abandon: async () => {
        await handle.close();
        await rm(own, { force: true });
      },
    };
  };

  get #shardsFile(): string {
    return path.join(this.#folder, 'shards.json');
  }

  #fileOf(shard: number, kind: string): string {
    return path.join(this.#folder, 'shards', `${String(shard).padStart(6, '0')}.${kind}`);
  }
}
