/**
 * Verification of one link: the signature over the TBS slice as received, under a key cut from the
 * issuer's SubjectPublicKeyInfo. OpenSSL does nothing else here; it never sees a certificate.
 */
import { type KeyObject, verify } from 'node:crypto';
import type { Effort } from '../base/index.ts';
import type { SignatureAlgorithm } from './algorithms.ts';
import { type Certificate, sliceOf } from './certificate.ts';
import { importKey, isRefusalByOpenSsl } from './import-key.ts';
import { mayIssue, type PublicKey } from './public-key.ts';

/** An issuer's key, imported when the first signature needs it. */
export class IssuerKey {
  readonly publicKey: PublicKey;
  readonly #spki: Uint8Array;
  #key: KeyObject | undefined;

  constructor(publicKey: PublicKey, spki: Uint8Array) {
    this.publicKey = publicKey;
    this.#spki = spki;
  }

  static of(certificate: Certificate): IssuerKey {
    return new IssuerKey(certificate.publicKey, sliceOf(certificate, certificate.spki));
  }

  /** Whether keys of this kind and size may sign certificates. */
  get mayIssue(): boolean {
    return mayIssue(this.publicKey);
  }

  /** Whether this key signed `certificate`. False also for a key that OpenSSL cannot work with. */
  hasSigned(certificate: Certificate, effort: Effort): boolean {
    if (!isMadeFor(certificate.signatureAlgorithm, this.publicKey)) return false;
    try {
      this.#key ??= this.#import(effort);
      effort.signaturesChecked += 1;
      return verify(
        certificate.signatureAlgorithm.hash,
        sliceOf(certificate, certificate.tbs),
        this.#key,
        sliceOf(certificate, certificate.signature),
      );
    } catch (error) {
      if (isRefusalByOpenSsl(error)) return false;
      throw error;
    }
  }

  #import(effort: Effort): KeyObject {
    effort.keysImported += 1;
    return importKey(this.#spki);
  }
}

/** Whether keys of this kind make such signatures; any EC or RSA key may use any of their hashes. */
function isMadeFor(algorithm: SignatureAlgorithm, key: PublicKey): boolean {
  if (algorithm.keyAlgorithm !== key.algorithm) return false;
  return algorithm.parameterSet === ('parameterSet' in key ? key.parameterSet : null);
}
