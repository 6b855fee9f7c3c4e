/**
 * The memory of one worker: links and proofs, each in a bounded store of its own, so that a flood in one
 * cannot push out what the others hold. Only what was verified up to an anchor enters; an attestation
 * certificate and a whole proof only when they come for the second time. What is random is found
 * by a number, which a map finds without hashing a text, and believed only when the whole of it is the same.
 */
import { LRUCache } from 'lru-cache';
import type { AnchorSet } from '../core/anchors/index.ts';
import { equalBytes, toLatin1 } from '../core/base/index.ts';
import { parseChainText } from '../core/evidence/index.ts';
import type { Readings } from '../core/key-description/index.ts';
import type { VerifiedLink } from '../core/path/index.ts';
import { chainOfProof, type Proof, type ProofMemory } from '../core/prove.ts';
import type { ReadChain } from '../request/index.ts';
import { ChainTexts } from './chain-texts.ts';

/** How many of each a memory holds. */
export interface MemorySizes {
  /** Makers' intermediates: every device there is chains through some hundreds. */
  readonly uppers: number;
  /** One for each device (remote) or batch of devices (factory), about 3 KB each. */
  readonly attestations: number;
  /** Chains seen twice, about 15 KB each with what was read of them. */
  readonly proofs: number;
  /** Hardware lists, one for each build and kind of key; names of apps; ProvisioningInfos: of each. */
  readonly descriptions: number;
}

const SIZES: MemorySizes = { uppers: 1024, attestations: 8192, proofs: 2048, descriptions: 1024 };

/** Beside proofs, chains by their texts. */
export interface WorkerMemory extends ProofMemory {
  /** `parseChainText`, without decoding what is known to the character. */
  readonly readChain: ReadChain;
  /** Remembers the texts that a proof was asked for with. */
  readonly keepTexts: (texts: readonly string[], proof: Proof) => void;
}

export function createMemory(sizes: MemorySizes = SIZES): WorkerMemory {
  const uppers = new LRUCache<number, VerifiedLink>({ max: sizes.uppers });
  const attestations = new LRUCache<number, VerifiedLink>({ max: sizes.attestations });
  const proofs = new LRUCache<number, RememberedProof>({ max: sizes.proofs });
  const texts = new ChainTexts(sizes.proofs);
  const sightings = { attestations: createSightings(), proofs: createSightings() };
  return {
    links: {
      recall: (bytes) => {
        const bucket = toBucket(bytes);
        const link = uppers.get(bucket) ?? attestations.get(bucket);
        return link !== undefined && equalBytes(link.certificate.bytes, bytes) ? link : undefined;
      },
      isWorthKeeping: (bytes, kind) =>
        kind === 'upper' ||
        sightings.attestations(toBucket(bytes), lastWord(bytes, bytes.length - 4)),
      keep: (link, kind) => {
        const store = kind === 'upper' ? uppers : attestations;
        store.set(toBucket(link.certificate.bytes), link);
      },
    },
    descriptions: {
      hardwareLists: createReadings(sizes.descriptions),
      applicationIds: createReadings(sizes.descriptions),
      provisioningInfos: createReadings(sizes.descriptions),
    },
    readChain: (sent) => {
      const known = typeof sent === 'string' ? undefined : texts.recall(sent);
      return known === undefined ? parseChainText(sent) : { ok: true, chain: known };
    },
    keepTexts: (sent, proof) => texts.keep(sent, chainOfProof(proof)),
    recall: (evidenceDigest, anchors) => {
      const known = proofs.get(wordOf(evidenceDigest, 0));
      if (known === undefined || known.anchors !== anchors) return undefined;
      return known.proof.evidenceDigest === evidenceDigest ? known.proof : undefined;
    },
    keep: (proof, anchors) => {
      const place = wordOf(proof.evidenceDigest, 0);
      const isSeenAgain = sightings.proofs(place, wordOf(proof.evidenceDigest, 8));
      if (isSeenAgain) proofs.set(place, { proof, anchors });
    },
  };
}

/**
 * Whether something was there before, by two words of it that are as good as random, as far as is remembered:
 * most devices and chains come once, and to keep what comes once costs more than the rest of the work beside
 * the signatures (bench/stages.ts). A few slots for each place, so that two that meet in one do not drive each other
 * out for ever; the oldest goes. Where two share a place and a word, one is kept a sighting early.
 */
function createSightings(): (place: number, word: number) => boolean {
  const words = new Int32Array(PLACES * SLOTS);
  return (place, word) => {
    const first = (place & (PLACES - 1)) * SLOTS;
    const wanted = word | 0;
    for (let slot = first; slot < first + SLOTS; slot += 1) if (words[slot] === wanted) return true;
    words.copyWithin(first + 1, first, first + SLOTS - 1);
    words[first] = wanted;
    return false;
  };
}

/** A power of two. */
const PLACES = 4096;
const SLOTS = 4;

/** Found by a text of the bytes, whose hash nobody outside can foresee: what stands in them is not random. */
function createReadings<Value extends object>(max: number): Readings<Value> {
  const values = new LRUCache<string, Value>({ max });
  return {
    recall: (bytes) => values.get(toLatin1(bytes)),
    keep: (bytes, value) => {
      values.set(toLatin1(bytes), value);
    },
  };
}

interface RememberedProof {
  readonly proof: Proof;
  /** By identity: a set that was loaded anew asks again. */
  readonly anchors: AnchorSet;
}

/**
 * Where a certificate is looked for: the last octets of its signature, which are as good as random. Whoever
 * makes two end alike has the later one in place of the earlier; a link is believed only by all its bytes.
 */
function toBucket(bytes: Uint8Array): number {
  return lastWord(bytes, bytes.length);
}

/** 32 bits of a digest in lower-case hex, from character `at`; `parseInt` of a slice goes through V8's runtime. */
function wordOf(digest: string, at: number): number {
  let word = 0;
  for (let place = at; place < at + 8; place += 1) {
    const character = digest.charCodeAt(place);
    word = (word << 4) | (character <= NINE ? character & 0xf : character - BEFORE_TEN);
  }
  return word;
}

const NINE = 0x39;
/** `a` stands for ten. */
const BEFORE_TEN = 0x61 - 10;

/** 32 bits in front of `end`, as an integer that a map finds fast; octets that are not there count as none. */
function lastWord(bytes: Uint8Array, end: number): number {
  let word = 0;
  for (let at = Math.max(0, end - 4); at < end; at += 1) word = (word << 8) | (bytes[at] as number);
  return word;
}
