/**
 * One snapshot from everything there is: what came with the release, the copies in force, and a
 * candidate that wants to take the place of one of them. The whole is made anew each time, from bytes,
 * so that what is in force never depends on what was in force before.
 */
import type { AnchorSource } from '../../core/anchors/index.ts';
import {
  compileSnapshot,
  type RevocationList,
  type RevocationSnapshot,
} from '../../core/revocation/index.ts';
import { loadBundledLists } from '../bundled-lists.ts';
import type { Copy } from './copy-store.ts';
import { type FailureCause, toSourceFault } from './fault.ts';
import { checkSuccession, type ReadList, readCopy } from './read-copy.ts';
import type { SourceSetting } from './settings.ts';

/** Plain data, so that it can go to a thread. Times are milliseconds since 1970. */
export interface BuildJob {
  /** Folder laid out like `roots/`, whose lists are the floor. */
  readonly floor: string;
  readonly sources: readonly SourceSetting[];
  /** Copies in force, at most one a source. */
  readonly copies: readonly Copy[];
  readonly candidate: Copy | null;
  readonly shrinking: 'refused' | 'allowed';
  readonly anchors: readonly AnchorSource[];
  readonly now: number;
  /** A list that an operator vouches for, beside all others. */
  readonly given?: RevocationList | null;
}

export interface Failure {
  readonly source: string;
  readonly failure: FailureCause;
  readonly text: string;
}

export interface Built {
  /** Null: the candidate is refused. */
  readonly snapshot: RevocationSnapshot | null;
  /** The candidate, or copies that can no longer be read. */
  readonly failures: readonly Failure[];
}

/** Never throws for anything in the lists of sources. */
export async function buildSnapshot(job: BuildJob): Promise<Built> {
  const { candidate, now } = job;
  const floor = loadBundledLists(job.floor);
  const inForce = new Map<string, ReadList>();
  const failures: Failure[] = [];
  for (const copy of job.copies) {
    const read = await attempt(job, copy);
    if ('failure' in read) failures.push(read);
    else inForce.set(copy.facts.source, read);
  }
  if (candidate !== null) {
    const read = await attempt(job, candidate);
    if ('failure' in read) return { snapshot: null, failures: [read] };
    const { id, feed } = read.list;
    const bundled = floor.find((list) => list.feed === feed);
    const before = inForce.get(id) ?? (bundled === undefined ? null : asRead(bundled));
    try {
      checkSuccession(read, before, shrinkingOf(job, candidate), now);
    } catch (error) {
      return { snapshot: null, failures: [toFailure(id, error)] };
    }
    inForce.set(id, read);
  }
  const lists = job.sources.flatMap(({ id }) => inForce.get(id)?.list ?? []);
  const given = job.given ? [job.given] : [];
  return { snapshot: compileSnapshot([...floor, ...lists, ...given]), failures };
}

async function attempt(
  { sources, anchors, now }: BuildJob,
  copy: Copy,
): Promise<ReadList | Failure> {
  const id = copy.facts.source;
  const source = sources.find((each) => each.id === id);
  try {
    if (source === undefined) throw new RangeError(`no source ${id}`);
    return await readCopy(source, copy, anchors, now);
  } catch (error) {
    return toFailure(id, error);
  }
}

/** What an operator takes off a deny list of the operator's own is off it. */
function shrinkingOf({ shrinking }: BuildJob, { facts }: Copy): BuildJob['shrinking'] {
  return facts.kind === 'deny-list' ? 'allowed' : shrinking;
}

function asRead(list: ReadList['list']): ReadList {
  return { list, number: null, publishedAt: null, expiresAt: null };
}

function toFailure(source: string, error: unknown): Failure {
  const { failure, message } = toSourceFault(error);
  return { source, failure, text: message };
}
