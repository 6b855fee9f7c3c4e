/** The states that a trail names: what was in force, and from when. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Report } from '../core/report/index.ts';
import type { Archive } from './archive.ts';
import { trailFile } from './files.ts';
import { type KeptState, readInForce } from './in-force.ts';
import { parseLine } from './record.ts';
import { fits } from './reproduce.ts';

interface Since {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly digest: string;
}

export class KeptStates {
  readonly #archive: Archive;
  readonly #since: readonly Since[];
  readonly #read = new Map<string, Promise<KeptState>>();

  constructor(archive: Archive, since: readonly Since[]) {
    this.#archive = archive;
    this.#since = since;
  }

  /** Of the records of a trail that can be read. */
  static async of(folder: string, archive: Archive): Promise<KeptStates> {
    const since: Since[] = [];
    for await (const line of linesOf(trailFile(folder))) {
      if (!line.includes('"kind":"change"')) continue;
      const { since: from, inForce } = parseLine(line)?.members ?? {};
      if (typeof from !== 'string' || typeof inForce !== 'string') continue;
      if (since.at(-1)?.digest !== inForce) since.push({ from: Date.parse(from), digest: inForce });
    }
    return new KeptStates(archive, since);
  }

  /** Digests of every state. */
  get digests(): readonly string[] {
    return [...new Set(this.#since.map(({ digest }) => digest))];
  }

  /** A state by its digest. Throws `ArchiveFault`. */
  read(digest: string): Promise<KeptState> {
    const kept = this.#read.get(digest) ?? readInForce(this.#archive, digest);
    this.#read.set(digest, kept);
    return kept;
  }

  /**
   * States a report may have been made in: those that have what it names, the one in force at its time first.
   * A request that was in flight while something changed may have met the one before.
   */
  async candidates(report: Report): Promise<readonly KeptState[]> {
    const at = Date.parse(report.appraisedAt);
    const before = this.#since.filter(({ from }) => from <= at).reverse();
    const after = this.#since.filter(({ from }) => from > at);
    const states: KeptState[] = [];
    for (const digest of new Set([...before, ...after].map((each) => each.digest))) {
      const state = await this.read(digest);
      if (fits(report, state)) states.push(state);
    }
    return states;
  }
}

/** Lines of a file, without their line feeds. Opened when the first is asked for: an interface nobody waits for loses them. */
export async function* linesOf(file: string): AsyncGenerator<string> {
  yield* createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY });
}
