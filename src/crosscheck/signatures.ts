/**
 * Signatures of certificates, over the bytes received. pkijs checks RSA and ECDSA through WebCrypto; it
 * takes the kind of signature from the issuer's key and any BER for an ECDSA signature, so both are held
 * to the rules here first. ML-DSA, which it does not know, is checked by node:crypto.
 */
import { createPublicKey, verify } from 'node:crypto';
import { BitString, fromBER } from 'asn1js';
import { AlgorithmIdentifier, getCrypto, PublicKeyInfo } from 'pkijs';
import type { Certificate } from './certificate.ts';
import { readChildren, readElement } from './elements.ts';
import { mayIssue, type PublicKey, readPublicKey } from './public-key.ts';
import { awaitLibrary, Refusal, refuse, withLibrary } from './refusal.ts';
import { readInteger } from './values.ts';

/** A key that is to have signed a certificate. */
export interface SigningKey {
  readonly spki: Uint8Array;
  readonly key: PublicKey;
}

export function toSigningKey(spki: Uint8Array, what: string): SigningKey {
  return { spki, key: readPublicKey(readElement(spki, what), what) };
}

/** Refuses a certificate that was not signed by that key, or by a key that may not sign any. */
export async function checkSignature(certificate: Certificate, signer: SigningKey): Promise<void> {
  const what = `certificate ${certificate.index}`;
  if (!mayIssue(signer.key)) refuse(`${what}: its issuer's key is of a kind that may not issue`);
  if (!(await isSignedBy(certificate, signer))) refuse(`${what}: not signed by its issuer's key`);
}

/** The same as a question, for finding out which of several keys signed. Says nothing of the kind of key. */
export async function isSignedBy(certificate: Certificate, signer: SigningKey): Promise<boolean> {
  if (certificate.algorithm.family !== signer.key.family) return false;
  try {
    return signer.key.family === 'ML-DSA'
      ? verifyMlDsa(certificate, signer)
      : await verifyWithPkijs(certificate, signer);
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

/** Of what was read, pkijs gets the signed bytes, the signature, and the identifier without parameters. */
async function verifyWithPkijs(
  { index, tbs, signature, algorithm }: Certificate,
  { spki }: SigningKey,
): Promise<boolean> {
  const what = `certificate ${index}: signature`;
  if (algorithm.family === 'EC') checkEcdsaSignature(signature, what);
  return awaitLibrary('pkijs', what, () =>
    getCrypto(true).verifyWithPublicKey(
      new Uint8Array(tbs),
      new BitString({ valueHex: new Uint8Array(signature) }),
      new PublicKeyInfo({ schema: fromBER(spki).result }),
      new AlgorithmIdentifier({ algorithmId: algorithm.identifier }),
    ),
  );
}

/** RFC 5480: Ecdsa-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }, positive, nothing behind. */
function checkEcdsaSignature(signature: Uint8Array, what: string): void {
  const [r, s, ...others] = readChildren(readElement(signature, what), 'sequence', what);
  if (r === undefined || s === undefined || others.length > 0) {
    refuse(`${what}: it is not two numbers`);
  }
  if (readInteger(r, what) <= 0n || readInteger(s, what) <= 0n) {
    refuse(`${what}: a number that is not positive`);
  }
}

function verifyMlDsa(
  { index, tbs, signature, algorithm }: Certificate,
  { spki, key }: SigningKey,
): boolean {
  if (key.family !== 'ML-DSA' || algorithm.family !== 'ML-DSA') return false;
  if (key.parameterSet !== algorithm.parameterSet) return false;
  return withLibrary('node:crypto', `certificate ${index}: signature`, () => {
    const publicKey = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
    return verify(null, tbs, publicKey, signature);
  });
}
