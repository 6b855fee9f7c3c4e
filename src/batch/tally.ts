/** Counts of a run, which add up: of a chunk, a shard, a file, a fleet. Plain data. */

export interface Tally {
  readonly records: number;
  readonly outcomes: Readonly<Record<ResultKind, number>>;
  /** Records that carry a finding, by its code. */
  readonly codes: Counts;
  /** Lines that could not be read, by the code of their error. */
  readonly errors: Counts;
  /** By `attestationIdModel`, where the device attests it. */
  readonly models: Counts;
  /** By name of the recognised operating system release. */
  readonly releases: Counts;
  /** Records that the second verifier has judged too, and those on which it differs. */
  readonly crossChecked: number;
  readonly disagreements: number;
}

export type ResultKind = 'accept' | 'reject' | 'inconclusive' | 'error';
export type Counts = Readonly<Record<string, number>>;

export const NOTHING_COUNTED: Tally = Object.freeze({
  records: 0,
  outcomes: Object.freeze({ accept: 0, reject: 0, inconclusive: 0, error: 0 }),
  codes: Object.freeze({}),
  errors: Object.freeze({}),
  models: Object.freeze({}),
  releases: Object.freeze({}),
  crossChecked: 0,
  disagreements: 0,
});

/** What stands in for a model or a release that is not known. */
export const NOT_KNOWN = 'not known';

/** Names kept apart; whatever comes after them is counted together, so that memory stays bounded. */
const MAX_NAMES = 1000;
const OTHERS = 'others';

/** The sum of two tallies, names in order. */
export function addTallies(a: Tally, b: Tally): Tally {
  return {
    records: a.records + b.records,
    outcomes: {
      accept: a.outcomes.accept + b.outcomes.accept,
      reject: a.outcomes.reject + b.outcomes.reject,
      inconclusive: a.outcomes.inconclusive + b.outcomes.inconclusive,
      error: a.outcomes.error + b.outcomes.error,
    },
    codes: addCounts(a.codes, b.codes),
    errors: addCounts(a.errors, b.errors),
    models: addCounts(a.models, b.models),
    releases: addCounts(a.releases, b.releases),
    crossChecked: a.crossChecked + b.crossChecked,
    disagreements: a.disagreements + b.disagreements,
  };
}

/** Counts, biggest first, equal ones by name. */
export function ranked(counts: Counts): readonly (readonly [string, number])[] {
  return Object.entries(counts).toSorted(
    ([nameA, a], [nameB, b]) => b - a || (nameA < nameB ? -1 : 1),
  );
}

/** Adds to a count in place. Names may be of a device's choosing: only own members are counts. */
export function count(counts: Record<string, number>, name: string, by = 1): void {
  const isKept = Object.hasOwn(counts, name) || Object.keys(counts).length < MAX_NAMES;
  const kept = isKept && name !== '__proto__' ? name : OTHERS;
  counts[kept] = (Object.hasOwn(counts, kept) ? (counts[kept] as number) : 0) + by;
}

function addCounts(a: Counts, b: Counts): Counts {
  const sum: Record<string, number> = { ...a };
  for (const [name, number] of Object.entries(b)) count(sum, name, number);
  return sum;
}
