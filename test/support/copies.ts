/** Copies to be stored, each of which shows by itself whether it is whole. */
import type { Copy } from '../../src/sources/revocation/copy-store.ts';

/** Bodies of many sizes, each of one letter: half of one and half of another would show. */
export function copyOf(round: number): Copy {
  const letter = String.fromCharCode(97 + (round % 26));
  return {
    facts: {
      source: 'here',
      kind: 'status-list',
      place: 'https://example.org/',
      fetchedAt: round,
      refreshAfterMs: 1,
      publishedAt: null,
      etag: null,
      lastModified: null,
    },
    body: Buffer.from(letter.repeat(1 + ((round * 7919) % 300_000))),
  };
}
