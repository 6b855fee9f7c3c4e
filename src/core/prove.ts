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
  type Refusal,
  type Result,
  refusal,
  success,
} from './base/index.ts';
import { type ChainBytes, frame } from './evidence/index.ts';
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
  type ClaimedPath,
  claimPath,
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
  /** How it was found in a memory; left out: it was made for the chain it was asked for with. */
  readonly recalled?: 'digest' | 'chain';
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
 * Proves what a chain establishes, leaf first. Never throws for anything in the bytes. A proof is over
 * memory of its own, so that whoever sent the chain cannot change what was proved.
 */
export function prove(
  chain: readonly Uint8Array[],
  anchors: AnchorSet,
  memory: ProofMemory = NO_MEMORY,
): Proof {
  return proveAll([chain], anchors, memory)[0] as Proof;
}

/**
 * The same for chains that came together: everything but signatures for all of them, then all signatures.
 *
 * `Array.from`, here and wherever a batch is gone through: what `map` gives has one hidden class from the engine's own
 * `map` and another where it was compiled into its caller, and each change of the load had all the compiled code of a
 * batch thrown away.
 */
export function proveAll(
  chains: readonly ChainBytes[],
  anchors: AnchorSet,
  memory: ProofMemory = NO_MEMORY,
): readonly Proof[] {
  const begun = Array.from(chains, (chain) => begin(chain, anchors, memory));
  const paths = Array.from(begun, (each) =>
    'parts' in each || !each.claimed.ok
      ? null
      : verifyPath(each.claimed.value, each.effort, memory.links),
  );
  return Array.from(begun, (each, at) => {
    if ('parts' in each) return each;
    const proof = complete(each, paths[at] ?? (each.claimed as Refusal), memory);
    if (proof.path.ok) memory.keep(proof, anchors);
    return proof;
  });
}

/** Digests of chains over bytes that nobody but a proof holds. */
const DIGESTS = new WeakMap<ChainBytes, string>();

/** The chain of a proof, whose digest need not be taken again. */
export function chainOfProof({ certificates, evidenceDigest }: Proof): ChainBytes {
  const chain = certificates.map(({ bytes }) => bytes);
  DIGESTS.set(chain, evidenceDigest);
  return chain;
}

/** What a chain claims, before any signature of it is verified. */
interface Begun {
  readonly evidenceDigest: string;
  readonly certificates: readonly Certificate[];
  readonly claimed: Result<ClaimedPath>;
  readonly effort: Effort;
}

function begin(chain: ChainBytes, anchors: AnchorSet, memory: ProofMemory): Begun | Proof {
  const effort = newEffort();
  const digest = DIGESTS.get(chain);
  const remembered = digest === undefined ? undefined : memory.recall(digest, anchors);
  if (remembered !== undefined) return { ...remembered, effort, recalled: 'chain' };
  const { framed, certificates: own } = frame(chain);
  const evidenceDigest = hash('sha256', framed);
  const known = memory.recall(evidenceDigest, anchors);
  if (known !== undefined) return { ...known, effort, recalled: 'digest' };
  const parsed = parseChain(own, effort, { anchors, links: memory.links });
  const { certificates, broken } = parsed;
  const claimed = broken === null ? claimPath(parsed, anchors, effort) : refusal(broken);
  return { evidenceDigest, certificates, claimed, effort };
}

function complete(
  { evidenceDigest, certificates, effort }: Begun,
  path: Result<VerifiedPath>,
  { descriptions }: ProofMemory,
): Proof {
  if (!path.ok) {
    return { ...NOTHING_PROVED, evidenceDigest, certificates, path, effort, parts: {} };
  }
  const { attestation, layout } = path.value;
  const keyDescription = proveKey(path.value, effort, descriptions);
  const provisioning = parseProvisioningInfo(attestation, layout.attestationAt, descriptions);
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
    parts: {},
  };
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
