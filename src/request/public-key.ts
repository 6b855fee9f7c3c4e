/** Public keys as callers have them, to SubjectPublicKeyInfo. */
import { createPublicKey } from 'node:crypto';
import { decodeBase64 } from '../core/evidence/index.ts';

/**
 * Base64 DER is taken as it stands, whatever kind of key it is; PEM and JWK are converted by the
 * runtime, which must know the kind. Null: none of these.
 */
export function parsePublicKey(key: string | Readonly<Record<string, unknown>>): Uint8Array | null {
  if (typeof key !== 'string') return toSpki({ key, format: 'jwk' });
  return key.includes('-----BEGIN') ? toSpki({ key, format: 'pem' }) : decodeBase64(key);
}

function toSpki(input: Parameters<typeof createPublicKey>[0] | object): Uint8Array | null {
  try {
    const key = createPublicKey(input as Parameters<typeof createPublicKey>[0]);
    return key.export({ format: 'der', type: 'spki' });
  } catch {
    return null;
  }
}
