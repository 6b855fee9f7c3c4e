/** `npm run lock`: adds to package-lock.json the entries of other platforms that npm left out (see lockfile.ts). */

import { writeFileSync } from 'node:fs';
import { LOCKFILE_PATH, missingEntries, platformEntry, readLockfile } from './lockfile.ts';

const lock = readLockfile();
const missing = missingEntries(lock);
for (const entry of missing) lock.packages[`node_modules/${entry.name}`] = platformEntry(entry);
const [root, ...rest] = Object.entries(lock.packages);
lock.packages = Object.fromEntries([
  root as [string, object],
  ...rest.sort(([a], [b]) => (a < b ? -1 : 1)),
]);
writeFileSync(LOCKFILE_PATH, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`package-lock.json: ${missing.length} entries added`);
