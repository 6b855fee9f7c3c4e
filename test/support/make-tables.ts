/** `npm run tables`: writes the tables of the README from the code. */
import { readFileSync, writeFileSync } from 'node:fs';
import { README, withTables } from './readme.ts';

writeFileSync(README, withTables(readFileSync(README, 'utf8')));
