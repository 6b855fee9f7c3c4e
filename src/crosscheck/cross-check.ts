/** The order of steps. What any step refuses ends here, with its reason. */
import type { AnchorSet } from '../core/anchors/index.ts';
import { SoftwareRoot } from './anchoring.ts';
import { checkAttestKey } from './attest-keys.ts';
import { sha256Hex } from './bytes.ts';
import { type Certificate, readCertificate } from './certificate.ts';
import { type KeyDescription, readKeyDescription } from './key-description.ts';
import { MAX_CERTIFICATE_BYTES, MAX_CERTIFICATES } from './limits.ts';
import type { SecondOpinion } from './opinion.ts';
import { type VerifiedPath, verifyPath } from './path.ts';
import { Refusal, refuse } from './refusal.ts';

/** A second opinion on a chain, leaf first. Total on evidence: it throws on faults of this program only. */
export async function crossCheck(
  chain: readonly Uint8Array[],
  anchors: AnchorSet,
): Promise<SecondOpinion> {
  const certificates: Certificate[] = [];
  let path: VerifiedPath | null = null;
  try {
    checkSizes(chain);
    for (const [index, der] of chain.entries()) certificates.push(readCertificate(der, index));
    path = await verifyPath(certificates, anchors);
    const keyDescription = readDescriptions(path);
    return { ...toOpinion(certificates, path), verified: true, reason: null, keyDescription };
  } catch (error) {
    const opinion = toOpinion(certificates, path);
    if (error instanceof SoftwareRoot) {
      return { ...opinion, shape: 'software', reason: error.message };
    }
    if (error instanceof Refusal) return { ...opinion, reason: error.message };
    throw error;
  }
}

/** THREATS T49, before anything is read. */
function checkSizes(chain: readonly Uint8Array[]): void {
  if (chain.length > MAX_CERTIFICATES) refuse('more certificates than any layout has');
  if (chain.some(({ length }) => length > MAX_CERTIFICATE_BYTES)) {
    refuse('a certificate larger than any device makes');
  }
}

/** The leaf's, after every ATTEST_KEY above it was held to it. */
function readDescriptions({ leaf, attestKeys }: VerifiedPath): KeyDescription {
  const description = readKeyDescription(leaf);
  for (const attestKey of attestKeys) {
    checkAttestKey(readKeyDescription(attestKey), description, attestKey.index);
  }
  return description;
}

function toOpinion(
  certificates: readonly Certificate[],
  path: VerifiedPath | null,
): Omit<SecondOpinion, 'reason'> {
  const [leaf] = certificates;
  return {
    verified: false,
    shape: path?.shape ?? null,
    anchorId: path?.anchor.record.id ?? null,
    leafSpkiSha256: leaf === undefined ? null : sha256Hex(leaf.spki),
    serials: certificates.map(({ serialHex }) => serialHex),
    validity: certificates.map(({ notBefore, notAfter }) => ({ notBefore, notAfter })),
    keyDescription: null,
  };
}
