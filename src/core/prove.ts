/**
 * PROVE: from bytes to facts signed up to an anchor. Depends on nothing but the bytes and the anchors,
 * so a proof may be remembered by the digest of the exact bytes. Time, revocation, challenge and policy
 * are `judge`'s.
 */
import { hash } from 'node:crypto';
import type { AnchorSet } from './anchors/index.ts';
import {
  type Effort,
  equalBytes,
  type Finding,
  finding,
  newEffort,
  type Result,
  refusal,
  success,
} from './base/index.ts';
import {
  checkAttestKey,
  type DescriptionMemory,
  type KeyDescription,
  NO_DESCRIPTIONS,
  type ProvisioningInfo,
  parseKeyDescription,
  parseProvisioningInfo,
} from './key-description/index.ts';
import {
  type LinkMemory,
  NO_LINKS,
  parseChain,
  type VerifiedPath,
  verifyPath,
} from './path/index.ts';
import type { ReportParts } from './report/index.ts';
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
  /** Parts of reports that depend on nothing but the proof, made when first asked for. */
  readonly parts: ReportParts;
}

/**
 * What may be remembered between proofs, all of it bounded and none of it needed: a memory may forget
 * anything at any time.
 */
export interface ProofMemory {
  readonly links: LinkMemory;
  readonly descriptions: DescriptionMemory;
  /** Proofs of whole chains, each under the digest of its evidence and the anchors it was made with. */
  readonly recall: (evidenceDigest: string, anchors: AnchorSet) => Proof | undefined;
  /** Called only for proofs with a verified path. */
  readonly keep: (proof: Proof, anchors: AnchorSet) => void;
}

/** Remembers nothing. */
const NO_MEMORY: ProofMemory = Object.freeze({
  links: NO_LINKS,
  descriptions: NO_DESCRIPTIONS,
  recall: () => undefined,
  keep: () => {},
});

/**
 * Proves what a chain establishes, leaf first. Never throws for anything in the bytes. A proof is over a
 * copy of the chain, so that whoever sent it cannot change what was proved.
 */
export function prove(
  chain: readonly Uint8Array[],
  anchors: AnchorSet,
  memory: ProofMemory = NO_MEMORY,
): Proof {
  const { framed, certificates } = frame(chain);
  const evidenceDigest = hash('sha256', framed);
  const known = memory.recall(evidenceDigest, anchors);
  if (known !== undefined) return { ...known, effort: newEffort() };
  const proof = { evidenceDigest, ...proveCopy(certificates, anchors, memory) };
  if (proof.path.ok) memory.keep(proof, anchors);
  return proof;
}

function proveCopy(
  chain: readonly Uint8Array[],
  anchors: AnchorSet,
  { links, descriptions }: ProofMemory,
): Omit<Proof, 'evidenceDigest'> {
  const effort = newEffort();
  const parsed = parseChain(chain, effort, { anchors, links });
  const { certificates, broken } = parsed;
  const path = broken === null ? verifyPath(parsed, anchors, effort, links) : refusal(broken);
  if (!path.ok) return { ...NOTHING_PROVED, certificates, path, effort, parts: {} };
  const keyDescription = proveKey(path.value, effort, descriptions);
  const provisioning = parseProvisioningInfo(
    path.value.attestation,
    path.value.layout.attestationAt,
    descriptions,
  );
  const remarks = [
    ...path.value.remarks,
    ...(provisioning.ok ? [] : [provisioning.finding]),
    ...(keyDescription.ok ? keyDescription.value.remarks : []),
  ];
  return {
    certificates,
    path,
    keyDescription,
    provisioningInfo: provisioning.ok ? provisioning.value : null,
    remarks,
    effort,
    parts: {},
  };
}

/**
 * A chain copied, each certificate behind its length in 32 big-endian bits: the digest of evidence is over
 * these bytes, so that two chains that concatenate to the same bytes have different digests.
 */
function frame(chain: readonly Uint8Array[]): {
  readonly framed: Uint8Array;
  readonly certificates: readonly Uint8Array[];
} {
  let size = 0;
  for (const { length } of chain) size += 4 + length;
  const framed = new Uint8Array(size);
  const view = new DataView(framed.buffer);
  const certificates: Uint8Array[] = [];
  let at = 0;
  for (const bytes of chain) {
    view.setUint32(at, bytes.length);
    framed.set(bytes, at + 4);
    certificates.push(framed.subarray(at + 4, at + 4 + bytes.length));
    at += 4 + bytes.length;
  }
  return { framed, certificates };
}

const NOTHING_PROVED = { keyDescription: null, provisioningInfo: null, remarks: [] } as const;

/** Reads the leaf's description, and makes sure that every ATTEST_KEY above it may vouch for it. */
function proveKey(
  path: VerifiedPath,
  effort: Effort,
  memory: DescriptionMemory,
): Result<KeyDescription> {
  const leaf = parseKeyDescription(path, 0, effort, memory);
  if (!leaf.ok) return leaf;
  const remarks = [...leaf.value.remarks];
  for (let cert = 1; cert < path.layout.attestationAt; cert += 1) {
    const attestKey = parseKeyDescription(path, cert, effort, memory);
    if (!attestKey.ok) return attestKey;
    const broken = checkAttestKey(attestKey.value, leaf.value, cert);
    if (broken !== undefined) return refusal(broken);
    remarks.push(...attestKey.value.remarks);
    const { attestationChallenge } = attestKey.value;
    if (!equalBytes(attestationChallenge, leaf.value.attestationChallenge)) {
      // Reported, not required (THREATS T05).
      remarks.push(finding('ATTEST_KEY_CHALLENGE', { cert, field: 'attestationChallenge' }));
    }
  }
  return success(remarks.length === 0 ? leaf.value : { ...leaf.value, remarks });
}
