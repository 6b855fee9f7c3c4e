/**
 * `attest releases import`: boot keys and vbmeta digests from what a build ships. What comes out is a draft
 * for a registry; a person adds what no image says and decides its stage.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import Type from 'typebox';
import {
  AvbFault,
  digestVbmeta,
  parseAvbKey,
  parseVbmeta,
  type VbmetaImage,
} from '../sources/avb.ts';
import { ConfigurationFault, loadText, parseDocument } from '../sources/document.ts';
import { SshSignatureFault, verifySshSignature } from '../sources/ssh-signature.ts';
import { EXIT, type Io, UsageFault } from './io.ts';

export interface ImportOptions {
  readonly name?: string;
  readonly model?: readonly string[];
  readonly channel?: string;
  readonly signature?: string;
  readonly signers?: string;
}

/** Prints JSON. What cannot be read or verified ends with the exit code of unreadable input. */
export function importReleases(file: string, options: ImportOptions, io: Io): number {
  const place = path.resolve(io.folder, file);
  try {
    const document = importFile(place, options, io);
    io.out(`${JSON.stringify(document, null, 2)}\n`);
    return EXIT.accept;
  } catch (error) {
    const isTheirs =
      error instanceof AvbFault ||
      error instanceof SshSignatureFault ||
      error instanceof ConfigurationFault;
    if (!isTheirs) throw error;
    const about = error.message.startsWith(place) ? '' : `${place}: `;
    io.err(`error: ${about}${error.message}\n`);
    return EXIT.unreadable;
  }
}

function importFile(place: string, options: ImportOptions, io: Io): unknown {
  const bytes = readBytes(place);
  if (/^\s*\{/.test(bytes.subarray(0, 64).toString('latin1'))) {
    return importSignedList(place, bytes, options, io);
  }
  const isKey = bytes.length >= 4 && [2048, 4096, 8192].includes(bytes.readUInt32BE(0));
  return isKey ? importKey(place, bytes, options) : importImage(place, bytes, options);
}

/** A key alone: a system known by its boot key. On another maker's phone it boots SelfSigned. */
function importKey(place: string, bytes: Buffer, { name, model = [] }: ImportOptions) {
  return {
    name: name ?? path.basename(place),
    models: model,
    verifiedBootKeys: [parseAvbKey(bytes).sha256],
    bootStates: ['SelfSigned'],
  };
}

/** Where images keep what devices report (AOSP build/make, core/Makefile). */
const PROPERTIES = {
  osVersion: 'com.android.build.system.os_version',
  osPatchLevel: 'com.android.build.system.security_patch',
  vendorPatchLevel: 'com.android.build.vendor.security_patch',
  bootPatchLevel: 'com.android.build.boot.security_patch',
} as const;

/** A vbmeta image, with those of its chained partitions beside it as NAME.img. */
function importImage(place: string, bytes: Buffer, options: ImportOptions) {
  const main = parseVbmeta(bytes);
  const chained = main.chained.map(({ partition }) => {
    if (!/^[A-Za-z0-9_-]+$/.test(partition)) {
      throw new AvbFault(`partition ${JSON.stringify(partition)} has no usable name`);
    }
    const beside = path.join(path.dirname(place), `${partition}.img`);
    return parseNamed(beside, readBytes(beside));
  });
  const stated = propertiesOf([main, ...chained]);
  return {
    name: options.name ?? null,
    channel: options.channel ?? null,
    environment: null,
    stage: 'draft',
    cohorts: [],
    models: options.model ?? [],
    verifiedBootKeys: [main.key.sha256],
    vbmetaDigests: [digestVbmeta(main, chained)],
    bootStates: ['Verified', 'SelfSigned'],
    osVersion: toOsVersion(stated.get(PROPERTIES.osVersion)),
    osPatchLevel: toLevel(stated.get(PROPERTIES.osPatchLevel), 6),
    vendorPatchLevel: toLevel(stated.get(PROPERTIES.vendorPatchLevel), 8),
    bootPatchLevel: toLevel(stated.get(PROPERTIES.bootPatchLevel), 8),
    releasedOn: null,
  };
}

function parseNamed(place: string, bytes: Buffer): VbmetaImage {
  try {
    return parseVbmeta(bytes);
  } catch (error) {
    throw error instanceof AvbFault ? new AvbFault(`${place}: ${error.message}`) : error;
  }
}

function propertiesOf(images: readonly VbmetaImage[]): ReadonlyMap<string, string> {
  return new Map(images.flatMap(({ properties }) => [...properties]));
}

/** "16" or "16.0.1" as devices report it, MMmmss; null where the image does not say. */
function toOsVersion(text: string | undefined): number | null {
  const parts = /^(\d{1,2})(?:\.(\d{1,2}))?(?:\.(\d{1,2}))?$/.exec(text ?? '');
  if (parts === null) return null;
  const [major, minor, patch] = parts.slice(1).map((part) => Number(part ?? 0));
  return (major as number) * 10_000 + (minor as number) * 100 + (patch as number);
}

/** "2026-11-05" as devices report it, in six or eight digits; null where the image does not say. */
function toLevel(text: string | undefined, digits: 6 | 8): number | null {
  const isDate = /^\d{4}-\d\d-\d\d$/.test(text ?? '');
  return isDate ? Number((text as string).replaceAll('-', '').slice(0, digits)) : null;
}

const GrapheneList = Type.Object({
  verifiedBootKeys: Type.Array(Type.String({ pattern: '^[0-9a-fA-F]{64}$' }), { minItems: 1 }),
  timestamp: Type.Number(),
});

/** Who signs GrapheneOS's list, and for what (its attestation compatibility guide). */
const GRAPHENE_SIGNER = { identity: 'contact@grapheneos.org', namespace: 'attestation keys' };

function importSignedList(place: string, bytes: Buffer, options: ImportOptions, io: Io) {
  const { signers, signature = `${place}.sig` } = options;
  if (signers === undefined) {
    throw new UsageFault(
      'a list is taken only with its signature: name --signers, an allowed_signers file',
    );
  }
  verifySshSignature(bytes, loadText(path.resolve(io.folder, signature)), {
    ...GRAPHENE_SIGNER,
    allowedSigners: loadText(path.resolve(io.folder, signers)),
  });
  const { verifiedBootKeys } = parseDocument(bytes.toString('utf8'), GrapheneList, place);
  return {
    name: options.name ?? 'GrapheneOS',
    models: options.model ?? [],
    verifiedBootKeys: [...new Set(verifiedBootKeys.map((key) => key.toLowerCase()))],
    bootStates: ['SelfSigned'],
  };
}

function readBytes(place: string): Buffer {
  try {
    return readFileSync(place);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new ConfigurationFault(`${place}: cannot be read (${code})`, { cause });
  }
}
