/**
 * Trust on its way to the workers: one buffer that all threads share, sent along with every batch by
 * reference. A worker builds it when it meets another id than its own, so that a batch is judged under
 * exactly one trust, a swap needs no round of messages, and a worker that was replaced misses nothing.
 */
import { createHash } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import type { TrustMaterial } from '../sources/trust.ts';

export interface SharedTrust {
  /** SHA-256 of the bytes, lower-case hex. */
  readonly id: string;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
}

/** Copies trust into memory that threads share. */
export function shareTrust(material: TrustMaterial): SharedTrust {
  const serialized = serialize(material);
  const bytes = new Uint8Array(new SharedArrayBuffer(serialized.length));
  bytes.set(serialized);
  return { id: createHash('sha256').update(serialized).digest('hex'), bytes };
}

/** The trust as it was shared. Only for bytes of `shareTrust`. */
export function readSharedTrust({ bytes }: SharedTrust): TrustMaterial {
  // A private copy: what is read out must not point into shared memory.
  return deserialize(Buffer.from(bytes)) as TrustMaterial;
}
