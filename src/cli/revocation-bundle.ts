/** `attest revocation bundle` and `import`: lists for machines without network, signed. */
import { createPublicKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { calculateJwkThumbprint, exportJWK } from 'jose';
import { type Config, loadConfig } from '../config.ts';
import { loadTrustMaterial } from '../sources/load-trust.ts';
import {
  loadBundleKeys,
  loadLastSequence,
  signBundle,
  storeBundle,
  verifyBundle,
} from '../sources/revocation/bundle.ts';
import type { Copy } from '../sources/revocation/copy-store.ts';
import { openNetwork } from '../sources/revocation/download.ts';
import { toSourceFault } from '../sources/revocation/fault.ts';
import type { KeeperEvent } from '../sources/revocation/keeper.ts';
import { copyStoreOf, openKeeper } from '../sources/revocation/open-keeper.ts';
import { parseCount, parseTime } from './arguments.ts';
import { EXIT, type Io, UsageFault } from './io.ts';

export interface BundleCommand {
  readonly key: string;
  readonly sequence: string;
  readonly expires: string;
  readonly out: string;
  readonly keysOut?: string;
}

/** Puts what is stored on this machine into a bundle. */
export async function makeBundle(options: BundleCommand, io: Io): Promise<number> {
  const config = loadConfig();
  const sequence = parseCount('--sequence', 1)(options.sequence);
  const expiresAt = parseTime(options.expires);
  if (expiresAt <= io.now()) throw new UsageFault('--expires: it has passed already');
  const copies = storedCopies(config);
  if (copies.length === 0) {
    throw new UsageFault('nothing is stored on this machine: attest revocation fetch');
  }
  const signer = await readSigner(options.key, io);
  const { policies, anchors } = loadTrustMaterial(config);
  const content = { sequence, issuedAt: io.now(), expiresAt, copies, policies };
  const jws = await signBundle({ ...content, anchors: anchors.anchors }, signer);
  writeFileSync(path.resolve(io.folder, options.out), `${jws}\n`);
  if (options.keysOut !== undefined) {
    const keys = `${JSON.stringify({ keys: [signer.jwk] }, null, 2)}\n`;
    writeFileSync(path.resolve(io.folder, options.keysOut), keys);
  }
  io.out(
    `bundle ${sequence}: ${copies.map(({ facts }) => facts.source).join(', ')}; until ${options.expires}, signed by ${signer.kid}\n`,
  );
  return EXIT.accept;
}

export interface ImportCommand {
  readonly keys?: string;
}

/** Verifies a bundle and takes its lists. Exit code 1 where it is refused. */
export async function importBundle(file: string, options: ImportCommand, io: Io): Promise<number> {
  const config = loadConfig();
  const keysFile = options.keys ?? config.bundleKeys;
  if (keysFile === '')
    throw new UsageFault('whose bundles? name the keys: --keys FILE, or the setting bundleKeys');
  const keys = loadBundleKeys(path.resolve(io.folder, keysFile));
  const { folder } = copyStoreOf(config);
  const dispatcher = openNetwork('', '');
  try {
    const jws = readText(file, io);
    const bundle = await verifyBundle(jws, keys, loadLastSequence(folder), io.now());
    const taken = await takeCopies(bundle.copies, config, dispatcher, io);
    if (!taken) return EXIT.reject;
    storeBundle(folder, bundle);
    io.out(`bundle ${bundle.sequence}: taken\n`);
    return EXIT.accept;
  } catch (error) {
    const fault = toSourceFault(error);
    if (fault.failure === 'internal') throw error;
    io.err(`${file}: refused (${fault.failure}): ${fault.message}\n`);
    return EXIT.reject;
  } finally {
    await dispatcher.destroy();
  }
}

/** Whether every list was taken. Those of sources that are not configured here are left out. */
async function takeCopies(
  copies: readonly Copy[],
  config: Config,
  dispatcher: ReturnType<typeof openNetwork>,
  io: Io,
): Promise<boolean> {
  const { anchors } = loadTrustMaterial(config).anchors;
  const onEvent = (event: KeeperEvent): void => {
    if (event.kind !== 'refused') return;
    io.err(`${event.source}: refused (${event.failure}): ${event.text}\n`);
  };
  const keeper = await openKeeper(config, anchors, dispatcher, onEvent);
  let isWhole = true;
  try {
    for (const copy of copies) {
      const { source, fetchedAt } = copy.facts;
      if (!config.revocationSources.some(({ id }) => id === source)) {
        io.err(`${source}: left out: no such source is configured here\n`);
        continue;
      }
      const isTaken = await keeper.offer(copy);
      if (isTaken) io.out(`${source}: as of ${toTime(fetchedAt)}\n`);
      isWhole = isTaken && isWhole;
    }
  } finally {
    await keeper.close();
  }
  return isWhole;
}

function storedCopies(config: Config): readonly Copy[] {
  const store = copyStoreOf(config);
  return config.revocationSources.flatMap(({ id }) => store.load(id) ?? []);
}

async function readSigner(file: string, io: Io) {
  const pem = readText(file, io);
  try {
    const key = createPublicKey(pem);
    const alg = algorithmOf(key.asymmetricKeyType, key.asymmetricKeyDetails?.namedCurve);
    const jwk = await exportJWK(key);
    const kid = await calculateJwkThumbprint(jwk);
    return { pem, alg, kid, jwk: { ...jwk, kid, alg, use: 'sig' } };
  } catch (error) {
    throw new UsageFault(`--key ${file}: give an Ed25519, P-256 or P-384 key in PKCS #8 PEM`, {
      cause: error,
    });
  }
}

function algorithmOf(type: string | undefined, curve: string | undefined): string {
  if (type === 'ed25519') return 'EdDSA';
  if (type === 'ec' && curve === 'prime256v1') return 'ES256';
  if (type === 'ec' && curve === 'secp384r1') return 'ES384';
  throw new RangeError(`keys of kind ${type} ${curve ?? ''} are not used here`);
}

function readText(file: string, io: Io): string {
  try {
    return readFileSync(path.resolve(io.folder, file), 'utf8');
  } catch (error) {
    throw new UsageFault(`${file}: cannot be read`, { cause: error });
  }
}

function toTime(ms: number | null): string {
  return ms === null ? 'now, by the operator’s word' : new Date(ms).toISOString();
}
