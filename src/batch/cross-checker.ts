/**
 * A share of records through the second verifier, in a worker of its own. A disagreement is a defect of
 * one of the two: it is counted and saved for people to look at, and never changes a result.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { TrustMaterial } from '../sources/trust.ts';
import type { Sample } from './protocol.ts';

/** One record on which the verifiers differ, as it is saved: no evidence, no identifiers. */
export interface SavedDisagreement {
  readonly id: string;
  readonly evidenceDigest: string;
  readonly disagreements: readonly string[];
}

export interface Drained {
  /** Size of the file of disagreements. */
  readonly bytes: number;
  /** Since the last drain. */
  readonly crossChecked: number;
  readonly disagreements: number;
}

/** Samples that may wait; more of them hold up the run, so that memory is bounded. */
const MAX_WAITING = 64;

const WORKER = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? './cross-check-worker.ts' : './cross-check-worker.js',
    import.meta.url,
  ),
);

export class CrossChecker {
  readonly #piscina: Piscina<Sample, readonly string[]>;
  readonly #file: string | null;
  #handle: FileHandle | null = null;
  #bytes = 0;
  #waiting: Promise<SavedDisagreement | null>[] = [];

  /** `file`: where disagreements are saved; null: only counted. */
  constructor(trust: TrustMaterial, file: string | null) {
    this.#file = file;
    this.#piscina = new Piscina<Sample, readonly string[]>({
      filename: WORKER,
      name: 'opinionOn',
      minThreads: 1,
      maxThreads: 1,
      maxQueue: Number.POSITIVE_INFINITY,
      workerData: { trust },
    });
  }

  /** Opens the file of disagreements, of which the first `bytes` are kept. */
  async open(bytes: number): Promise<void> {
    if (this.#file === null) return;
    this.#handle = await open(this.#file, bytes === 0 ? 'w' : 'r+');
    await this.#handle.truncate(bytes);
    this.#bytes = bytes;
  }

  submit(samples: readonly Sample[]): void {
    for (const sample of samples) {
      const opinion = this.#ask(sample);
      // It is awaited when it is drained.
      opinion.catch(() => {});
      this.#waiting.push(opinion);
    }
  }

  /** Resolves when no more than a bounded number of samples wait. */
  async makeRoom(): Promise<void> {
    while (this.#waiting.length > MAX_WAITING && this.#piscina.queueSize > MAX_WAITING / 2) {
      await this.#waiting[this.#waiting.length - MAX_WAITING / 2];
    }
  }

  /** Waits for every opinion asked for, saves the disagreements, and says how many there are. */
  async drain(): Promise<Drained> {
    const opinions = await Promise.all(this.#waiting);
    this.#waiting = [];
    const saved = opinions.filter((each) => each !== null);
    if (saved.length > 0 && this.#handle !== null) {
      const lines = Buffer.from(saved.map((each) => `${JSON.stringify(each)}\n`).join(''));
      await this.#handle.write(lines, 0, lines.length, this.#bytes);
      await this.#handle.sync();
      this.#bytes += lines.length;
    }
    return { bytes: this.#bytes, crossChecked: opinions.length, disagreements: saved.length };
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    await this.#piscina.destroy();
  }

  async #ask(sample: Sample): Promise<SavedDisagreement | null> {
    const disagreements = await this.#piscina.run(sample);
    if (disagreements.length === 0) return null;
    this.#hasDisagreed = true;
    return { id: sample.id, evidenceDigest: sample.report.evidenceDigest, disagreements };
  }

  #hasDisagreed = false;

  /** Whether any record of this process's share has been disagreed upon. */
  get hasDisagreed(): boolean {
    return this.#hasDisagreed;
  }
}
