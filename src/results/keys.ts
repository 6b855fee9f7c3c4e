/**
 * Keys of signed results. What a key signs with follows from the key alone; its id is its RFC 7638
 * thumbprint, so that the same key has the same id everywhere.
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';

export type ResultAlgorithm = 'ES256' | 'ES384' | 'EdDSA';

/** A public key that signs or has signed results. */
export interface VerificationKey {
  /** RFC 7638 thumbprint, SHA-256, base64url. */
  readonly kid: string;
  /** The one algorithm this key is used with (RFC 8725 section 3.1). */
  readonly alg: ResultAlgorithm;
  readonly publicKey: KeyObject;
}

export interface SigningKey extends VerificationKey {
  readonly privateKey: KeyObject;
}

/** A JSON Web Key as published: public members only. */
export type PublicJwk = Readonly<Record<string, string>>;

/** A JSON Web Key Set (RFC 7517 section 5). */
export interface JwkSet {
  readonly keys: readonly PublicJwk[];
}

/** The text is no key of a kind that signs results. */
export class UnusableKey extends Error {}

/** Reads a PEM private key. Throws `UnusableKey`. */
export function toSigningKey(pem: string): SigningKey {
  const privateKey = attempt(() => createPrivateKey(pem), 'is no PEM private key');
  return { ...toVerificationKey(createPublicKey(privateKey)), privateKey };
}

/** Reads a PEM key, private or public, as one that verifies. Throws `UnusableKey`. */
export function parseVerificationKey(pem: string): VerificationKey {
  return toVerificationKey(attempt(() => createPublicKey(pem), 'is no PEM key'));
}

/**
 * Reads a key set. Keys of other kinds or for other uses are left out, as RFC 7517 section 5 asks; a set
 * of which no key is left is refused. Throws `UnusableKey`.
 */
export function parseJwkSet(document: unknown): readonly VerificationKey[] {
  const members = (document as { keys?: unknown } | null)?.keys;
  if (!Array.isArray(members)) throw new UnusableKey('is no JSON Web Key Set');
  const keys = members.flatMap((jwk: unknown) => {
    try {
      return [fromJwk(jwk)];
    } catch {
      return [];
    }
  });
  if (keys.length === 0) throw new UnusableKey('has no key that signs results');
  return keys;
}

/** The keys as a set to publish. */
export function toJwkSet(keys: readonly VerificationKey[]): JwkSet {
  return {
    keys: keys.map(({ kid, alg, publicKey }) => ({
      ...(publicKey.export({ format: 'jwk' }) as Record<string, string>),
      kid,
      alg,
      use: 'sig',
    })),
  };
}

function fromJwk(jwk: unknown): VerificationKey {
  const { use, alg } = jwk as Record<string, unknown>;
  const key = toVerificationKey(createPublicKey({ key: jwk as object, format: 'jwk' }));
  const fits = (use === undefined || use === 'sig') && (alg === undefined || alg === key.alg);
  if (!fits) throw new UnusableKey('is for another use');
  return key;
}

function toVerificationKey(publicKey: KeyObject): VerificationKey {
  const alg = algorithmOf(publicKey);
  return { kid: thumbprintOf(publicKey), alg, publicKey };
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): ResultAlgorithm {
  const curve = asymmetricKeyDetails?.namedCurve;
  if (asymmetricKeyType === 'ec' && curve === 'prime256v1') return 'ES256';
  if (asymmetricKeyType === 'ec' && curve === 'secp384r1') return 'ES384';
  if (asymmetricKeyType === 'ed25519') return 'EdDSA';
  throw new UnusableKey('is none of EC P-256, EC P-384 and Ed25519');
}

/** RFC 7638 section 3: the required members only, in order of their names. */
function thumbprintOf(publicKey: KeyObject): string {
  const jwk = publicKey.export({ format: 'jwk' }) as Record<string, string>;
  const required = ['crv', 'e', 'kty', 'n', 'x', 'y'].filter((name) => jwk[name] !== undefined);
  const canonical = JSON.stringify(Object.fromEntries(required.map((name) => [name, jwk[name]])));
  return createHash('sha256').update(canonical).digest('base64url');
}

function attempt<Value>(make: () => Value, otherwise: string): Value {
  try {
    return make();
  } catch (cause) {
    throw new UnusableKey(otherwise, { cause });
  }
}
