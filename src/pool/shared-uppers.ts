/**
 * Upper certificates that threads have verified, in one bounded piece of shared memory: a thread that starts
 * verifies them again before it answers. Bytes and nothing else: no thread takes another's word for them.
 */

import type { AnchorSet } from '../core/anchors/index.ts';
import { equalBytes } from '../core/base/index.ts';
import { type LinkMemory, rememberUppers } from '../core/path/index.ts';

/** What threads share: handed to each when it starts. */
export type SharedUppers = SharedArrayBuffer;

/** All makers together have some hundreds; what finds no room costs a signature in each thread. */
const SLOTS = 256;
/** An intermediate has less than 1 KB; RSA ones of 4,096 bits some 1.5 KB. */
const SLOT_BYTES = 2048;
/** Slots taken, then the length of each, 0 until its bytes are there. */
const COUNT_AT = 0;
const LENGTHS_AT = 1;
const BYTES_AT = (LENGTHS_AT + SLOTS) * Int32Array.BYTES_PER_ELEMENT;

export function shareUppers(certificates: readonly Uint8Array[] = []): SharedUppers {
  const shared = new SharedArrayBuffer(BYTES_AT + SLOTS * SLOT_BYTES);
  const uppers = new Uppers(shared);
  for (const bytes of certificates) uppers.add(bytes);
  return shared;
}

/** One thread's hand on them. */
export class Uppers {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(shared: SharedUppers) {
    this.#words = new Int32Array(shared, 0, LENGTHS_AT + SLOTS);
    this.#bytes = new Uint8Array(shared, BYTES_AT);
  }

  /** Adds a certificate, unless it is there, too long, or there is no room. */
  add(certificate: Uint8Array): void {
    if (certificate.length > SLOT_BYTES || this.#taken() === SLOTS) return;
    if (this.all().some((each) => equalBytes(each, certificate))) return;
    // Two threads may add the same at the same moment; it is then there twice, which costs a signature.
    const slot = Atomics.add(this.#words, COUNT_AT, 1);
    if (slot >= SLOTS) return;
    this.#bytes.set(certificate, slot * SLOT_BYTES);
    Atomics.store(this.#words, LENGTHS_AT + slot, certificate.length);
  }

  /** Copies of all of them. */
  all(): readonly Uint8Array[] {
    const certificates: Uint8Array[] = [];
    for (let slot = 0; slot < this.#taken(); slot += 1) {
      const length = Atomics.load(this.#words, LENGTHS_AT + slot);
      const at = slot * SLOT_BYTES;
      if (length > 0) certificates.push(this.#bytes.slice(at, at + length));
    }
    return certificates;
  }

  /** Verifies all of them into `memory`, and adds whatever it keeps from now on. */
  warm(memory: LinkMemory, anchors: AnchorSet): LinkMemory {
    rememberUppers(this.all(), anchors, memory);
    return {
      ...memory,
      keep: (link, kind) => {
        memory.keep(link, kind);
        if (kind === 'upper') this.add(link.certificate.bytes);
      },
    };
  }

  #taken(): number {
    return Math.min(Atomics.load(this.#words, COUNT_AT), SLOTS);
  }
}
