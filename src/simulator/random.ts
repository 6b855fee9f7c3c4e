/** Reproducible randomness: the same seed gives the same devices, fields, keys and defects. */
import { createCipheriv, createHash } from 'node:crypto';
import type { Bytes } from './der.ts';

const BLOCK_BYTES = 4096;

export class SeededRandom {
  readonly #stream: ReturnType<typeof createCipheriv>;
  #block: Bytes = new Uint8Array(0);
  #used = 0;

  constructor(seed: string) {
    const key = createHash('sha256').update(seed).digest();
    this.#stream = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  }

  bytes(count: number): Bytes {
    const out = new Uint8Array(count);
    for (let filled = 0; filled < count; ) {
      if (this.#used === this.#block.length) this.#refill();
      const part = this.#block.subarray(this.#used, this.#used + count - filled);
      out.set(part, filled);
      filled += part.length;
      this.#used += part.length;
    }
    return out;
  }

  /** An integer in [0, limit). */
  below(limit: number): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.bytes(4);
    return Math.floor(((a * 256 + b) * 65536 + c * 256 + d) * (limit / 2 ** 32));
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.below(1_000_000) < probability * 1_000_000;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item;
  }

  #refill(): void {
    this.#block = this.#stream.update(Buffer.alloc(BLOCK_BYTES));
    this.#used = 0;
  }
}
