/**
 * A chain as one piece of memory, each certificate behind its length in 32 big-endian bits: the digest of evidence is over
 * these bytes, so that two chains that concatenate to the same bytes have different digests.
 */
import type { ChainBytes } from './fault.ts';

export interface FramedChain {
  readonly framed: Uint8Array;
  /** Within `framed`. */
  readonly certificates: ChainBytes;
}

/** Octets of the length in front of each certificate. */
export const LENGTH_OCTETS = 4;

class Given {
  constructor(chain: ChainBytes) {
    // biome-ignore lint/correctness/noConstructorReturn: a subclass puts its private member into what is returned.
    return chain;
  }
}

/**
 * The frame of a chain that was read into one of its own, on the chain itself and out of reach of others. A `WeakMap`
 * is no place for it: what it holds may stay until the whole heap is looked through, however young its key died.
 * A member under a symbol would do as well, and takes 0.6 µs more of each chain.
 */
class Own extends Given {
  readonly #frame: Uint8Array;

  constructor(chain: ChainBytes, frame: Uint8Array) {
    super(chain);
    this.#frame = frame;
  }

  static frameOf(chain: ChainBytes): Uint8Array | undefined {
    return #frame in chain ? chain.#frame : undefined;
  }
}

/**
 * Writes the lengths of `certificates`, which stand in `memory` from its start on, each behind room for its length.
 * Nobody else may have that memory: the chain will be proved without being copied.
 */
export function frameInPlace(memory: Buffer, certificates: ChainBytes): void {
  let at = 0;
  for (const { length } of certificates) {
    memory.writeUInt32BE(length, at);
    at += LENGTH_OCTETS + length;
  }
  new Own(certificates, new Uint8Array(memory.buffer, memory.byteOffset, at));
}

/** A chain framed, copied unless it was read into a frame of its own. */
export function frame(chain: ChainBytes): FramedChain {
  const own = Own.frameOf(chain);
  return own === undefined ? copy(chain) : { framed: own, certificates: chain };
}

function copy(chain: ChainBytes): FramedChain {
  let size = 0;
  for (const { length } of chain) size += LENGTH_OCTETS + length;
  // Every octet of it is written below.
  const framed = Buffer.allocUnsafe(size);
  const certificates: Uint8Array[] = [];
  let at = 0;
  for (const bytes of chain) {
    framed.writeUInt32BE(bytes.length, at);
    at += LENGTH_OCTETS;
    framed.set(bytes, at);
    certificates.push(new Uint8Array(framed.buffer, framed.byteOffset + at, bytes.length));
    at += bytes.length;
  }
  return { framed, certificates };
}
