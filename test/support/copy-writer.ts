/** Stores one whole copy after another until it is killed: `node copy-writer.ts FOLDER`. */
import { CopyStore } from '../../src/sources/revocation/copy-store.ts';

const store = new CopyStore(process.argv[2] as string);
process.stdout.write('ready\n');
for (let round = 0; ; round += 1) {
  // Bodies of many sizes, each of one letter: half of one and half of another would show.
  const letter = String.fromCharCode(97 + (round % 26));
  await store.save({
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
  });
}
