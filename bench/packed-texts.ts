/**
 * Texts outside of the heap, in UTF-8. As strings, or as a buffer each, hundreds of megabytes of them were gone through by
 * every collection of the thread that sends them, and that time was taken from the service on the same machine.
 */
export class PackedTexts {
  readonly #chunks: Buffer[] = [];
  /** Of each text: its chunk, where it begins there, and its octets. */
  readonly #places: number[] = [];
  #used = Number.POSITIVE_INFINITY;

  get length(): number {
    return this.#places.length / 3;
  }

  push(text: string): void {
    const length = Buffer.byteLength(text);
    if (this.#used + length > CHUNK_BYTES) {
      this.#chunks.push(Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, length)));
      this.#used = 0;
    }
    this.#chunks.at(-1)?.write(text, this.#used);
    this.#places.push(this.#chunks.length - 1, this.#used, length);
    this.#used += length;
  }

  /** A view of text `index`, which is as good as long as nobody writes into it. */
  octetsOf(index: number): Buffer {
    const chunk = this.#chunks[this.#places[3 * index] as number] as Buffer;
    const start = this.#places[3 * index + 1] as number;
    return chunk.subarray(start, start + (this.#places[3 * index + 2] as number));
  }

  textOf(index: number): string {
    return this.octetsOf(index).toString();
  }
}

const CHUNK_BYTES = 64 << 20;
