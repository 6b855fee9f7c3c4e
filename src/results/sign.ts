/** Signs documents with the first of our keys. */
import { CompactSign } from 'jose';
import type { JwkSet, SigningKey, VerificationKey } from './keys.ts';
import { toJwkSet } from './keys.ts';
import { DOCUMENT_KINDS, type SignedKind } from './kinds.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** Who signs results: one key signs, all of them verify and are published. */
export interface Signer {
  /** Signs claims as a document of this kind: a compact JWS. `iat`, `exp` and `seq` are the caller's to set. */
  readonly signDocument: (kind: SignedKind, claims: Claims) => Promise<string>;
  /** The signing key first, then those of the overlap of a rotation. */
  readonly keys: readonly VerificationKey[];
  readonly jwks: JwkSet;
}

/** `others`: keys that still verify, or will soon sign. */
export function makeSigner(key: SigningKey, others: readonly VerificationKey[] = []): Signer {
  const rest = others.filter(({ kid }) => kid !== key.kid);
  const { kid, alg, publicKey } = key;
  const keys = [{ kid, alg, publicKey }, ...rest];
  return {
    keys,
    jwks: toJwkSet(keys),
    signDocument: (kind, claims) =>
      new CompactSign(Buffer.from(JSON.stringify(claims)))
        .setProtectedHeader({ alg, typ: DOCUMENT_KINDS[kind].typ, kid })
        .sign(key.privateKey),
  };
}
