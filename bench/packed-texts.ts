/**
 * ASCII texts outside of the heap. As strings, or as a buffer each, hundreds of megabytes of them were gone through by
 * every collection of the thread that sends them, and that time was taken from the service on the same machine.
 */
export class PackedTexts {
  readonly #chunks: Buffer[] = [];
  /** Of each text: its chunk, where it begins there, and its length. */
  readonly #places: number[] = [];
  #used = Number.POSITIVE_INFINITY;

  get length(): number {
    return this.#places.length / 3;
  }

  push(text: string): void {
    if (this.#used + text.length > CHUNK_BYTES) {
      this.#chunks.push(Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, text.length)));
      this.#used = 0;
    }
    this.#chunks.at(-1)?.write(text, this.#used, 'latin1');
    this.#places.push(this.#chunks.length - 1, this.#used, text.length);
    this.#used += text.length;
  }

  /** A view of text `index`, which is as good as long as nobody writes into it. */
  octetsOf(index: number): Buffer {
    const chunk = this.#chunks[this.#places[3 * index] as number] as Buffer;
    const start = this.#places[3 * index + 1] as number;
    return chunk.subarray(start, start + (this.#places[3 * index + 2] as number));
  }

  textOf(index: number): string {
    return this.octetsOf(index).toString('latin1');
  }
}

const CHUNK_BYTES = 64 << 20;
