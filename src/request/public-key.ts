/** Public keys as callers have them, to SubjectPublicKeyInfo. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { newEffort } from '../core/base/index.ts';
import {
  attempt,
  DerFault,
  DerReader,
  readObjectIdentifier,
  readOctetAlignedBitString,
  SEQUENCE,
} from '../core/der/index.ts';
import { decodeBase64 } from '../core/evidence/index.ts';

export type GivenKey = string | Readonly<Record<string, unknown>>;

const PRIVATE_PEM = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/;
/** JWK members of private and symmetric keys (RFC 7518 6.2.2, 6.3.2, 6.4.1; AKP). */
const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

/**
 * DER must have the form of a SubjectPublicKeyInfo and is taken as it stands, whatever kind of key it is;
 * PEM and JWK are converted by the runtime, which must know the kind. Null: none of these, or a private key.
 */
export function parsePublicKey(key: GivenKey): Uint8Array | null {
  if (typeof key !== 'string') return hasSecret(key) ? null : toSpki({ key, format: 'jwk' });
  if (isPem(key)) return PRIVATE_PEM.test(key) ? null : toSpki({ key, format: 'pem' });
  const der = decodeBase64(key);
  return der !== null && isPublicKeyInfo(der) ? der : null;
}

/** Why `parsePublicKey` gave null. Says nothing of what was sent. */
export function whyNoPublicKey(key: GivenKey): string {
  return isPrivateKey(key)
    ? 'is a private key: send its public half, and replace the key if it is in use'
    : 'is neither base64 DER SubjectPublicKeyInfo, nor PEM, nor a JWK';
}

function isPem(key: string): boolean {
  return key.includes('-----BEGIN');
}

function hasSecret(key: Readonly<Record<string, unknown>>): boolean {
  return SECRET_MEMBERS.some((member) => Object.hasOwn(key, member));
}

function isPrivateKey(key: GivenKey): boolean {
  if (typeof key !== 'string') return hasSecret(key);
  if (isPem(key)) return PRIVATE_PEM.test(key);
  const der = decodeBase64(key);
  return der !== null && isPrivateDer(Buffer.from(der));
}

/** PKCS #8, encrypted or not, PKCS #1 and SEC 1, as far as the runtime knows them. */
function isPrivateDer(key: Buffer): boolean {
  return (['pkcs8', 'pkcs1', 'sec1'] as const).some((type) => {
    try {
      createPrivateKey({ key, format: 'der', type });
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ERR_MISSING_PASSPHRASE';
    }
  });
}

/** RFC 5280 4.1: SEQUENCE { SEQUENCE { OBJECT IDENTIFIER, … }, BIT STRING }, and nothing after it. */
export function isPublicKeyInfo(der: Uint8Array): boolean {
  const read = attempt(() => {
    const reader = new DerReader(der, newEffort());
    const whole = reader.enter(SEQUENCE);
    const algorithm = reader.enter(SEQUENCE);
    readObjectIdentifier(reader);
    // Parameters are of every kind, or absent.
    if (!reader.atEnd) reader.next();
    reader.leave(algorithm);
    readOctetAlignedBitString(reader);
    reader.leave(whole);
    reader.expectEnd();
  });
  return !(read instanceof DerFault);
}

function toSpki(input: Parameters<typeof createPublicKey>[0] | object): Uint8Array | null {
  try {
    const key = createPublicKey(input as Parameters<typeof createPublicKey>[0]);
    return key.export({ format: 'der', type: 'spki' });
  } catch {
    return null;
  }
}
