/**
 * Marks: the memory of challenges that were used. Taking a mark is atomic, and a mark lives until its
 * challenge has expired everywhere; no flood shortens its life. Where that cannot be promised a mark
 * is not taken, and the outcome is inconclusive.
 */
import type { MarkClaim } from '../pool/protocol.ts';

/**
 * `taken`: this is the first use. `used`: it is not. `unavailable`: the store is full or does not
 * answer. `lost`: the store's memory does not reach back to when the challenge was issued.
 */
export type MarkTaken = 'taken' | 'used' | 'unavailable' | 'lost';

export interface Marks {
  /** Never rejects. */
  readonly take: (claim: MarkClaim) => Promise<MarkTaken>;
  /** Why no challenge should be issued now, because none could be used; or null. */
  readonly whyNotIssuing: () => string | null;
  readonly close: () => Promise<void>;
}

/**
 * How much longer than its challenge a mark lives: clocks of processes that share keys may be this far
 * apart, and the slowest of them decides when a challenge has expired.
 */
export const MARK_MARGIN_MS = 60_000;
