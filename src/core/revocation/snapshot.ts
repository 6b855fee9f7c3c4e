/**
 * Everything known about revoked certificates, frozen: any number of lists compiled into one
 * SharedArrayBuffer that every thread reads in place.
 *
 * The table is an open-addressing hash of serial numbers as unsigned integers, so that padding, a
 * leading zero nibble or the sign octet of an encoding cannot hide an entry (THREATS T18). The same
 * serial may stand in several lists; a look-up counts only those that cover its anchor.
 */
import { createHash } from 'node:crypto';
import { MAX_SERIAL_BYTES } from '../base/index.ts';
import type { ListedStatus, StatusEntry } from './status-list.ts';

/** One list, and what it is about. */
export interface RevocationSource {
  readonly id: string;
  /** The feed this is a copy of; an anchor's record names the feeds it needs. */
  readonly feed: string;
  /** Anchors whose chains it speaks about; `all` is an operator's own list. */
  readonly anchors: readonly string[] | 'all';
  /** When this copy was fetched, in milliseconds since 1970; null: current by the operator's word. */
  readonly fetchedAt: number | null;
  /** How long after that the publisher expects it to be fetched again. */
  readonly refreshAfterMs: number;
}

export interface RevocationList extends RevocationSource {
  readonly entries: readonly StatusEntry[];
}

export interface SnapshotSource extends RevocationSource {
  readonly entryCount: number;
}

export interface RevocationSnapshot {
  /** SHA-256 over the content: the same lists make the same id. */
  readonly id: string;
  readonly entryCount: number;
  readonly sources: readonly SnapshotSource[];
  readonly reasons: readonly string[];
  readonly table: SharedArrayBuffer;
}

export interface Listing {
  readonly status: ListedStatus;
  readonly reason: string | null;
  /** Id of the source that lists it. */
  readonly source: string;
}

/** Layout of a slot: serial length (0 is free), source, status, reason + 1, then the serial. */
const SLOT_BYTES = 4 + MAX_SERIAL_BYTES;
const SERIAL_AT = 4;
const STATUSES: readonly ListedStatus[] = ['revoked', 'suspended', 'unknown'];
/** One octet each holds the index of a source and of a reason. */
const MAX_INDEX = 254;

/** Compiles lists, in order, into a snapshot. */
export function compileSnapshot(lists: readonly RevocationList[]): RevocationSnapshot {
  if (lists.length > MAX_INDEX) throw new RangeError(`more than ${MAX_INDEX} revocation lists`);
  const entryCount = lists.reduce((sum, { entries }) => sum + entries.length, 0);
  // Half full at most, so that a miss ends after about one further slot.
  const slots = 2 ** Math.ceil(Math.log2(Math.max(entryCount, 4) * 2));
  const table = new SharedArrayBuffer(slots * SLOT_BYTES);
  const bytes = new Uint8Array(table);
  const reasons: string[] = [];
  const hash = createHash('sha256');
  for (const [index, { entries, ...source }] of lists.entries()) {
    hash.update(`${JSON.stringify(source)}\n`);
    for (const entry of entries) {
      hash.update(`${entry.serial} ${entry.status} ${entry.reason ?? ''}\n`);
      insert(bytes, slots, entry, index, reasonIndex(reasons, entry.reason));
    }
  }
  const sources = lists.map(({ entries, ...source }) => ({
    ...source,
    entryCount: entries.length,
  }));
  return { id: hash.digest('hex'), entryCount, sources, reasons, table };
}

/**
 * Looks a serial number up among the lists that cover `anchorId`. `serial[start, end)` is the content
 * of the INTEGER, in whatever padding. The worst of several listings counts; null: not listed.
 */
export function lookUpSerial(
  snapshot: RevocationSnapshot,
  anchorId: string,
  serial: Uint8Array,
  start = 0,
  end = serial.length,
): Listing | null {
  let from = start;
  while (from < end - 1 && serial[from] === 0) from += 1;
  const length = end - from;
  if (length > MAX_SERIAL_BYTES) return null;
  const bytes = new Uint8Array(snapshot.table);
  const slots = bytes.length / SLOT_BYTES;
  let worst = -1;
  for (let slot = hashOf(serial, from, end) & (slots - 1); ; slot = (slot + 1) & (slots - 1)) {
    const at = slot * SLOT_BYTES;
    if (bytes[at] === 0) break;
    if (bytes[at] !== length || !matches(bytes, at + SERIAL_AT, serial, from, length)) continue;
    const source = snapshot.sources[bytes[at + 1] as number] as SnapshotSource;
    if (!covers(source, anchorId)) continue;
    if (worst < 0 || (bytes[at + 2] as number) < (bytes[worst + 2] as number)) worst = at;
  }
  if (worst < 0) return null;
  const source = snapshot.sources[bytes[worst + 1] as number] as SnapshotSource;
  return {
    status: STATUSES[bytes[worst + 2] as number] as ListedStatus,
    reason: snapshot.reasons[(bytes[worst + 3] as number) - 1] ?? null,
    source: source.id,
  };
}

/** Whether a source speaks about chains of an anchor. */
export function covers(source: RevocationSource, anchorId: string): boolean {
  return source.anchors === 'all' || source.anchors.includes(anchorId);
}

function insert(
  bytes: Uint8Array,
  slots: number,
  entry: StatusEntry,
  source: number,
  reason: number,
): void {
  const serial = fromHex(entry.serial);
  let slot = hashOf(serial, 0, serial.length) & (slots - 1);
  while (bytes[slot * SLOT_BYTES] !== 0) slot = (slot + 1) & (slots - 1);
  const at = slot * SLOT_BYTES;
  bytes[at] = serial.length;
  bytes[at + 1] = source;
  bytes[at + 2] = STATUSES.indexOf(entry.status);
  bytes[at + 3] = reason + 1;
  bytes.set(serial, at + SERIAL_AT);
}

function reasonIndex(reasons: string[], reason: string | null): number {
  if (reason === null) return -1;
  const known = reasons.indexOf(reason);
  if (known >= 0) return known;
  // A list with hundreds of made-up reasons loses the words, never the entries.
  return reasons.length < MAX_INDEX ? reasons.push(reason) - 1 : -1;
}

/** FNV-1a, 32 bits. */
function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c_9dc5;
  for (let at = from; at < to; at += 1) {
    hash = Math.imul(hash ^ (bytes[at] as number), 0x0100_0193);
  }
  return (hash ^ (hash >>> 15)) >>> 0;
}

function matches(
  table: Uint8Array,
  at: number,
  serial: Uint8Array,
  from: number,
  length: number,
): boolean {
  for (let i = 0; i < length; i += 1) if (table[at + i] !== serial[from + i]) return false;
  return true;
}

/** Bytes of a serial in minimal hex, which may have an odd number of digits. */
function fromHex(hex: string): Uint8Array {
  const digits = hex.length % 2 === 0 ? hex : `0${hex}`;
  return Uint8Array.from({ length: digits.length / 2 }, (_, index) =>
    Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16),
  );
}
