/**
 * Upper certificates kept between runs in the state folder, so that a service that starts is as fast as the one that
 * stopped. They are verified again by every thread before they count (`core/path/warm-up.ts`): whoever changes
 * the file can make a start slower by some signatures and nothing else.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { AnchorSet } from './core/anchors/index.ts';
import { parsePem } from './core/evidence/index.ts';
import { NO_LINKS, rememberUppers } from './core/path/index.ts';
import { type SharedUppers, shareUppers, Uppers } from './pool/shared-uppers.ts';

const FILE = 'upper-certificates.pem';

export interface KeptUppers {
  readonly shared: SharedUppers;
  /** Writes what there is now, unless that is what the file holds. Never throws: the next start is slower, no more. */
  readonly save: () => void;
}

/** Reads what the last run kept; nothing where there is no such file, it is not one of ours, or its anchors are gone. */
export function openKeptUppers(state: string, anchors: AnchorSet): KeptUppers {
  const file = path.join(state, FILE);
  const kept = read(file);
  const sound = thoseUnder(anchors, kept);
  const shared = shareUppers(sound);
  const uppers = new Uppers(shared);
  return {
    shared,
    save: () => {
      const certificates = uppers.all();
      if (certificates.length !== kept.length) write(file, certificates);
    },
  };
}

function thoseUnder(anchors: AnchorSet, certificates: readonly Uint8Array[]): Uint8Array[] {
  const sound: Uint8Array[] = [];
  rememberUppers(certificates, anchors, {
    ...NO_LINKS,
    keep: ({ certificate }) => sound.push(certificate.bytes),
  });
  return sound;
}

function read(file: string): readonly Uint8Array[] {
  try {
    const parsed = parsePem(readFileSync(file, 'latin1'));
    return parsed.ok ? parsed.chain : [];
  } catch {
    return [];
  }
}

function write(file: string, certificates: readonly Uint8Array[]): void {
  const text = certificates.map(toPem).join('');
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(`${file}.${process.pid}`, text);
    renameSync(`${file}.${process.pid}`, file);
  } catch {
    // A state folder that cannot be written is said by what depends on it.
  }
}

function toPem(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
