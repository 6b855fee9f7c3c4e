/**
 * Everything known about revoked certificates and denied keys, frozen: any number of lists compiled
 * into one SharedArrayBuffer that every thread reads in place.
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

/** What a local deny list may name beside serial numbers. */
export type DeniedKind = 'attestation-key' | 'boot-key';

/** A key that an operator denies, by 32 bytes. */
export interface DeniedKey {
  readonly kind: DeniedKind;
  /** SHA-256 of the SubjectPublicKeyInfo, or the verified boot key: 64 digits of lower-case hex. */
  readonly digest: string;
  readonly reason: string | null;
}

export interface RevocationList extends RevocationSource {
  readonly entries: readonly StatusEntry[];
  /** Only of local deny lists. */
  readonly deniedKeys?: readonly DeniedKey[];
}

export interface SnapshotSource extends RevocationSource {
  readonly entryCount: number;
}

export interface RevocationSnapshot {
  /** SHA-256 over the content: the same lists make the same id, whenever they were fetched. */
  readonly id: string;
  readonly entryCount: number;
  readonly sources: readonly SnapshotSource[];
  readonly reasons: readonly string[];
  /** Slots of serial numbers, a power of two; slots of denied keys follow, if there are any. */
  readonly serialSlots: number;
  readonly table: SharedArrayBuffer;
}

/** Whether two are copies of one: the same lists, fetched at the same times. */
export function isSameSnapshot(a: RevocationSnapshot, b: RevocationSnapshot): boolean {
  return (
    a.id === b.id &&
    a.sources.every(({ fetchedAt, refreshAfterMs }, at) => {
      const other = b.sources[at];
      return other?.fetchedAt === fetchedAt && other.refreshAfterMs === refreshAfterMs;
    })
  );
}

export interface Listing {
  readonly status: ListedStatus;
  readonly reason: string | null;
  /** Id of the source that lists it. */
  readonly source: string;
}

/** The feed of a list that an operator vouches for: it stands in for any other. */
export const OPERATOR_FEED = 'operator';

/** Layout of a slot: serial length (0 is free), source, status, reason + 1, then the serial. */
const SLOT_BYTES = 4 + MAX_SERIAL_BYTES;
const SERIAL_AT = 4;
/** The same for denied keys: kind (0 is free), source, nothing, reason + 1, then 32 bytes. */
const DIGEST_BYTES = 32;
const KEY_SLOT_BYTES = SERIAL_AT + DIGEST_BYTES;
const KINDS: readonly (DeniedKind | null)[] = [null, 'attestation-key', 'boot-key'];
const STATUSES: readonly ListedStatus[] = ['revoked', 'suspended', 'unknown'];
/** One octet each holds the index of a source and of a reason. */
const MAX_INDEX = 254;

/** Compiles lists, in order, into a snapshot. */
export function compileSnapshot(lists: readonly RevocationList[]): RevocationSnapshot {
  if (lists.length > MAX_INDEX) throw new RangeError(`more than ${MAX_INDEX} revocation lists`);
  const entryCount = lists.reduce((sum, { entries }) => sum + entries.length, 0);
  const keyCount = lists.reduce((sum, { deniedKeys = [] }) => sum + deniedKeys.length, 0);
  const serialSlots = slotsFor(entryCount);
  const keysAt = serialSlots * SLOT_BYTES;
  const keySlots = keyCount === 0 ? 0 : slotsFor(keyCount);
  const table = new SharedArrayBuffer(keysAt + keySlots * KEY_SLOT_BYTES);
  const serials = new Uint8Array(table, 0, keysAt);
  const keys = new Uint8Array(table, keysAt);
  const reasons = new Map<string, number>();
  const hash = createHash('sha256');
  for (const [index, list] of lists.entries()) {
    const { id, feed, anchors, entries, deniedKeys = [] } = list;
    hash.update(`${JSON.stringify({ id, feed, anchors })}\n`);
    for (const entry of entries) {
      hash.update(`${entry.serial} ${entry.status} ${entry.reason ?? ''}\n`);
      insertSerial(serials, entry, index, reasonIndex(reasons, entry.reason));
    }
    for (const key of deniedKeys) {
      hash.update(`${key.kind} ${key.digest} ${key.reason ?? ''}\n`);
      insertKey(keys, key, index, reasonIndex(reasons, key.reason));
    }
  }
  return {
    id: hash.digest('hex'),
    entryCount: entryCount + keyCount,
    sources: lists.map(toSnapshotSource),
    reasons: [...reasons.keys()],
    serialSlots,
    table,
  };
}

/**
 * Looks a serial number up among the lists that cover `anchorId`, or among all where that is null.
 * `serial[start, end)` is the content of the INTEGER, in whatever padding. The worst of several
 * listings counts; null: not listed.
 */
export function lookUpSerial(
  snapshot: RevocationSnapshot,
  anchorId: string | null,
  serial: Uint8Array,
  start = 0,
  end = serial.length,
): Listing | null {
  let from = start;
  while (from < end - 1 && serial[from] === 0) from += 1;
  const length = end - from;
  if (length > MAX_SERIAL_BYTES) return null;
  const bytes = octetsOf(snapshot.table);
  const mask = snapshot.serialSlots - 1;
  let worst = -1;
  for (let slot = hashOf(serial, from, end) & mask; ; slot = (slot + 1) & mask) {
    const at = slot * SLOT_BYTES;
    if (bytes[at] === 0) break;
    if (bytes[at] !== length || !matches(bytes, at + SERIAL_AT, serial, from, length)) continue;
    const source = snapshot.sources[bytes[at + 1] as number] as SnapshotSource;
    if (!covers(source, anchorId)) continue;
    if (worst < 0 || (bytes[at + 2] as number) < (bytes[worst + 2] as number)) worst = at;
  }
  if (worst < 0) return null;
  return {
    status: STATUSES[bytes[worst + 2] as number] as ListedStatus,
    ...originOf(snapshot, bytes, worst),
  };
}

/** One view of each table: several look-ups are made for every chain. */
const VIEWS = new WeakMap<SharedArrayBuffer, Uint8Array>();

function octetsOf(table: SharedArrayBuffer): Uint8Array {
  let view = VIEWS.get(table);
  if (view === undefined) {
    view = new Uint8Array(table);
    VIEWS.set(table, view);
  }
  return view;
}

/** Why a key is denied, and by which list. */
export type Denial = Pick<Listing, 'reason' | 'source'>;

/** Whether any list of a snapshot denies keys: where none does, no digest need be made. */
export function deniesKeys({ table, serialSlots }: RevocationSnapshot): boolean {
  return table.byteLength > serialSlots * SLOT_BYTES;
}

/** Looks 32 bytes up among the denied keys of lists that cover `anchorId`, or of all where null. */
export function lookUpDeniedKey(
  snapshot: RevocationSnapshot,
  kind: DeniedKind,
  anchorId: string | null,
  digest: Uint8Array,
): Denial | null {
  if (digest.length !== DIGEST_BYTES || !deniesKeys(snapshot)) return null;
  const bytes = new Uint8Array(snapshot.table, snapshot.serialSlots * SLOT_BYTES);
  const mask = bytes.length / KEY_SLOT_BYTES - 1;
  const wanted = KINDS.indexOf(kind);
  for (let slot = hashOf(digest, 0, DIGEST_BYTES) & mask; ; slot = (slot + 1) & mask) {
    const at = slot * KEY_SLOT_BYTES;
    if (bytes[at] === 0) return null;
    if (bytes[at] !== wanted || !matches(bytes, at + SERIAL_AT, digest, 0, DIGEST_BYTES)) continue;
    const source = snapshot.sources[bytes[at + 1] as number] as SnapshotSource;
    if (covers(source, anchorId)) return originOf(snapshot, bytes, at);
  }
}

/** Whether a source speaks about chains of an anchor. */
export function covers(source: RevocationSource, anchorId: string | null): boolean {
  return anchorId === null || source.anchors === 'all' || source.anchors.includes(anchorId);
}

function toSnapshotSource(list: RevocationList): SnapshotSource {
  const { id, feed, anchors, fetchedAt, refreshAfterMs, entries, deniedKeys = [] } = list;
  const entryCount = entries.length + deniedKeys.length;
  return { id, feed, anchors, fetchedAt, refreshAfterMs, entryCount };
}

/** Half full at most, so that a miss ends after about one further slot. */
function slotsFor(count: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(count, 4) * 2));
}

function originOf({ sources, reasons }: RevocationSnapshot, bytes: Uint8Array, at: number): Denial {
  return {
    reason: reasons[(bytes[at + 3] as number) - 1] ?? null,
    source: (sources[bytes[at + 1] as number] as SnapshotSource).id,
  };
}

function insertSerial(
  table: Uint8Array,
  { serial: hex, status }: StatusEntry,
  source: number,
  reason: number,
): void {
  const serial = fromHex(hex);
  const mask = table.length / SLOT_BYTES - 1;
  let slot = hashOf(serial, 0, serial.length) & mask;
  while (table[slot * SLOT_BYTES] !== 0) slot = (slot + 1) & mask;
  const at = slot * SLOT_BYTES;
  table[at] = serial.length;
  table[at + 1] = source;
  table[at + 2] = STATUSES.indexOf(status);
  table[at + 3] = reason + 1;
  table.set(serial, at + SERIAL_AT);
}

function insertKey(
  table: Uint8Array,
  { kind, digest: hex }: DeniedKey,
  source: number,
  reason: number,
): void {
  const digest = fromHex(hex);
  const mask = table.length / KEY_SLOT_BYTES - 1;
  let slot = hashOf(digest, 0, DIGEST_BYTES) & mask;
  while (table[slot * KEY_SLOT_BYTES] !== 0) slot = (slot + 1) & mask;
  const at = slot * KEY_SLOT_BYTES;
  table[at] = KINDS.indexOf(kind);
  table[at + 1] = source;
  table[at + 3] = reason + 1;
  table.set(digest, at + SERIAL_AT);
}

/** A list with hundreds of made-up reasons loses the words, never the entries. */
function reasonIndex(reasons: Map<string, number>, reason: string | null): number {
  if (reason === null) return -1;
  const known = reasons.get(reason);
  if (known !== undefined) return known;
  if (reasons.size >= MAX_INDEX) return -1;
  reasons.set(reason, reasons.size);
  return reasons.size - 1;
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

/** Bytes of lower-case hex, which may have an odd number of digits: a nibble of zero is put first. */
function fromHex(hex: string): Uint8Array {
  const bytes = new Uint8Array((hex.length + 1) >> 1);
  const skew = hex.length & 1;
  for (let digit = 0; digit < hex.length; digit += 1) {
    const code = hex.charCodeAt(digit);
    const nibble = code - (code >= LOWER_CASE_A ? LOWER_CASE_A - 10 : DIGIT_ZERO);
    const place = digit + skew;
    const at = place >> 1;
    bytes[at] = (bytes[at] as number) | (nibble << (place & 1 ? 0 : 4));
  }
  return bytes;
}

const DIGIT_ZERO = 0x30;
const LOWER_CASE_A = 0x61;
