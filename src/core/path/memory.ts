/**
 * What may be remembered between proofs: certificates that were verified up to an anchor. A link is one
 * certificate under one verified issuer; it is found by the exact bytes of the certificate and counts only
 * under the very issuer it was verified under, so every look-up walks down from an anchor and a hit never
 * skips a certificate that was sent. Leaves and ATTEST_KEYs are never links: a genuine phone can mint them
 * without limit.
 */
import type { Anchor } from '../anchors/index.ts';
import type { Certificate, IssuerKey } from '../x509/index.ts';

/** A maker's certificate whose signature was verified under `issuer`, itself verified. */
export interface VerifiedLink {
  /** By identity: an anchor of another set, or of the same set loaded anew, is another issuer. */
  readonly issuer: VerifiedLink | Anchor;
  /** Of a link that is kept, over bytes of its own, which no request can change. */
  readonly certificate: Certificate;
  /** Its key, imported when it first had to verify. */
  readonly key: IssuerKey;
}

/** `attestation`: one for each device or batch; `upper`: those above, which whole fleets share. */
export type LinkKind = 'upper' | 'attestation';

/** A bounded memory of links. It may forget anything at any time. */
export interface LinkMemory {
  /** The link of a certificate of exactly these bytes. */
  readonly recall: (bytes: Uint8Array) => VerifiedLink | undefined;
  /** Whether a certificate that its issuer signed is worth remembering, if its path holds. */
  readonly isWorthKeeping: (bytes: Uint8Array, kind: LinkKind) => boolean;
  /** Called only for links of a path that was verified whole, and only where it was worth it. */
  readonly keep: (link: VerifiedLink, kind: LinkKind) => void;
}

/** Remembers nothing. */
export const NO_LINKS: LinkMemory = Object.freeze({
  recall: () => undefined,
  isWorthKeeping: () => false,
  keep: () => {},
});
