/** What the second verifier says of a chain. */
import type { KeyDescription } from './key-description.ts';

export interface SecondOpinion {
  /**
   * Whether a path to an anchor was verified (signatures, names, shape, issuer rules, places of
   * extensions, ATTEST_KEY rules) and the leaf's KeyDescription could be read. Dates, revocation and
   * policy are not looked at.
   */
  readonly verified: boolean;
  /** Why not, for people. */
  readonly reason: string | null;
  /** Of a verified path, also where its KeyDescription could not be read; `software` for AOSP's published keys. */
  readonly shape: 'factory' | 'remote' | 'attest-key' | 'software' | null;
  readonly anchorId: string | null;
  readonly leafSpkiSha256: string | null;
  /** Minimal lower-case hex, as sent; up to the first certificate that could not be read. */
  readonly serials: readonly string[];
  /** Milliseconds since 1970, for the same certificates. */
  readonly validity: readonly Validity[];
  /** As a report shows it, with nothing redacted: it may hold identifiers of the device. */
  readonly keyDescription: KeyDescription | null;
}

export interface Validity {
  readonly notBefore: number;
  readonly notAfter: number;
}
