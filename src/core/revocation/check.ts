/**
 * What a snapshot says of one path: the status of every certificate presented, the root included, and
 * whether the lists the anchor needs are there and fresh enough (THREATS T19 to T21). Nothing found in
 * a certificate is ever fetched.
 */
import type { Anchor } from '../anchors/index.ts';
import { type Finding, finding } from '../base/index.ts';
import { serialHexOf } from '../x509/index.ts';
import { checkAttestationKeys } from './denied-keys.ts';
import type { RevocablePath } from './revocable-path.ts';
import {
  covers,
  type Listing,
  lookUpSerial,
  OPERATOR_FEED,
  type RevocationSnapshot,
  type SnapshotSource,
} from './snapshot.ts';
import type { ListedStatus } from './status-list.ts';

/** How old a list may be at `appraisedAt`; see `Policy.revocation`. */
export interface Freshness {
  readonly appraisedAt: number;
  readonly maxStaleSeconds: number | null;
}

/** Whether the lists that chains of an anchor need are there and fresh. */
export interface ListCheck {
  /** Lists that speak about the anchor. */
  readonly sources: readonly SnapshotSource[];
  /** Fetch time of the stalest feed's freshest copy; null: by the operator's word, or no list. */
  readonly fetchedAt: number | null;
  /** A feed without any list. */
  readonly missing: Finding | null;
  /** A list that is too old for `maxStaleSeconds`, or of any age where that is null. */
  readonly staleness: Finding | null;
}

export interface RevocationCheck extends ListCheck {
  /** Null: not listed as far as is known, but a list the anchor needs is missing. */
  readonly status: 'good' | ListedStatus | null;
  /** About listed certificates and denied keys. */
  readonly listed: readonly Finding[];
}

/** Checks the lists of a snapshot for one anchor. */
export function checkLists(
  anchor: Anchor,
  snapshot: RevocationSnapshot,
  freshness: Freshness,
): ListCheck {
  const { sources, copies, fetchedAt, missing } = listsFor(anchor, snapshot);
  return { sources, fetchedAt, missing, staleness: checkStaleness(copies, freshness) };
}

/** What a snapshot holds for an anchor, whatever the time. */
interface AnchorLists extends Pick<ListCheck, 'sources' | 'fetchedAt' | 'missing'> {
  /** The freshest copy of each feed that has one. */
  readonly copies: readonly SnapshotSource[];
}

/** Found once for each snapshot and anchor: neither ever changes. */
const LISTS = new WeakMap<RevocationSnapshot, WeakMap<Anchor, AnchorLists>>();

function listsFor(anchor: Anchor, snapshot: RevocationSnapshot): AnchorLists {
  const byAnchor = LISTS.get(snapshot) ?? new WeakMap<Anchor, AnchorLists>();
  const known = byAnchor.get(anchor);
  if (known !== undefined) return known;
  const lists = findLists(anchor, snapshot);
  LISTS.set(snapshot, byAnchor.set(anchor, lists));
  return lists;
}

function findLists(anchor: Anchor, snapshot: RevocationSnapshot): AnchorLists {
  const sources = snapshot.sources.filter((source) => covers(source, anchor.record.id));
  const feeds = freshestCopies(anchor, sources);
  const copies = feeds.filter((copy) => copy !== undefined);
  const isMissing = feeds.length === 0 || copies.length < feeds.length;
  return {
    sources,
    copies,
    fetchedAt: oldestFetch(copies),
    missing: isMissing ? finding('REVOCATION_LIST_UNAVAILABLE') : null,
  };
}

/** Checks every certificate of a path, and the lists that its anchor needs. */
export function checkRevocation(
  path: RevocablePath,
  snapshot: RevocationSnapshot,
  freshness: Freshness,
): RevocationCheck {
  const lists = checkLists(path.anchor, snapshot, freshness);
  const { status, listed } = checkCertificates(path, snapshot);
  const isUnknown = status === 'good' && lists.missing !== null;
  return { ...lists, status: isUnknown ? null : status, listed };
}

const CODES = {
  revoked: 'CERTIFICATE_REVOKED',
  suspended: 'CERTIFICATE_SUSPENDED',
  unknown: 'CERTIFICATE_STATUS_UNKNOWN',
} as const satisfies Record<ListedStatus, string>;

const WORST_FIRST: readonly ListedStatus[] = ['revoked', 'suspended', 'unknown'];

const NOT_LISTED = { status: 'good', listed: [] } as const;

function checkCertificates(
  path: RevocablePath,
  snapshot: RevocationSnapshot,
): { status: 'good' | ListedStatus; listed: readonly Finding[] } {
  const denied = checkAttestationKeys(path, snapshot);
  const listed: Finding[] = [...denied];
  const statuses: ListedStatus[] = denied.length > 0 ? ['revoked'] : [];
  for (let cert = 0; cert < path.certificates.length; cert += 1) {
    const certificate = path.certificates[cert] as RevocablePath['certificates'][number];
    const { bytes, serial } = certificate;
    const listing = lookUpSerial(snapshot, path.anchor.record.id, bytes, serial.start, serial.end);
    if (listing === null) continue;
    statuses.push(listing.status);
    const place = { cert, field: 'serialNumber' };
    listed.push(
      finding(CODES[listing.status], place, {
        expected: `${serialHexOf(certificate)} not listed`,
        got: describe(listing),
      }),
    );
  }
  if (statuses.length === 0) return NOT_LISTED;
  const worst = WORST_FIRST.find((each) => statuses.includes(each)) as ListedStatus;
  return { status: worst, listed };
}

function describe({ status, reason, source }: Listing): string {
  return `${status}${reason === null ? '' : ` (${reason})`} by ${source}`;
}

/**
 * For each feed the anchor needs, its freshest copy, or undefined. A whole list that an operator vouches
 * for stands in for any feed; a local deny list only adds.
 */
function freshestCopies(
  anchor: Anchor,
  sources: readonly SnapshotSource[],
): readonly (SnapshotSource | undefined)[] {
  return anchor.record.revocationFeeds.map((feed) => {
    let freshest: SnapshotSource | undefined;
    for (const source of sources) {
      if (source.feed !== feed && source.feed !== OPERATOR_FEED) continue;
      if (freshest === undefined || dueAt(source) > dueAt(freshest)) freshest = source;
    }
    return freshest;
  });
}

/** When a copy should be fetched again; never, where an operator vouches for it. */
function dueAt({ fetchedAt, refreshAfterMs }: SnapshotSource): number {
  return fetchedAt === null ? Number.POSITIVE_INFINITY : fetchedAt + refreshAfterMs;
}

function oldestFetch(copies: readonly SnapshotSource[]): number | null {
  const times = copies.flatMap(({ fetchedAt }) => fetchedAt ?? []);
  return times.length === 0 ? null : Math.min(...times);
}

function checkStaleness(
  copies: readonly SnapshotSource[],
  { appraisedAt, maxStaleSeconds }: Freshness,
): Finding | null {
  const allowedMs = (maxStaleSeconds ?? DEFAULT_MAX_STALE_SECONDS) * 1000;
  for (const { id, fetchedAt, refreshAfterMs } of copies) {
    const limitMs = refreshAfterMs + allowedMs;
    if (fetchedAt === null) continue;
    // A list from the future says nothing about its age: some clock was wrong.
    const ageMs = appraisedAt - fetchedAt;
    if (ageMs >= -CLOCK_SKEW_MS && ageMs <= limitMs) continue;
    const ages = { expected: toSeconds(limitMs), got: toSeconds(ageMs) };
    return finding('REVOCATION_LIST_STALE', { field: `revocation.${id}` }, ages);
  }
  return null;
}

function toSeconds(ms: number): number {
  return Math.floor(ms / 1000);
}

/** Clocks of two machines may differ by this much. */
const CLOCK_SKEW_MS = 300_000;

/** A day past the refresh time: what a policy that takes lists of any age still remarks upon. */
const DEFAULT_MAX_STALE_SECONDS = 86_400;
