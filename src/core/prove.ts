/**
 * PROVE: from bytes to facts signed up to an anchor. Depends on nothing but the bytes and the anchors,
 * so a proof may be remembered by the digest of the exact bytes. Time, revocation, challenge and policy
 * are `judge`'s.
 */
import { createHash } from 'node:crypto';
import type { AnchorSet } from './anchors/index.ts';
import {
  type Effort,
  type Finding,
  newEffort,
  type Result,
  refusal,
  success,
} from './base/index.ts';
import {
  checkAttestKey,
  type KeyDescription,
  type ProvisioningInfo,
  parseKeyDescription,
  parseProvisioningInfo,
} from './key-description/index.ts';
import { parseChain, type VerifiedPath, verifyPath } from './path/index.ts';
import type { Certificate } from './x509/index.ts';

/** What evidence establishes. */
export interface Proof {
  readonly evidenceDigest: string;
  /** As far as the chain could be read; nothing of it is verified without a path. */
  readonly certificates: readonly Certificate[];
  /** Or the link at which the proof broke. */
  readonly path: Result<VerifiedPath>;
  /** What the leaf says; null without a path. */
  readonly keyDescription: Result<KeyDescription> | null;
  readonly provisioningInfo: ProvisioningInfo | null;
  readonly remarks: readonly Finding[];
  readonly effort: Effort;
}

/** Proves what a chain establishes, leaf first. Never throws for anything in the bytes. */
export function prove(chain: readonly Uint8Array[], anchors: AnchorSet): Proof {
  const effort = newEffort();
  const evidenceDigest = digestEvidence(chain);
  const { certificates, broken } = parseChain(chain, effort);
  const path = broken === null ? verifyPath(certificates, anchors, effort) : refusal(broken);
  if (!path.ok) return { ...NOTHING_PROVED, evidenceDigest, certificates, path, effort };
  const keyDescription = proveKey(path.value, effort);
  const provisioning = parseProvisioningInfo(
    path.value.attestation,
    path.value.layout.attestationAt,
  );
  const remarks = [
    ...path.value.remarks,
    ...(provisioning.ok ? [] : [provisioning.finding]),
    ...(keyDescription.ok ? keyDescription.value.remarks : []),
  ];
  return {
    evidenceDigest,
    certificates,
    path,
    keyDescription,
    provisioningInfo: provisioning.ok ? provisioning.value : null,
    remarks,
    effort,
  };
}

/**
 * SHA-256 over each certificate as a 32-bit big-endian length and its bytes. Framed, so that two
 * chains that concatenate to the same bytes have different digests.
 */
function digestEvidence(chain: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  const length = new DataView(new ArrayBuffer(4));
  for (const bytes of chain) {
    length.setUint32(0, bytes.length);
    hash.update(new Uint8Array(length.buffer)).update(bytes);
  }
  return hash.digest('hex');
}

const NOTHING_PROVED = { keyDescription: null, provisioningInfo: null, remarks: [] } as const;

/** Reads the leaf's description, and makes sure that every ATTEST_KEY above it may vouch for it. */
function proveKey(path: VerifiedPath, effort: Effort): Result<KeyDescription> {
  const leaf = parseKeyDescription(path, 0, effort);
  if (!leaf.ok) return leaf;
  for (let cert = 1; cert < path.layout.attestationAt; cert += 1) {
    const attestKey = parseKeyDescription(path, cert, effort);
    if (!attestKey.ok) return attestKey;
    const broken = checkAttestKey(attestKey.value, leaf.value, cert);
    if (broken !== undefined) return refusal(broken);
  }
  return success(leaf.value);
}
