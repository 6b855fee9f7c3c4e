/**
 * A record of the audit trail as one line of JSON:
 *
 *     {"seq":7,"at":"2026-11-22T12:00:00.000Z","prev":"<64 hex>","kind":"decision",…,"hash":"<64 hex>"}
 *
 * `hash` is the SHA-256 of the line up to its last member, so that each record shows by itself whether it
 * was changed; `prev` is the hash of the record before it, so that together they are one chain.
 */
import { createHash } from 'node:crypto';

export type Members = Readonly<Record<string, unknown>>;

/** What stands in a line, and what its hash must be. */
export interface AuditRecord {
  readonly seq: number;
  /** RFC 3339. */
  readonly at: string;
  readonly prev: string;
  readonly hash: string;
  readonly kind: string;
  readonly members: Members;
}

/** Stands for the record before the first. */
export const NO_RECORD = '0'.repeat(64);

/** Writes a record; the line has no line feed. */
export function toLine(
  { seq, at, prev, kind }: Omit<AuditRecord, 'hash' | 'members'>,
  members: Members,
): { readonly line: string; readonly hash: string } {
  const open = JSON.stringify({ seq, at, prev, kind, ...members }).slice(0, -1);
  const hash = digest(open);
  return { line: `${open},"hash":"${hash}"}`, hash };
}

const TAIL = /,"hash":"([0-9a-f]{64})"\}$/;

/** Reads a line. Null: it is no record, or its content is not what its hash says. */
export function parseLine(line: string): AuditRecord | null {
  const hash = TAIL.exec(line)?.[1];
  if (hash === undefined) return null;
  if (digest(line.slice(0, -`,"hash":"${hash}"}`.length)) !== hash) return null;
  // What has the right hash was written by `toLine`, or by someone who can compute hashes.
  try {
    const { seq, at, prev, kind, hash: _, ...members } = JSON.parse(line);
    const isRecord =
      Number.isSafeInteger(seq) && [at, prev, kind].every((each) => typeof each === 'string');
    return isRecord ? { seq, at, prev, kind, hash, members } : null;
  } catch {
    return null;
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
