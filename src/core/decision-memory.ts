/**
 * Decisions that were made before, each with everything it rests on. Devices of one build under one policy
 * get the very same decision, which costs ten times as much to derive and to write as to find again
 * (bench/stages.ts).
 *
 * A decision is found by its hardware list, which must be one that records share, and then only if every
 * other fact is the same. The memory is bounded and may forget anything.
 */
import type { AuthorizationList } from './key-description/index.ts';

/** Values and shared objects, compared one by one with `===`. */
type Facts = readonly unknown[];

interface Entry<Decision> {
  readonly facts: Facts;
  readonly decision: Decision;
}

export class DecisionMemory<Decision> {
  readonly #byList = new WeakMap<AuthorizationList, Entry<Decision>[]>();
  /** Where each entry stands, oldest first from `#next` on. */
  readonly #ring: { readonly entries: Entry<Decision>[]; readonly entry: Entry<Decision> }[] = [];
  readonly #capacity: number;
  #next = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** The decision made on `list` and `facts` before, or what `decide` says, to be kept. */
  recall(list: AuthorizationList, facts: Facts, decide: () => Decision): Decision {
    let entries = this.#byList.get(list);
    if (entries === undefined) {
      entries = [];
      this.#byList.set(list, entries);
    }
    for (const { facts: known, decision } of entries) if (isSame(known, facts)) return decision;
    const entry = { facts, decision: decide() };
    entries.push(entry);
    this.#keep(entries, entry);
    return entry.decision;
  }

  #keep(entries: Entry<Decision>[], entry: Entry<Decision>): void {
    const oldest = this.#ring[this.#next];
    if (oldest !== undefined) oldest.entries.splice(oldest.entries.indexOf(oldest.entry), 1);
    this.#ring[this.#next] = { entries, entry };
    this.#next = (this.#next + 1) % this.#capacity;
  }
}

function isSame(a: Facts, b: Facts): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at += 1) if (a[at] !== b[at]) return false;
  return true;
}
