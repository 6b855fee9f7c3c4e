/** `attest audit check`: whether an audit trail is what was written. */
import { existsSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { Archive, ArchiveFault } from '../audit/archive.ts';
import { AUDIT_FAULTS, type AuditCheck, type AuditFault, checkTrail } from '../audit/check.ts';
import { auditFolderOf } from '../audit/desk.ts';
import { archiveFolder, headsFile, trailFile } from '../audit/files.ts';
import { KeptStates, linesOf } from '../audit/states.ts';
import { loadConfig } from '../config.ts';
import { openSigner, type VerificationKey } from '../results/index.ts';
import { EXIT, type Io, UsageFault } from './io.ts';
import { loadKeys } from './token.ts';

export interface AuditOptions {
  readonly keys?: string;
  readonly head?: readonly string[];
  readonly format?: 'text' | 'json';
}

/**
 * Exit code 0: sound, and its end is covered by a signed head; 1: a fault; 2: nothing signed covers its end, so
 * that a cut would not show; 65: there is no trail.
 */
export async function checkAudit(
  given: string | undefined,
  options: AuditOptions,
  io: Io,
): Promise<number> {
  const folder = folderNamed(given, io);
  const file = trailFile(folder);
  if (!existsSync(file)) {
    io.err(`error: ${file}: there is no audit trail\n`);
    return EXIT.unreadable;
  }
  const check = await checkTrail({
    trail: linesOf(file),
    isWhole: await endsWithLineFeed(file),
    heads: [
      ...tokensIn(headsFile(folder)),
      ...(options.head ?? []).flatMap((each) => tokensIn(path.resolve(io.folder, each))),
    ],
    keys: keysOf(options, io),
    now: io.now(),
  });
  const archive = await checkArchive(folder);
  const isSound = check.faults.length === 0 && archive.length === 0;
  const isCovered = check.coveredTo !== null && check.coveredTo >= (check.last ?? -1);
  if (options.format === 'json')
    io.out(`${JSON.stringify({ sound: isSound, ...check, archive })}\n`);
  else io.out(render(check, archive, isCovered));
  if (!isSound) return EXIT.reject;
  return isCovered ? EXIT.accept : EXIT.inconclusive;
}

/** The folder named, or the one configured. */
export function folderNamed(given: string | undefined, io: Io): string {
  const folder = given === undefined ? auditFolderOf(loadConfig()) : path.resolve(io.folder, given);
  if (folder !== null) return folder;
  throw new UsageFault('no audit folder is configured; name one');
}

function keysOf({ keys }: AuditOptions, io: Io): readonly VerificationKey[] {
  if (keys !== undefined) return loadKeys(path.resolve(io.folder, keys));
  return openSigner(loadConfig())?.keys ?? [];
}

function tokensIn(file: string): readonly string[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'latin1')
    .split(/\s+/)
    .filter((token) => token !== '');
}

async function endsWithLineFeed(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1));
    return size === 0 || buffer[0] === 0x0a;
  } finally {
    await handle.close();
  }
}

/** What the trail names must be in the archive, each piece as its digest says. */
async function checkArchive(folder: string): Promise<readonly string[]> {
  const states = await KeptStates.of(folder, new Archive(archiveFolder(folder)));
  const faults = new Set<string>();
  for (const digest of states.digests) {
    try {
      await states.read(digest);
    } catch (error) {
      if (!(error instanceof ArchiveFault)) throw error;
      faults.add(error.message);
    }
  }
  return [...faults];
}

function render(check: AuditCheck, archive: readonly string[], isCovered: boolean): string {
  const lines = [...check.faults.map(sentence), ...archive.map((text) => `ARCHIVE: ${text}`)];
  const covered = isCovered
    ? `signed heads: ${check.heads}, up to the last record`
    : check.coveredTo === null
      ? 'signed heads: none; a cut tail would not show'
      : `signed heads: ${check.heads}, up to record ${check.coveredTo}; a later tail that was cut would not show`;
  const verdict = lines.length === 0 ? 'sound' : `${lines.length} faults`;
  return [...lines, `records: ${check.records}`, covered, verdict, ''].join('\n');
}

function sentence({ code, from, to, line, detail }: AuditFault): string {
  const which = from === to ? `record ${from}` : `records ${from} to ${to}`;
  const place = line === null ? '' : ` (line ${line})`;
  return `${code}: ${which}${place}: ${AUDIT_FAULTS[code]}${detail === null ? '' : ` (${detail})`}`;
}
