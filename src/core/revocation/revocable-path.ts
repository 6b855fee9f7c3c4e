/** What of a path can be listed or denied: its serial numbers and keys, scoped by its anchor. */
import { createHash } from 'node:crypto';
import type { Anchor } from '../anchors/index.ts';
import type { VerifiedPath } from '../path/index.ts';
import { type Certificate, sliceOf } from '../x509/index.ts';

export interface RevocablePath {
  readonly anchor: Anchor;
  /** Leaf first, as sent. */
  readonly certificates: readonly Pick<Certificate, 'bytes' | 'serial'>[];
  /** SHA-256 of the SubjectPublicKeyInfo of each: a function, because few snapshots deny keys. */
  readonly keyDigests: () => readonly Uint8Array[];
}

/** The path of evidence that was proved just now. */
export function toRevocablePath({ anchor, certificates }: VerifiedPath): RevocablePath {
  const keyDigests = (): readonly Uint8Array[] =>
    certificates.map((each) => createHash('sha256').update(sliceOf(each, each.spki)).digest());
  return { anchor, certificates, keyDigests };
}
