/**
 * Google's status list (developer.android.com, "Certificate revocation status list"): a JSON object of
 * serial numbers that do not have normal status. The keys are serials in minimal lower-case hex, also
 * where they look decimal (THREATS T18).
 *
 * Parsing is strict, because a list that is half understood lets leaked keys through: a duplicate or
 * odd key refuses the whole list. Members the schema does not have are ignored, unknown statuses kept.
 */
import { MAX_SERIAL_BYTES } from '../base/index.ts';
import { findDuplicateKey } from './json-keys.ts';

export type ListedStatus = 'revoked' | 'suspended' | 'unknown';

export interface StatusEntry {
  /** Minimal lower-case hex. */
  readonly serial: string;
  readonly status: ListedStatus;
  /** The list's word for why, or null. */
  readonly reason: string | null;
}

/** Why a list cannot be used. A fault of the list, never of evidence. */
export class StatusListFault extends Error {
  readonly code = 'REVOCATION_LIST_INVALID';
}

const SERIAL_KEY = /^(0|[1-9a-f][0-9a-f]*)$/;
const MAX_SERIAL_DIGITS = MAX_SERIAL_BYTES * 2;
/** The longest reason in the schema is KEY_COMPROMISE. */
const MAX_REASON_LENGTH = 64;

/** Parses a status list. Throws `StatusListFault`. */
export function parseStatusList(json: string): readonly StatusEntry[] {
  const document = parseJson(json);
  const duplicate = findDuplicateKey(json);
  if (duplicate !== undefined) throw new StatusListFault(`the key ${duplicate} stands twice`);
  if (!isObject(document) || !isObject(document['entries'])) {
    throw new StatusListFault('it is no object with an object "entries"');
  }
  const entries = Object.entries(document['entries']);
  if (entries.length === 0) throw new StatusListFault('it has no entries');
  return entries.map(([serial, entry]) => parseEntry(serial, entry));
}

function parseEntry(serial: string, entry: unknown): StatusEntry {
  if (!SERIAL_KEY.test(serial) || serial.length > MAX_SERIAL_DIGITS) {
    throw new StatusListFault(`the key ${shorten(serial)} is no serial in minimal lower-case hex`);
  }
  if (!isObject(entry) || typeof entry['status'] !== 'string') {
    throw new StatusListFault(`the entry of ${serial} has no status`);
  }
  const reason = entry['reason'] ?? null;
  if (reason !== null && (typeof reason !== 'string' || reason.length > MAX_REASON_LENGTH)) {
    throw new StatusListFault(`the reason of ${serial} is no short text`);
  }
  return { serial, status: toStatus(entry['status']), reason };
}

function toStatus(word: string): ListedStatus {
  switch (word) {
    case 'REVOKED':
      return 'revoked';
    case 'SUSPENDED':
      return 'suspended';
    default:
      return 'unknown';
  }
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new StatusListFault(`it is no JSON (it begins with ${shorten(json)})`);
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shorten(text: string): string {
  return JSON.stringify(text.length > 24 ? `${text.slice(0, 24)}...` : text);
}
