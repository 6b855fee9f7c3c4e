/** `attest releases check|show|sign`: registries of releases, and whether they can be used. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { CompactSign, calculateJwkThumbprint } from 'jose';
import { loadConfig } from '../config.ts';
import type { ReleaseRegistry } from '../core/reference/index.ts';
import { loadText } from '../sources/document.ts';
import { parseRegistry } from '../sources/registry-document.ts';
import { loadRegistryKeys, REGISTRY_TYPE } from '../sources/registry-signature.ts';
import { loadConfiguredRegistry, loadRegistry } from '../sources/releases.ts';
import { EXIT, type Io, UsageFault } from './io.ts';
import { columns, styleOf } from './render/style.ts';

interface CheckOptions {
  readonly keys?: string;
}

/** Says what a registry is. What cannot be used ends with the exit code of configurations. */
export function checkReleases(file: string, options: CheckOptions, io: Io): number {
  const registry = load(file, options, io);
  const { name, sequence, releases, systems, expiresAt } = registry;
  const style = styleOf(io.colour);
  const isExpired = io.now() >= expiresAt;
  const facts = [
    ['holds', `${releases.length} releases and ${systems.length} known systems`],
    ['signature', registry.signedBy ?? 'none: production refuses it'],
    ['expires', `${new Date(expiresAt).toISOString()}${isExpired ? ': it has expired' : ''}`],
    ['id', registry.id],
  ];
  const verdict = isExpired ? style.bad('expired') : style.good('sound');
  io.out(`${verdict}  ${name}, sequence ${sequence}\n${columns(facts, '  ')}\n`);
  return isExpired ? EXIT.configuration : EXIT.accept;
}

interface ShowOptions extends CheckOptions {
  readonly format?: 'text' | 'json';
}

/** Shows a registry, or the one in force here. */
export function showReleases(file: string | undefined, options: ShowOptions, io: Io): number {
  const registry = file === undefined ? registryInForce() : load(file, options, io);
  if (registry === null) {
    io.err('no registry of releases is configured; see the setting "releases"\n');
    return EXIT.configuration;
  }
  io.out(options.format === 'json' ? `${JSON.stringify(registry)}\n` : render(registry, io));
  return EXIT.accept;
}

interface SignOptions {
  readonly key: string;
  readonly out: string;
}

/** Signs what can be used, and nothing else. */
export async function signReleases(file: string, options: SignOptions, io: Io): Promise<number> {
  const place = path.resolve(io.folder, file);
  const text = loadText(place);
  const registry = parseRegistry(text, place, null);
  const key = loadPrivateKey(path.resolve(io.folder, options.key));
  const alg = algorithmOf(key, options.key);
  const jwk = createPublicKey(key).export({ format: 'jwk' });
  const kid = await calculateJwkThumbprint(jwk as Parameters<typeof calculateJwkThumbprint>[0]);
  const jws = await new CompactSign(Buffer.from(text, 'utf8'))
    .setProtectedHeader({ alg, kid, typ: REGISTRY_TYPE })
    .sign(key);
  if (options.out === '-') io.out(`${jws}\n`);
  else writeFileSync(path.resolve(io.folder, options.out), `${jws}\n`);
  io.err(`signed ${registry.name}, sequence ${registry.sequence}, with key ${kid}\n`);
  return EXIT.accept;
}

function load(file: string, { keys }: CheckOptions, io: Io): ReleaseRegistry {
  const known = keys === undefined ? null : loadRegistryKeys(path.resolve(io.folder, keys));
  return loadRegistry(path.resolve(io.folder, file), known);
}

function registryInForce(): ReleaseRegistry | null {
  const config = loadConfig();
  return loadConfiguredRegistry(config.environment, config.releases, config);
}

function render({ name, sequence, releases, systems }: ReleaseRegistry, io: Io): string {
  const style = styleOf(io.colour);
  const rows = releases.map((release) => [
    release.name,
    release.stage,
    release.environment,
    release.channel,
    release.releasedOn ?? 'not released',
    `OS ${release.osVersion}, ${release.osPatchLevel}`,
    release.models.join(', '),
  ]);
  const known = systems.map((system) => [
    system.name,
    system.bootStates.join(' or '),
    `${system.verifiedBootKeys[0]?.slice(0, 16)}…`,
    system.models.join(', '),
  ]);
  const parts = [
    style.strong(`${name}, sequence ${sequence}`),
    ...(rows.length === 0 ? [] : [columns(rows, '  ')]),
    ...(known.length === 0 ? [] : ['known by boot key alone:', columns(known, '  ')]),
  ];
  return `${parts.join('\n')}\n`;
}

function loadPrivateKey(file: string): KeyObject {
  try {
    return createPrivateKey(loadText(file));
  } catch (cause) {
    throw new UsageFault(`--key ${file}: is no private key in PKCS #8 PEM`, { cause });
  }
}

function algorithmOf(key: KeyObject, name: string): 'ES256' | 'Ed25519' {
  if (key.asymmetricKeyType === 'ed25519') return 'Ed25519';
  if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return 'ES256';
  throw new UsageFault(`--key ${name}: is neither an Ed25519 nor a P-256 key`);
}
