/**
 * Verification of one link: the signature over the TBS slice as received, under a key cut from the
 * issuer's SubjectPublicKeyInfo. OpenSSL does nothing else here; it never sees a certificate.
 */
import { createVerify, type KeyObject, verify } from 'node:crypto';
import type { Effort } from '../base/index.ts';
import type { SignatureAlgorithm } from './algorithms.ts';
import { type Certificate, sliceOf } from './certificate.ts';
import { asKey, importKey, isRefusalByOpenSsl, type KeyForm } from './import-key.ts';
import { mayIssue, type PublicKey } from './public-key.ts';

/**
 * An issuer's key. For its first signature it is only read: most keys sign one chain that is ever seen, and what
 * is read leaves no object behind for the garbage collector, which frees such only by a full collection. One that
 * is asked again is imported, and stays imported as long as whoever holds it does.
 */
export class IssuerKey {
  readonly publicKey: PublicKey;
  readonly #spki: Uint8Array;
  #wasRead = false;
  #key: KeyObject | undefined;

  constructor(publicKey: PublicKey, spki: Uint8Array) {
    this.publicKey = publicKey;
    this.#spki = spki;
  }

  static of({ publicKey, bytes, spki }: Certificate): IssuerKey {
    return new IssuerKey(publicKey, bytes.subarray(spki.start, spki.end));
  }

  /** Whether keys of this kind and size may sign certificates. */
  get mayIssue(): boolean {
    return mayIssue(this.publicKey);
  }

  /** Whether this key signed `certificate`. False also for a key that OpenSSL cannot work with. */
  hasSigned(certificate: Certificate, effort: Effort): boolean {
    if (!isMadeFor(certificate.signatureAlgorithm, this.publicKey)) return false;
    try {
      const key = this.#key ?? this.#read(effort);
      effort.signaturesChecked += 1;
      return isSignedUnder(key, certificate);
    } catch (error) {
      if (isRefusalByOpenSsl(error)) return false;
      throw error;
    }
  }

  #read(effort: Effort): KeyObject | ReturnType<KeyForm> {
    effort.keysImported += 1;
    if (this.#wasRead) {
      this.#key = importKey(this.#spki);
      return this.#key;
    }
    this.#wasRead = true;
    return asKey(this.#spki);
  }
}

/**
 * `verify` does for every algorithm what `createVerify` does for those with a hash of their own, but makes an
 * asynchronous job of each signature, whose objects take 1 % of a device's time to make and to collect.
 */
function isSignedUnder(key: KeyObject | ReturnType<KeyForm>, certificate: Certificate): boolean {
  const { hash } = certificate.signatureAlgorithm;
  const tbs = sliceOf(certificate, certificate.tbs);
  const signature = sliceOf(certificate, certificate.signature);
  return hash === null
    ? verify(null, tbs, key, signature)
    : createVerify(hash).update(tbs).verify(key, signature);
}

/** Whether keys of this kind make such signatures; any EC or RSA key may use any of their hashes. */
function isMadeFor(algorithm: SignatureAlgorithm, key: PublicKey): boolean {
  if (algorithm.keyAlgorithm !== key.algorithm) return false;
  return algorithm.parameterSet === ('parameterSet' in key ? key.parameterSet : null);
}
