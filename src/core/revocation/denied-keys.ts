/**
 * Keys that an operator denies: those of attestation certificates and anchors by the SHA-256 of their
 * SubjectPublicKeyInfo, and verified boot keys as they stand in the record. A key may be denied before
 * any list names a certificate of it, and an anchor that way without a new release (THREATS T20, T37).
 */
import { createHash } from 'node:crypto';
import { equalBytes, type Finding, finding, type Place, toHex } from '../base/index.ts';
import type { RevocablePath } from './revocable-path.ts';
import { type Denial, deniesKeys, lookUpDeniedKey, type RevocationSnapshot } from './snapshot.ts';

/** Checks the key of every certificate of a path, and the anchor's whether or not it was sent. */
export function checkAttestationKeys(
  path: RevocablePath,
  snapshot: RevocationSnapshot,
): readonly Finding[] {
  if (!deniesKeys(snapshot)) return [];
  return keysOf(path).flatMap(({ at, digest }) => {
    const denial = lookUpDeniedKey(snapshot, 'attestation-key', path.anchor.record.id, digest);
    if (denial === null) return [];
    const expected = `${toHex(digest)} not denied`;
    return [finding('ATTESTATION_KEY_DENIED', at, { expected, got: describe(denial) })];
  });
}

/** Checks a verified boot key, in lower-case hex, of a device under an anchor. */
export function checkBootKeyDenied(
  key: string,
  anchorId: string,
  snapshot: RevocationSnapshot,
): readonly Finding[] {
  const denial = lookUpDeniedKey(snapshot, 'boot-key', anchorId, bytesOf(key));
  if (denial === null) return [];
  const place = { cert: 0, field: 'hardwareEnforced.rootOfTrust.verifiedBootKey' };
  return [
    finding('BOOT_KEY_LISTED', place, { expected: `${key} not denied`, got: describe(denial) }),
  ];
}

function keysOf({ anchor, keyDigests }: RevocablePath): { at: Place; digest: Uint8Array }[] {
  const field = 'subjectPublicKeyInfo';
  const sent = keyDigests().map((digest, cert) => ({ at: { cert, field } as Place, digest }));
  const own = createHash('sha256').update(anchor.spki).digest();
  if (sent.some(({ digest }) => equalBytes(digest, own))) return sent;
  return [...sent, { at: { field: `anchor.${anchor.record.id}` }, digest: own }];
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, at) =>
    Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16),
  );
}

function describe({ reason, source }: Denial): string {
  return `denied${reason === null ? '' : ` (${reason})`} by ${source}`;
}
