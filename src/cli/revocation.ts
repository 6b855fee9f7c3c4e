/** `attest revocation`: fetch, show, check and compare revocation lists. */

import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { auditFolderOf } from '../audit/desk.ts';
import { leaveOverride } from '../audit/overrides.ts';
import { type Config, loadConfig } from '../config.ts';
import {
  lookUpSerial,
  parseStatusList,
  type RevocationSnapshot,
  type StatusEntry,
  StatusListFault,
} from '../core/revocation/index.ts';
import { loadBuiltInAnchors } from '../sources/anchors.ts';
import type { Failure } from '../sources/revocation/build.ts';
import { openNetwork } from '../sources/revocation/download.ts';
import { copyStoreOf, loadStoredSnapshot, openKeeper } from '../sources/revocation/open-keeper.ts';
import { loadStatusList } from '../sources/revocation.ts';
import { readEvidence, UnreadableInput } from './evidence-file.ts';
import { EXIT, type Io, UsageFault } from './io.ts';
import { columns, styleOf } from './render/style.ts';

interface Formatted {
  readonly format?: 'text' | 'json';
}

export interface FetchCommand extends Formatted {
  readonly source?: string;
  readonly allowShrink?: boolean;
}

/** Fetches now, and stores what holds up. Exit code 2 where a source brought nothing. */
export async function fetchLists(options: FetchCommand, io: Io): Promise<number> {
  const config = loadConfig();
  const wanted = config.revocationSources.filter(
    (source) => options.source === undefined || source.id === options.source,
  );
  if (wanted.length === 0) {
    const known = config.revocationSources.map(({ id }) => id).join(', ');
    throw new UsageFault(
      `no revocation source ${options.source ?? ''}; there are ${known || 'none'}`,
    );
  }
  const trail = auditFolderOf(config);
  if (options.allowShrink && trail !== null) {
    const sources = wanted.map(({ id }) => id);
    leaveOverride(trail, { setting: 'revocation fetch --allow-shrink', sources });
  }
  const dispatcher = openNetwork(config.proxy, config.noProxy);
  // Files are read when the keeper opens, and once more as they are fetched.
  const refusals = new Set<string>();
  const keeper = await openKeeper(
    config,
    anchorsOf(config),
    dispatcher,
    (event) => {
      if (event.kind !== 'refused') return;
      const line = `${event.source}: refused (${event.failure}): ${event.text}\n`;
      if (!refusals.has(line)) io.err(line);
      refusals.add(line);
    },
    options.allowShrink ? { allowShrink: wanted.map(({ id }) => id) } : {},
  );
  let isWhole = true;
  try {
    for (const { id } of wanted) isWhole = (await keeper.refresh(id)) && isWhole;
    const { snapshot, statuses } = keeper;
    for (const { id } of wanted) {
      const status = statuses.find((each) => each.id === id);
      if (status === undefined || status.failing !== null) continue;
      const { entries, fetchedAt } = status;
      io.out(
        options.format === 'json'
          ? `${JSON.stringify({ source: id, entries, fetchedAt: toTime(fetchedAt), snapshot: snapshot.id })}\n`
          : `${id}: ${entries} entries, as of ${toTime(fetchedAt) ?? 'now'}\n`,
      );
    }
  } finally {
    await keeper.close();
    await dispatcher.destroy();
  }
  return isWhole ? EXIT.accept : EXIT.inconclusive;
}

/** What is in force on this machine, from where, and how old it is. */
export async function showLists(options: Formatted, io: Io): Promise<number> {
  const config = loadConfig();
  const { snapshot, failures } = await load(config, io);
  const lists = snapshot.sources.map(
    ({ id, feed, anchors, entryCount, fetchedAt, refreshAfterMs }) => ({
      source: id,
      feed,
      anchors,
      entries: entryCount,
      fetchedAt: toTime(fetchedAt),
      ageSeconds: fetchedAt === null ? null : Math.floor((io.now() - fetchedAt) / 1000),
      refreshAfter: fetchedAt === null ? null : toTime(fetchedAt + refreshAfterMs),
    }),
  );
  const stored = new Set(snapshot.sources.map(({ id }) => id));
  const missing = config.revocationSources.filter(({ id }) => !stored.has(id)).map(({ id }) => id);
  if (options.format === 'json') {
    const { id, entryCount } = snapshot;
    io.out(
      `${JSON.stringify({ snapshot: { id, entries: entryCount }, lists, missing, failures })}\n`,
    );
    return EXIT.accept;
  }
  const style = styleOf(io.colour);
  for (const { source, feed, anchors, entries, fetchedAt, ageSeconds } of lists) {
    const age = ageSeconds === null ? '' : `, ${Math.floor(ageSeconds / 3600)} h ago`;
    io.out(
      `${style.strong(source)}\n${columns(
        [
          ['entries', String(entries)],
          ['as of', `${fetchedAt ?? 'now, by the operator’s word'}${age}`],
          ['feed', feed],
          ['anchors', anchors === 'all' ? 'all' : anchors.join(', ')],
        ],
        '  ',
      )}\n`,
    );
  }
  for (const id of missing)
    io.out(`${style.strong(id)}\n  nothing stored: attest revocation fetch\n`);
  io.out(`snapshot ${snapshot.id}, ${snapshot.entryCount} entries\n`);
  io.out(`stored in ${copyStoreOf(config).folder}\n`);
  return EXIT.accept;
}

export interface CheckCommand extends Formatted {
  readonly revocation?: string;
}

const SERIAL = /^(?:0x)?([0-9a-f]{1,80})$/i;

/** Looks serials up, and those of the certificates in files. Exit code 1 where one is listed. */
export async function checkSerials(
  things: readonly string[],
  options: CheckCommand,
  io: Io,
): Promise<number> {
  const { snapshot } = await load(loadConfig(), io, options.revocation);
  let isListed = false;
  let isUnreadable = false;
  for (const thing of things) {
    const serials = await serialsOf(thing, io);
    if (serials === null) isUnreadable = true;
    for (const serial of serials ?? []) {
      const result = { serial, ...statusOf(serial, snapshot), snapshot: snapshot.id };
      isListed ||= result.status !== 'good';
      io.out(options.format === 'json' ? `${JSON.stringify(result)}\n` : toLine(result));
    }
  }
  if (isUnreadable) return EXIT.unreadable;
  return isListed ? EXIT.reject : EXIT.accept;
}

/** What changed from one status list to another, one line each; counts go to standard error. */
export function diffLists(files: readonly [string, string], options: Formatted, io: Io): number {
  const [before, after] = files.map((file) => readList(file, io)) as [
    ReadonlyMap<string, StatusEntry>,
    ReadonlyMap<string, StatusEntry>,
  ];
  const counts = { added: 0, removed: 0, changed: 0 };
  for (const serial of new Set([...before.keys(), ...after.keys()])) {
    const [was, is] = [before.get(serial), after.get(serial)];
    const change = changeOf(was, is);
    if (change === null) continue;
    counts[change] += 1;
    const [old, now] = [wordsOf(was), wordsOf(is)];
    io.out(
      options.format === 'json'
        ? `${JSON.stringify({ change, serial, was: old, is: now })}\n`
        : `${change.padEnd(7)}  ${serial}  ${[old, now].flatMap((each) => each?.text ?? []).join(' → ')}\n`,
    );
  }
  io.err(`${counts.added} added, ${counts.removed} removed, ${counts.changed} changed\n`);
  return EXIT.accept;
}

/** Anchors of the environment, which sources speak about. */
function anchorsOf({ environment }: Config) {
  return loadBuiltInAnchors(environment).material.anchors;
}

async function load(
  config: Config,
  io: Io,
  file?: string,
): Promise<{ snapshot: RevocationSnapshot; failures: readonly Failure[] }> {
  const given = file === undefined ? null : loadStatusList(path.resolve(io.folder, file));
  const stored = await loadStoredSnapshot(config, anchorsOf(config), io.now(), given);
  for (const { source, text } of stored.failures) io.err(`${source}: not used: ${text}\n`);
  return stored;
}

async function serialsOf(thing: string, io: Io): Promise<readonly string[] | null> {
  const hex = SERIAL.exec(thing)?.[1];
  if (hex !== undefined) return [minimal(hex)];
  try {
    const { chain } = await readEvidence(thing, io);
    return chain.map((der) => minimal(new X509Certificate(der).serialNumber));
  } catch (error) {
    const why = error instanceof UnreadableInput ? error.message : 'it holds no certificate';
    io.err(`${thing}: neither a serial in hex nor evidence: ${why}\n`);
    return null;
  }
}

function statusOf(serial: string, snapshot: RevocationSnapshot) {
  const bytes = Buffer.from(serial.length % 2 === 0 ? serial : `0${serial}`, 'hex');
  const listing = lookUpSerial(snapshot, null, bytes);
  return listing ?? { status: 'good' as const, reason: null, source: null };
}

function toLine({
  serial,
  status,
  reason,
  source,
}: ReturnType<typeof statusOf> & { serial: string }) {
  const why = source === null ? '' : `  ${reason ?? 'no reason given'}, by ${source}`;
  return `${status.padEnd(9)}  ${serial}${why}\n`;
}

function readList(file: string, io: Io): ReadonlyMap<string, StatusEntry> {
  try {
    const text = readFileSync(path.resolve(io.folder, file), 'utf8');
    return new Map(parseStatusList(text).map((entry) => [entry.serial, entry]));
  } catch (error) {
    const why =
      error instanceof StatusListFault ? `not a status list: ${error.message}` : 'cannot be read';
    throw new UsageFault(`${file}: ${why}`);
  }
}

function changeOf(
  was: StatusEntry | undefined,
  is: StatusEntry | undefined,
): 'added' | 'removed' | 'changed' | null {
  if (was === undefined) return 'added';
  if (is === undefined) return 'removed';
  return was.status === is.status && was.reason === is.reason ? null : 'changed';
}

function wordsOf(entry: StatusEntry | undefined) {
  if (entry === undefined) return null;
  const { status, reason } = entry;
  return { status, reason, text: reason === null ? status : `${status} (${reason})` };
}

function minimal(hex: string): string {
  return hex.toLowerCase().replace(/^0+(?=.)/, '');
}

function toTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
