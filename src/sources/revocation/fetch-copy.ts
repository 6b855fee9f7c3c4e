/** A new copy of one source: from the network or from a file, not yet read and not yet trusted. */
import { readFile, stat } from 'node:fs/promises';
import type { Dispatcher } from 'undici';
import type { Copy, CopyFacts } from './copy-store.ts';
import { download } from './download.ts';
import { SourceFault } from './fault.ts';
import { clamp, freshnessOf, type RefreshBounds } from './freshness.ts';
import { isRemote, placeOf, type SourceSetting } from './settings.ts';

export interface FetchOptions {
  readonly dispatcher: Dispatcher;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly bounds: RefreshBounds;
  readonly signal: AbortSignal;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/**
 * Gets a copy; `inForce` is the one there is, which the server may say is still good. Throws
 * `SourceFault`.
 */
export function fetchCopy(
  source: SourceSetting,
  inForce: Copy | null,
  options: FetchOptions,
): Promise<Copy> {
  return isRemote(source) ? fromNetwork(source, inForce, options) : fromFile(source, options);
}

async function fromNetwork(
  source: SourceSetting,
  inForce: Copy | null,
  options: FetchOptions,
): Promise<Copy> {
  const place = placeOf(source);
  const { etag = null, lastModified = null } = inForce?.facts ?? {};
  const { headers, body } = await download(place, { ...options, etag, lastModified });
  const { fetchedAt, refreshAfterMs, publishedAt } = freshnessOf(
    headers,
    options.clock(),
    options.bounds,
  );
  const facts = { source: source.id, kind: source.kind, place, fetchedAt, refreshAfterMs };
  if (body === null) {
    // 304 is only asked for with a copy in hand: its bytes are confirmed, its validators stay.
    const known = inForce as Copy;
    return { facts: { ...known.facts, ...facts }, body: known.body };
  }
  return {
    facts: {
      ...facts,
      publishedAt,
      etag: headers['etag'] ?? null,
      lastModified: headers['last-modified'] ?? null,
    },
    body,
  };
}

/** A file is as old as its last change; a deny list is current as long as it is there. */
async function fromFile(source: SourceSetting, options: FetchOptions): Promise<Copy> {
  const place = placeOf(source);
  const { maxBytes, bounds } = options;
  let body: Uint8Array;
  let writtenAt: number;
  try {
    const { size, mtimeMs } = await stat(place);
    if (size > maxBytes)
      throw new SourceFault('too-large', `${place} has more than ${maxBytes} bytes`);
    writtenAt = Math.floor(mtimeMs);
    body = await readFile(place);
  } catch (error) {
    if (error instanceof SourceFault) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new SourceFault('unreadable', `${place} cannot be read (${code})`, { cause: error });
  }
  const facts: CopyFacts = {
    source: source.id,
    kind: source.kind,
    place,
    fetchedAt: source.kind === 'deny-list' ? null : Math.min(writtenAt, options.clock()),
    refreshAfterMs: clamp(bounds.maxMs, bounds),
    publishedAt: null,
    etag: null,
    lastModified: null,
  };
  return { facts, body };
}
