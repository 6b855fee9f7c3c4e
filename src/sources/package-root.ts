/** Where this package's own files are, from source and from a build alike. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Both `src/sources` and `dist/sources` are two folders below it. */
const PACKAGE_ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Anchors, lists and releases that come with the package. */
export const ROOTS = path.join(PACKAGE_ROOT, 'roots');

interface PackageFacts {
  readonly name: string;
  readonly version: string;
}

const { name, version } = JSON.parse(
  readFileSync(path.join(PACKAGE_ROOT, 'package.json'), 'utf8'),
) as PackageFacts;

/** This program, as reports name it. */
export const VERIFIER: PackageFacts = Object.freeze({ name, version });
