/**
 * How old an answer is and when to ask again (RFC 9111): `Age` counts, so that a copy kept by a cache on
 * the way is as old as it is, and `max-age` is clamped, so that no server can make us ask all the time
 * or never.
 */
import type { Headers } from './download.ts';

/** Bounds of the time between two looks at a source, in milliseconds. */
export interface RefreshBounds {
  readonly minMs: number;
  readonly maxMs: number;
}

export interface Freshness {
  /** When the origin made the answer; milliseconds since 1970. */
  readonly fetchedAt: number;
  readonly refreshAfterMs: number;
  /** `Last-Modified`, or null. */
  readonly publishedAt: number | null;
}

/** For answers that do not say how long they are good. */
const DEFAULT_MS = 3_600_000;

/** `receivedAt`: milliseconds since 1970. */
export function freshnessOf(
  headers: Headers,
  receivedAt: number,
  bounds: RefreshBounds,
): Freshness {
  // A date to come, believed once, would make every true one after it look older.
  const publishedAt = toTime(headers['last-modified']);
  const ageMs = (toSeconds(headers['age']) ?? 0) * 1000;
  return {
    fetchedAt: receivedAt - ageMs,
    refreshAfterMs: clamp(lifetimeOf(headers) ?? DEFAULT_MS, bounds),
    publishedAt: publishedAt !== null && publishedAt <= receivedAt ? publishedAt : null,
  };
}

export function clamp(ms: number, { minMs, maxMs }: RefreshBounds): number {
  return Math.min(Math.max(ms, minMs), maxMs);
}

function lifetimeOf(headers: Headers): number | null {
  const control = (headers['cache-control'] ?? '').toLowerCase();
  if (/(^|[\s,])no-(store|cache)($|[\s,=])/.test(control)) return 0;
  const maxAge = toSeconds(/(?:^|[\s,])max-age="?(\d+)/.exec(control)?.[1]);
  if (maxAge !== null) return maxAge * 1000;
  const [date, expires] = [toTime(headers['date']), toTime(headers['expires'])];
  return date === null || expires === null ? null : Math.max(expires - date, 0);
}

function toSeconds(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : null;
}

function toTime(text: string | undefined): number | null {
  const time = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? null : time;
}
