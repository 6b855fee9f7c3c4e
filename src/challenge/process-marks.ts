/**
 * Marks in the memory of one process. They die with it, so challenges issued before it started are
 * refused, and no other process may accept the same challenges.
 */
import type { MarkClaim } from '../pool/protocol.ts';
import { MARK_MARGIN_MS, type Marks, type MarkTaken } from './marks.ts';

export interface ProcessMarksOptions {
  /** How many marks are kept; when there are as many, no more are taken and no challenge is issued. */
  readonly capacity: number;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** Marks expire by the bucket, so that forgetting costs nothing while many are kept. */
const BUCKET_MS = 1000;

export class ProcessMarks implements Marks {
  readonly #options: ProcessMarksOptions;
  readonly #startedAt: number;
  /** Ids by the end of their bucket, which is after all of them have expired. */
  readonly #buckets = new Map<number, Set<string>>();
  #count = 0;

  constructor(options: ProcessMarksOptions) {
    this.#options = options;
    this.#startedAt = options.clock();
  }

  async take({ id, issuedAt, expiresAt }: MarkClaim): Promise<MarkTaken> {
    if (issuedAt < this.#startedAt) return 'lost';
    this.#forgetExpired();
    const end = Math.ceil((expiresAt + MARK_MARGIN_MS) / BUCKET_MS) * BUCKET_MS;
    const bucket = this.#buckets.get(end);
    // A challenge has one expiry, so that its mark can be in no other bucket.
    if (bucket?.has(id)) return 'used';
    if (this.#count >= this.#options.capacity) return 'unavailable';
    if (bucket === undefined) this.#buckets.set(end, new Set([id]));
    else bucket.add(id);
    this.#count += 1;
    return 'taken';
  }

  whyNotIssuing(): string | null {
    this.#forgetExpired();
    return this.#count < this.#options.capacity
      ? null
      : 'the memory of used challenges is full; marks are kept until their challenges expire';
  }

  async close(): Promise<void> {}

  #forgetExpired(): void {
    const now = this.#options.clock();
    for (const [end, ids] of this.#buckets) {
      if (end > now) continue;
      this.#count -= ids.size;
      this.#buckets.delete(end);
    }
  }
}
