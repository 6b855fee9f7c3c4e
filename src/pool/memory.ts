/**
 * The memory of one worker: links and proofs, each in a bounded store of its own, so that a flood in one
 * cannot push out what the others hold. Only what was verified up to an anchor enters.
 */
import { LRUCache } from 'lru-cache';
import type { AnchorSet } from '../core/anchors/index.ts';
import type { Readings } from '../core/key-description/index.ts';
import type { VerifiedLink } from '../core/path/index.ts';
import type { Proof, ProofMemory } from '../core/prove.ts';

/** How many of each a memory holds. */
export interface MemorySizes {
  /** Makers' intermediates: every device there is chains through some hundreds. */
  readonly uppers: number;
  /** One for each device (remote) or batch of devices (factory), about 3 KB each. */
  readonly attestations: number;
  /** Chains seen before, about 15 KB each with what was read of them. */
  readonly proofs: number;
  /** Hardware lists, one for each build and kind of key; names of apps; ProvisioningInfos: of each. */
  readonly descriptions: number;
}

const SIZES: MemorySizes = { uppers: 1024, attestations: 8192, proofs: 2048, descriptions: 1024 };

export function createMemory(sizes: MemorySizes = SIZES): ProofMemory {
  const uppers = new LRUCache<string, VerifiedLink>({ max: sizes.uppers });
  const attestations = new LRUCache<string, VerifiedLink>({ max: sizes.attestations });
  const proofs = new LRUCache<string, RememberedProof>({ max: sizes.proofs });
  return {
    links: {
      recall: (bytes) => {
        const key = toKey(bytes);
        return uppers.get(key) ?? attestations.get(key);
      },
      keep: (link, kind) => {
        const store = kind === 'upper' ? uppers : attestations;
        store.set(toKey(link.certificate.bytes), link);
      },
    },
    descriptions: {
      hardwareLists: createReadings(sizes.descriptions),
      applicationIds: createReadings(sizes.descriptions),
      provisioningInfos: createReadings(sizes.descriptions),
    },
    recall: (evidenceDigest, anchors) => {
      const known = proofs.get(evidenceDigest);
      return known?.anchors === anchors ? known.proof : undefined;
    },
    keep: (proof, anchors) => {
      proofs.set(proof.evidenceDigest, { proof, anchors });
    },
  };
}

function createReadings<Value extends object>(max: number): Readings<Value> {
  const values = new LRUCache<string, Value>({ max });
  return {
    recall: (bytes) => values.get(toKey(bytes)),
    keep: (bytes, value) => {
      values.set(toKey(bytes), value);
    },
  };
}

interface RememberedProof {
  readonly proof: Proof;
  /** By identity: a set that was loaded anew asks again. */
  readonly anchors: AnchorSet;
}

/** The exact bytes, as a string of octets: no digest to argue about. */
function toKey(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
