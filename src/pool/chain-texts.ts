/**
 * Chains by the very texts they were sent as. A stored chain that is judged again comes in the same base64 each time:
 * its bytes and their digest are known by comparing texts, at a fifth of the cost of decoding and hashing them.
 */
import { LRUCache } from 'lru-cache';
import type { ChainBytes } from '../core/evidence/index.ts';

interface Known {
  readonly texts: readonly string[];
  readonly chain: ChainBytes;
}

export class ChainTexts {
  readonly #known: LRUCache<number, Known>;

  constructor(max: number) {
    this.#known = new LRUCache({ max });
  }

  /** The bytes of these texts, all of which are the same to the character. */
  recall(texts: readonly string[]): ChainBytes | undefined {
    const known = this.#known.get(placeOf(texts));
    if (known === undefined || known.texts.length !== texts.length) return undefined;
    for (let at = 0; at < texts.length; at += 1)
      if (known.texts[at] !== texts[at]) return undefined;
    return known.chain;
  }

  /** `chain`: what `texts` decode to, over bytes that nobody changes. */
  keep(texts: readonly string[], chain: ChainBytes): void {
    this.#known.set(placeOf(texts), { texts, chain });
  }
}

/**
 * The end of the leaf's signature, as good as random, as a number: a text is hashed and looked for in V8's table of
 * texts first. Where two chains end alike, the later one stays.
 */
function placeOf([leaf = '']: readonly string[]): number {
  let place = 0;
  for (let at = Math.max(0, leaf.length - PLACE_CHARACTERS); at < leaf.length; at += 1) {
    place = (Math.imul(place, 31) + leaf.charCodeAt(at)) | 0;
  }
  return place;
}

/** Two of them may be padding; the others are 36 bits. */
const PLACE_CHARACTERS = 8;
