/** Stores one whole copy after another until it is killed: `node copy-writer.ts FOLDER`. */
import { CopyStore } from '../../src/sources/revocation/copy-store.ts';
import { copyOf } from './copies.ts';

const store = new CopyStore(process.argv[2] as string);
process.stdout.write('ready\n');
for (let round = 0; ; round += 1) await store.save(copyOf(round));
