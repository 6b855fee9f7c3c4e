/** Registries of known operating system releases: built in, or an operator's own, signed. */
import path from 'node:path';
import type { Environment } from '../core/anchors/index.ts';
import type { ReleaseRegistry } from '../core/reference/index.ts';
import { ConfigurationFault, loadText } from './document.ts';
import { ROOTS } from './package-root.ts';
import { parseRegistry } from './registry-document.ts';
import { checkAgainstLedger } from './registry-ledger.ts';
import { loadRegistryKeys, openSigned, type RegistryKey } from './registry-signature.ts';

/** The file of the development releases, which the simulator's devices run. */
export const DEVELOPMENT_RELEASES = path.join(ROOTS, 'enigm', 'development-releases.json');

/** The releases built in for an environment: none in production, where a registry must be given. */
function loadBuiltInRegistry(environment: Environment): ReleaseRegistry | null {
  return environment === 'development' ? loadRegistry(DEVELOPMENT_RELEASES) : null;
}

/** How an operator's registry is to be read. */
export interface RegistryTrust {
  /** File of the keys that may sign it; null: none is known. */
  readonly releaseKeys: string | null;
  /** Folder that remembers the newest one seen. */
  readonly state: string;
}

/**
 * The registry a configuration names, or the one built in. Throws `ConfigurationFault` for one that is
 * malformed, expired, older than one seen before, or not signed where it must be: in production always,
 * elsewhere once `releaseKeys` is set. `now`: milliseconds since 1970.
 */
export function loadConfiguredRegistry(
  environment: Environment,
  file: string | null,
  { releaseKeys, state }: RegistryTrust,
  now: number = Date.now(),
): ReleaseRegistry | null {
  if (file === null) return loadBuiltInRegistry(environment);
  const needsSignature = environment === 'production' || releaseKeys !== null;
  if (needsSignature && releaseKeys === null) {
    throw new ConfigurationFault(
      `setting releaseKeys: is needed in production beside releases (${file}), which must be signed`,
    );
  }
  const registry = loadRegistry(file, releaseKeys === null ? null : loadRegistryKeys(releaseKeys));
  if (now >= registry.expiresAt) {
    const expired = new Date(registry.expiresAt).toISOString();
    throw new ConfigurationFault(`${file}: expiresAt: the registry expired at ${expired}`);
  }
  checkAgainstLedger(registry, file, state);
  return registry;
}

/**
 * Loads a registry file. `keys`: who may have signed it; null takes an unsigned one, and reads a signed one no
 * further than that it is signed.
 */
export function loadRegistry(
  file: string,
  keys: readonly RegistryKey[] | null = null,
): ReleaseRegistry {
  const text = loadText(file);
  const isPlain = /^\s*\{/.test(text);
  if (keys === null) {
    if (isPlain) return parseRegistry(text, file, null);
    throw new ConfigurationFault(
      `${file}: is signed or no registry; name the keys that may sign it`,
    );
  }
  if (isPlain) throw new ConfigurationFault(`${file}: is not signed, and must be`);
  const signed = openSigned(text, keys, file);
  return parseRegistry(signed.text, file, signed.kid);
}
