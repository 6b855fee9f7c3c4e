/**
 * Checks an audit trail: every record by itself, their order, their links, and the signed heads that say how
 * far it must go. Each fault names the record and what was done to it.
 */
import type { VerificationKey } from '../results/index.ts';
import { verifyHead } from './head.ts';
import { NO_RECORD, parseLine } from './record.ts';

/** What can be wrong with a trail, and what that means. */
export const AUDIT_FAULTS = {
  RECORD_CHANGED: 'is not what was written',
  RECORD_MISSING: 'is missing',
  RECORD_MOVED: 'stands in another place than it was written',
  RECORD_REPEATED: 'stands there again',
  RECORD_NOT_LINKED: 'does not follow the record before it: one of the two was replaced',
  RECORD_TORN: 'was cut short: what follows the last line feed is no record',
  TAIL_CUT: 'is covered by a signed head and missing: the end of the trail was cut',
  HEAD_INVALID: 'is covered by a head that cannot be verified',
  HEAD_MISMATCH: 'is not the one a signed head covers: the trail was written anew',
} as const;

export interface AuditFault {
  readonly code: keyof typeof AUDIT_FAULTS;
  /** First and last record it is about. */
  readonly from: number;
  readonly to: number;
  /** Line of the trail from 1, or of the heads for faults of heads; null: it has none. */
  readonly line: number | null;
  /** More of the cause, or null. */
  readonly detail: string | null;
}

export interface AuditCheck {
  readonly records: number;
  readonly faults: readonly AuditFault[];
  /** Heads whose signature holds. */
  readonly heads: number;
  /** The last record that a verified head covers; null: none does, and a cut tail would not show. */
  readonly coveredTo: number | null;
  /** The last record there is; null: none. */
  readonly last: number | null;
}

export interface CheckInputs {
  /** The lines of the trail. */
  readonly trail: Iterable<string> | AsyncIterable<string>;
  /** Whether what follows the last line feed is empty. */
  readonly isWhole: boolean;
  /** Tokens, from the folder and from wherever else copies were kept. */
  readonly heads: readonly string[];
  readonly keys: readonly VerificationKey[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

interface Seen {
  readonly hash: string;
  readonly prev: string;
  readonly line: number;
}

/** Checks a trail against its heads. */
export async function checkTrail(inputs: CheckInputs): Promise<AuditCheck> {
  const faults: AuditFault[] = [];
  const seen = new Map<number, Seen>();
  const changed = new Set<number>();
  const order: number[] = [];
  let line = 0;
  for await (const text of inputs.trail) {
    line += 1;
    const record = parseLine(text);
    if (record === null) {
      // A record that cannot be read is taken for the one that belongs in its place.
      const seq = (order.at(-1) ?? -1) + 1;
      faults.push(fault('RECORD_CHANGED', seq, line));
      changed.add(seq);
      order.push(seq);
    } else if (seen.has(record.seq)) {
      faults.push(fault('RECORD_REPEATED', record.seq, line));
    } else {
      seen.set(record.seq, { hash: record.hash, prev: record.prev, line });
      order.push(record.seq);
    }
  }
  faults.push(...checkOrder(order, seen), ...checkLinks(seen, changed));
  const last = order.length === 0 ? null : order.reduce((a, b) => Math.max(a, b));
  if (!inputs.isWhole) faults.push(fault('RECORD_TORN', (last ?? -1) + 1, line + 1));
  const heads = checkHeads(inputs, seen, changed, last);
  return {
    records: line,
    faults: [...faults, ...heads.faults].sort((a, b) => a.from - b.from),
    heads: heads.verified,
    coveredTo: heads.coveredTo,
    last,
  };
}

/** Numbers must be 0, 1, 2, …: where they are not, one is missing, or one stands elsewhere. */
function checkOrder(order: readonly number[], seen: ReadonlyMap<number, Seen>): AuditFault[] {
  const faults: AuditFault[] = [];
  const there = new Set(order);
  let highest = -1;
  for (const seq of order) {
    if (seq < highest) faults.push(fault('RECORD_MOVED', seq, seen.get(seq)?.line ?? null));
    for (let next = highest + 1; next < seq; ) {
      let end = next;
      while (end < seq && !there.has(end)) end += 1;
      if (end > next) faults.push({ ...fault('RECORD_MISSING', next, null), to: end - 1 });
      next = end + 1;
    }
    highest = Math.max(highest, seq);
  }
  return faults;
}

/** Each sound record must name the hash of the sound one before it. */
function checkLinks(
  seen: ReadonlyMap<number, Seen>,
  changed: ReadonlySet<number>,
): readonly AuditFault[] {
  return [...seen].flatMap(([seq, { prev, line }]) => {
    if (changed.has(seq - 1)) return [];
    const expected = seq === 0 ? NO_RECORD : seen.get(seq - 1)?.hash;
    const isLinked = expected === undefined || expected === prev;
    return isLinked ? [] : [fault('RECORD_NOT_LINKED', seq, line)];
  });
}

function checkHeads(
  { heads, keys, now }: CheckInputs,
  seen: ReadonlyMap<number, Seen>,
  changed: ReadonlySet<number>,
  last: number | null,
): { faults: readonly AuditFault[]; verified: number; coveredTo: number | null } {
  const faults: AuditFault[] = [];
  let coveredTo: number | null = null;
  let verified = 0;
  for (const [index, token] of heads.entries()) {
    const head = verifyHead(token, keys, now);
    if (typeof head === 'string') {
      faults.push({ ...fault('HEAD_INVALID', 0, index + 1), detail: head });
      continue;
    }
    verified += 1;
    coveredTo = Math.max(coveredTo ?? 0, head.seq);
    const isOfThis = changed.has(0) || seen.get(0)?.hash === head.trail || !seen.has(0);
    const covered = seen.get(head.seq)?.hash;
    const fits = covered === undefined || covered === head.hash;
    if (!isOfThis || !fits) faults.push(fault('HEAD_MISMATCH', head.seq, index + 1));
  }
  const end = last ?? -1;
  if (coveredTo !== null && coveredTo > end) {
    faults.push({ ...fault('TAIL_CUT', end + 1, null), to: coveredTo });
  }
  return { faults, verified, coveredTo };
}

function fault(code: AuditFault['code'], seq: number, line: number | null): AuditFault {
  return { code, from: seq, to: seq, line, detail: null };
}
