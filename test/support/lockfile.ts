/**
 * What package-lock.json must hold for `npm ci`: an entry for every optional dependency any package names, those
 * for other platforms included. npm leaves out the ones the registry it was run against does not carry, and then
 * refuses its own lock file.
 */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The part of a lock file's entry read here. */
export interface LockedPackage {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  cpu?: string[];
  libc?: string[];
  os?: string[];
  optionalDependencies?: Record<string, string>;
}

/** A lock file of version 3. */
export interface Lockfile {
  packages: Record<string, LockedPackage>;
}

export const LOCKFILE_PATH = fileURLToPath(new URL('../../package-lock.json', import.meta.url));

export function readLockfile(): Lockfile {
  return JSON.parse(readFileSync(LOCKFILE_PATH, 'utf8')) as Lockfile;
}

/** An optional dependency without an entry. */
export interface MissingEntry {
  readonly name: string;
  readonly version: string;
  readonly dev: boolean;
}

/** Every optional dependency that `npm ci` would call missing. */
export function missingEntries({ packages }: Lockfile): MissingEntry[] {
  const missing = new Map<string, MissingEntry>();
  for (const [path, { optionalDependencies = {}, dev = false }] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      if (!isResolvable(packages, path, name)) missing.set(name, { name, version, dev });
    }
  }
  return [...missing.values()];
}

/** Whether `name` resolves to an entry from the package at `path`, by Node's walk up the folders. */
function isResolvable(packages: Lockfile['packages'], path: string, name: string): boolean {
  for (
    let folder = path;
    ;
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))
  ) {
    if (packages[`${folder}${folder === '' ? '' : '/'}node_modules/${name}`] !== undefined)
      return true;
    if (folder === '') return false;
  }
}

const SYSTEMS = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];
const PROCESSORS = ['arm', 'arm64', 'ia32', 'ppc64', 'riscv64', 's390x', 'x64'];

/** The entry npm would have written, its platform read from the package's name; it has no integrity to pin. */
export function platformEntry({ name, version, dev }: MissingEntry): LockedPackage {
  const words = name.split(/[/-]/);
  const os = words.filter((word) => SYSTEMS.includes(word));
  const cpu = words.filter((word) => PROCESSORS.includes(word));
  if (os.length !== 1 || cpu.length !== 1)
    throw new Error(`package-lock.json: no platform can be read from ${name}`);
  const libc = words.some((word) => word.startsWith('musl')) ? { libc: ['musl'] } : {};
  return { version, cpu, ...(dev ? { dev } : {}), ...libc, optional: true, os };
}
