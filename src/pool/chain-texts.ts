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
  readonly #known: LRUCache<string, Known>;

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

/** The end of the leaf's signature, as good as random; where two chains end alike, the later one stays. */
function placeOf([leaf = '']: readonly string[]): string {
  return leaf.slice(-PLACE_CHARACTERS);
}

const PLACE_CHARACTERS = 16;
