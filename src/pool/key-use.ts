/**
 * How many different keys an attestation key has vouched for today (UTC), counted by all workers together
 * in one bounded piece of shared memory. An estimate, for a signal and never for a verdict by itself: it
 * may count some keys of other attestation keys too (count-min sketch: a few in a million), and misses
 * some once a day has seen about a million different keys (Bloom filter).
 */
import { hash } from 'node:crypto';

/** What workers share: handed to each when it starts. */
export type SharedKeyUse = SharedArrayBuffer;

const ROWS = 4;
/** Counters in each row. */
const COLUMNS = 2 ** 16;
/** Bits of the filter that tells a key seen before from a new one. */
const FILTER_BITS = 2 ** 23;
const DAY_AT = 0;
/** Stands at `DAY_AT` in fresh memory, which is all zeros. */
const NO_DAY = 0;
const COUNTS_AT = 1;
const FILTER_AT = COUNTS_AT + ROWS * COLUMNS;
const WORDS = FILTER_AT + FILTER_BITS / 32;

const MS_PER_DAY = 86_400_000;

export function shareKeyUse(): SharedKeyUse {
  return new SharedArrayBuffer(WORDS * Uint32Array.BYTES_PER_ELEMENT);
}

/** One worker's hand on the counters. */
export class KeyUse {
  readonly #words: Uint32Array;

  constructor(shared: SharedKeyUse) {
    this.#words = new Uint32Array(shared);
  }

  /**
   * Counts `key` under `attestationKey`, once a day, and gives how many different ones there are now. Both
   * are SubjectPublicKeyInfos; `now` is milliseconds since 1970.
   */
  count(attestationKey: Uint8Array, key: Uint8Array, now: number): number {
    this.#beginDay(Math.floor(now / MS_PER_DAY));
    const counters = placesOf(attestationKey, COLUMNS).map(
      (column, row) => COUNTS_AT + row * COLUMNS + column,
    );
    if (this.#isNew(Buffer.concat([attestationKey, key]))) {
      for (const at of counters) Atomics.add(this.#words, at, 1);
    }
    return Math.min(...counters.map((at) => Atomics.load(this.#words, at)));
  }

  /**
   * The first worker to see a new day forgets the last one; what another counts in that very moment may be
   * forgotten with it. Before the first day there is nothing to forget, and workers that start together
   * must not lose what they count first.
   */
  #beginDay(day: number): void {
    const last = Atomics.load(this.#words, DAY_AT);
    if (last === day) return;
    if (Atomics.compareExchange(this.#words, DAY_AT, last, day) !== last) return;
    if (last !== NO_DAY) this.#words.fill(0, COUNTS_AT);
  }

  /** Whether a pair was not seen today; it is from now on. */
  #isNew(pair: Uint8Array): boolean {
    let isNew = false;
    for (const bit of placesOf(pair, FILTER_BITS)) {
      const mask = 1 << (bit & 31);
      const before = Atomics.or(this.#words, FILTER_AT + (bit >>> 5), mask);
      if ((before & mask) === 0) isNew = true;
    }
    return isNew;
  }
}

/** Independent places for some bytes, one for each row: nobody can choose keys that meet in all of them. */
function placesOf(bytes: Uint8Array, count: number): number[] {
  const digest = hash('sha256', bytes, 'buffer');
  return Array.from({ length: ROWS }, (_, row) => digest.readUInt32BE(row * 4) % count);
}
