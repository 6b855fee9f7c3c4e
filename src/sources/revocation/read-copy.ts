/** From the bytes of a source to its list, strictly; and whether it may follow the one before it. */
import type { AnchorSource } from '../../core/anchors/index.ts';
import {
  parseStatusList,
  type RevocationList,
  StatusListFault,
} from '../../core/revocation/index.ts';
import type { Copy } from './copy-store.ts';
import { parseDenyList } from './deny-list.ts';
import { SourceFault } from './fault.ts';
import type { SourceSetting } from './settings.ts';

/** A list that has been read, and what orders it among others of its source. */
export interface ReadList {
  readonly list: RevocationList;
  /** CRL number; null for lists that have none. */
  readonly number: bigint | null;
  /** When it was made: thisUpdate or `Last-Modified`; null where nobody says. */
  readonly publishedAt: number | null;
  /** nextUpdate; null for lists that do not run out by themselves. */
  readonly expiresAt: number | null;
}

/** Deny lists are about no feed: they stand in for none. */
const NO_FEED = 'local';

/** Reads a copy. `now`: milliseconds since 1970. Throws `SourceFault`. */
export async function readCopy(
  source: SourceSetting,
  { facts, body }: Copy,
  anchors: readonly AnchorSource[],
  now: number,
): Promise<ReadList> {
  const { fetchedAt, refreshAfterMs, publishedAt } = facts;
  const common = { id: source.id, fetchedAt, refreshAfterMs };
  if (source.kind === 'deny-list') {
    const list = {
      ...common,
      feed: NO_FEED,
      anchors: source.anchors ?? ('all' as const),
      ...parseDenyList(toText(body)),
    };
    return { list, number: null, publishedAt, expiresAt: null };
  }
  const about = { ...common, feed: source.feed, anchors: source.anchors };
  if (source.kind === 'status-list') {
    const list = { ...about, entries: readStatusList(toText(body)) };
    checkSentinels(list, source.sentinels ?? []);
    return { list, number: null, publishedAt, expiresAt: null };
  }
  const signer = anchors.find(({ record }) => record.id === source.anchors[0]);
  // A library of its own, which most services never need.
  const { readCrl } = await import('./crl.ts');
  const crl = await readCrl(body, signer?.certificates ?? [], now);
  const { entries, number, thisUpdate, nextUpdate } = crl;
  // No header makes a CRL good for longer than it says itself.
  const untilMs = Math.max(nextUpdate - (fetchedAt ?? now), 0);
  return {
    list: { ...about, entries, refreshAfterMs: Math.min(refreshAfterMs, untilMs) },
    number,
    publishedAt: thisUpdate,
    expiresAt: nextUpdate,
  };
}

/**
 * Refuses a list that ran out, is older than the one in force, or lost too much of it. `before`: the list
 * in force, or what was bundled for the feed; null: there is none. Throws `SourceFault`.
 */
export function checkSuccession(
  candidate: ReadList,
  before: ReadList | null,
  shrinking: 'refused' | 'allowed',
  now: number,
): void {
  const { number, publishedAt, expiresAt, list } = candidate;
  if (expiresAt !== null && expiresAt <= now) {
    throw new SourceFault('expired', `the CRL ran out at ${toTime(expiresAt)}`);
  }
  if (before === null) return;
  if (number !== null && before.number !== null && number < before.number) {
    throw new SourceFault('older', `CRL number ${number} is below ${before.number}, seen before`);
  }
  if (publishedAt !== null && before.publishedAt !== null && publishedAt < before.publishedAt) {
    throw new SourceFault(
      'older',
      `it was made at ${toTime(publishedAt)}; the one in force at ${toTime(before.publishedAt)}`,
    );
  }
  // A CRL says who made it and that it is newer; only unsigned lists can lose entries unnoticed.
  if (number !== null || shrinking === 'allowed') return;
  const [count, had] = [list.entries.length, before.list.entries.length];
  if (count < had * SMALLEST_SHARE) {
    throw new SourceFault(
      'shrunk',
      `it has ${count} entries, the one in force ${had}; to take it all the same: attest revocation fetch --allow-shrink`,
    );
  }
}

/** A list may lose a tenth of its entries from one copy to the next. */
const SMALLEST_SHARE = 0.9;

function readStatusList(text: string) {
  try {
    return parseStatusList(text);
  } catch (error) {
    if (!(error instanceof StatusListFault)) throw error;
    throw new SourceFault('invalid', error.message, { cause: error });
  }
}

function checkSentinels({ entries }: RevocationList, sentinels: readonly string[]): void {
  const listed = new Set(entries.map(({ serial }) => serial));
  const lost = sentinels.filter((serial) => !listed.has(serial));
  if (lost.length > 0) {
    throw new SourceFault('sentinel', `it has lost ${lost.join(', ')}, which is revoked for good`);
  }
}

/** Copied, because the bytes may be shared with another thread. */
function toText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(bytes));
  } catch (error) {
    throw new SourceFault('invalid', 'it is no UTF-8 text', { cause: error });
  }
}

function toTime(ms: number): string {
  return new Date(ms).toISOString();
}
