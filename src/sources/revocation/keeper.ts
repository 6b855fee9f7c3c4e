/**
 * Keeps the one snapshot that everybody judges by. Each source is looked at in the background, one look
 * at a time; a list that holds up takes its place in a new snapshot, and the reference is exchanged in
 * one step. What is refused leaves everything as it was, and says why. No request starts a look or
 * waits for one.
 */
import type { AnchorSource } from '../../core/anchors/index.ts';
import { compileSnapshot, type RevocationSnapshot } from '../../core/revocation/index.ts';
import { ConfigurationFault } from '../document.ts';
import type { BuildJob, Built } from './build.ts';
import { toShared } from './build-off-thread.ts';
import type { Copy, CopyStore } from './copy-store.ts';
import { type FailureCause, SourceFault, toSourceFault } from './fault.ts';
import { type FetchOptions, fetchCopy } from './fetch-copy.ts';
import { clamp } from './freshness.ts';
import { Schedule } from './schedule.ts';
import { isRemote, placeOf, type SourceSetting } from './settings.ts';
import { newStatus, type SourceStatus } from './status.ts';

export interface KeeperOptions extends Omit<FetchOptions, 'signal'> {
  readonly sources: readonly SourceSetting[];
  readonly store: CopyStore;
  /** Folder laid out like `roots/`, whose lists are the floor. */
  readonly floor: string;
  readonly anchors: readonly AnchorSource[];
  /** First wait after a failure, in milliseconds; each further one doubles it. */
  readonly retryMs: number;
  /** Sources whose next list may shrink. */
  readonly allowShrink: readonly string[];
  /** Makes snapshots: on a thread of its own, unless the process has nothing else to do. */
  readonly build: (job: BuildJob) => Promise<Built>;
  /** Whether remote sources are fetched; if not, only copies that others store are taken up. */
  readonly fetches: boolean;
  readonly onEvent: (event: KeeperEvent) => void;
}

/** What happened, for log and metrics. */
export type KeeperEvent =
  | { readonly kind: 'swapped'; readonly source: string; readonly snapshot: string }
  | { readonly kind: 'confirmed'; readonly source: string }
  | {
      readonly kind: 'refused';
      readonly source: string;
      readonly failure: FailureCause;
      readonly text: string;
    };

export class RevocationKeeper {
  readonly #options: KeeperOptions;
  readonly #copies = new Map<string, Copy>();
  readonly #versions = new Map<string, string | null>();
  readonly #statuses: ReadonlyMap<string, SourceStatus>;
  readonly #looks = new Map<string, Promise<boolean>>();
  readonly #ending = new AbortController();
  readonly #schedule: Schedule;
  #snapshot: RevocationSnapshot = compileSnapshot([]);
  #swaps = 0;
  /** Builds wait for one another, so that none forgets what the one before it brought. */
  #lastBuild: Promise<unknown> = Promise.resolve();

  private constructor(options: KeeperOptions) {
    this.#options = options;
    this.#statuses = new Map(options.sources.map((source) => [source.id, newStatus(source)]));
    this.#schedule = new Schedule(options, (source) => this.#wake(source));
  }

  /**
   * Takes up the stored copies and reads local files; remote sources are left to the background.
   * Throws `ConfigurationFault` for a deny list that is not there: without it, what an operator denies
   * would pass.
   */
  static async open(options: KeeperOptions): Promise<RevocationKeeper> {
    const keeper = new RevocationKeeper(options);
    options.store.sweep(options.clock());
    for (const { id } of options.sources) keeper.#takeStored(id);
    const { snapshot, failures } = await keeper.#build(null, 'refused');
    keeper.#snapshot = snapshot as RevocationSnapshot;
    for (const { source, failure, text } of failures) {
      keeper.#copies.delete(source);
      keeper.#refuse(source, new SourceFault(failure, `the stored copy is not used: ${text}`));
    }
    keeper.#describeAll();
    for (const source of options.sources.filter((each) => !isRemote(each))) {
      await keeper.refresh(source.id);
      if (source.kind === 'deny-list' && !keeper.#copies.has(source.id)) {
        await keeper.close();
        const why = keeper.#statuses.get(source.id)?.failing?.text;
        throw new ConfigurationFault(`revocation source ${source.id}: ${why}`);
      }
    }
    return keeper;
  }

  /** The snapshot in force, frozen. */
  get snapshot(): RevocationSnapshot {
    return this.#snapshot;
  }

  /** How often another snapshot took the place of the one in force. */
  get swaps(): number {
    return this.#swaps;
  }

  get statuses(): readonly SourceStatus[] {
    return [...this.#statuses.values()];
  }

  /** Copies in force, as they came. */
  get copies(): readonly Copy[] {
    return [...this.#copies.values()];
  }

  /** Begins to look at the sources, now and then whenever they are due. */
  start(): void {
    for (const source of this.#options.sources) this.#schedule.soon(source);
  }

  /** Looks at a source now, or joins the look that is under way. Gives whether it is good now. */
  refresh(id: string): Promise<boolean> {
    const source = this.#options.sources.find((each) => each.id === id);
    if (source === undefined) throw new RangeError(`no revocation source ${id}`);
    const underWay = this.#looks.get(id);
    if (underWay !== undefined) return underWay;
    const look = this.#look(source).finally(() => this.#looks.delete(id));
    this.#looks.set(id, look);
    return look;
  }

  /**
   * Takes a copy that somebody else obtained (a bundle), under the same conditions as a fetched one.
   * Gives whether it was taken.
   */
  async offer(copy: Copy): Promise<boolean> {
    return this.#attempt(copy.facts.source, async () => {
      this.#checkOffer(copy);
      const refreshAfterMs = clamp(copy.facts.refreshAfterMs, this.#options.bounds);
      return { ...copy, facts: { ...copy.facts, refreshAfterMs } };
    });
  }

  async close(): Promise<void> {
    this.#ending.abort();
    this.#schedule.end();
    await Promise.allSettled([...this.#looks.values(), this.#lastBuild]);
  }

  async #wake(source: SourceSetting): Promise<void> {
    await this.#takeUp(source.id);
    if (this.#ending.signal.aborted) return;
    const status = this.#statuses.get(source.id) as SourceStatus;
    const mayFetch = this.#options.fetches && this.#schedule.isDue(status);
    if (mayFetch || !isRemote(source)) await this.refresh(source.id);
    if (!this.#ending.signal.aborted) this.#schedule.next(source, status);
  }

  #look(source: SourceSetting): Promise<boolean> {
    const { signal } = this.#ending;
    return this.#attempt(source.id, async () => {
      const copy = await fetchCopy(source, this.#copies.get(source.id) ?? null, {
        ...this.#options,
        signal,
      });
      return isUnchangedFile(source, copy, this.#copies.get(source.id)) ? null : copy;
    });
  }

  /** Gets a copy and takes it, or refuses it and says why. Null: there is nothing new. */
  async #attempt(id: string, get: () => Promise<Copy | null>): Promise<boolean> {
    const status = this.#statuses.get(id) as SourceStatus;
    const { clock, onEvent } = this.#options;
    status.lastAttemptAt = clock();
    try {
      const copy = await get();
      const taken = copy === null ? NOTHING_NEW : await this.#takeCandidate(id, copy);
      status.failing = null;
      status.failedAttempts = 0;
      status.lastSuccessAt = clock();
      if (taken.isNew) onEvent({ kind: 'swapped', source: id, snapshot: this.#snapshot.id });
      else onEvent({ kind: 'confirmed', source: id });
      if (taken.unstored !== null) this.#refuse(id, taken.unstored);
      return taken.unstored === null;
    } catch (error) {
      if (this.#ending.signal.aborted) return false;
      this.#refuse(id, toSourceFault(error));
      return false;
    }
  }

  #takeCandidate(id: string, copy: Copy): Promise<Taken> {
    return this.#exclusively(async () => {
      // Another process may have stored a newer copy since we looked.
      if (this.#isStoredAnew(id)) await this.#tryStoredCandidate(id);
      const shrinking = this.#options.allowShrink.includes(id) ? 'allowed' : 'refused';
      const { snapshot, failures } = await this.#build(copy, shrinking);
      if (snapshot === null) throw faultOf(failures);
      for (const { source, failure, text } of failures) {
        this.#refuse(source, new SourceFault(failure, `not in the snapshot any more: ${text}`));
      }
      // A good list that cannot be stored decides all the same.
      const isNew = this.#swap(copy, snapshot);
      return { isNew, unstored: await this.#store(copy) };
    });
  }

  async #store(copy: Copy): Promise<SourceFault | null> {
    const { store } = this.#options;
    try {
      await store.save(copy);
      this.#versions.set(copy.facts.source, store.versionOf(copy.facts.source));
      return null;
    } catch (error) {
      const { failure, message } = toSourceFault(error);
      return new SourceFault(failure, `the list is in force, but ${message}`, { cause: error });
    }
  }

  /** Takes up what another process stored. Whoever stored it accepted it under the same conditions. */
  async #takeUp(id: string): Promise<void> {
    if (!this.#isStoredAnew(id)) return;
    await this.#exclusively(() => this.#tryStoredCandidate(id));
  }

  async #tryStoredCandidate(id: string): Promise<void> {
    try {
      await this.#takeStoredCandidate(id);
    } catch (error) {
      this.#refuse(id, toSourceFault(error));
    }
  }

  async #takeStoredCandidate(id: string): Promise<void> {
    const { store, onEvent } = this.#options;
    this.#versions.set(id, store.versionOf(id));
    const stored = store.load(id);
    const inForce = this.#copies.get(id);
    if (stored === null || !this.#isOurs(stored) || this.#isFromFuture(stored)) return;
    if ((stored.facts.fetchedAt ?? 0) < (inForce?.facts.fetchedAt ?? 0)) return;
    const { snapshot, failures } = await this.#build(stored, 'allowed');
    if (snapshot === null) throw faultOf(failures);
    if (this.#swap(stored, snapshot))
      onEvent({ kind: 'swapped', source: id, snapshot: snapshot.id });
  }

  #isStoredAnew(id: string): boolean {
    const version = this.#options.store.versionOf(id);
    return version !== null && version !== this.#versions.get(id);
  }

  #takeStored(id: string): void {
    const { store } = this.#options;
    this.#versions.set(id, store.versionOf(id));
    try {
      const copy = store.load(id);
      if (copy === null || !this.#isOurs(copy)) return;
      if (this.#isFromFuture(copy)) throw new SourceFault('invalid', FROM_FUTURE);
      this.#copies.set(id, toShared(copy));
    } catch (error) {
      this.#refuse(id, toSourceFault(error));
    }
  }

  #checkOffer(copy: Copy): void {
    const { source, fetchedAt } = copy.facts;
    if (!this.#isOurs(copy)) {
      throw new SourceFault('invalid', `the source ${source} is configured otherwise here`);
    }
    if (this.#isFromFuture(copy)) throw new SourceFault('invalid', FROM_FUTURE);
    const inForce = this.#copies.get(source)?.facts.fetchedAt ?? 0;
    if (fetchedAt !== null && fetchedAt < inForce) {
      throw new SourceFault('older', 'the list in force was fetched later');
    }
  }

  /** Whether a stored copy came from where the source is now. */
  #isOurs({ facts }: Copy): boolean {
    const source = this.#options.sources.find(({ id }) => id === facts.source);
    return source !== undefined && facts.kind === source.kind && facts.place === placeOf(source);
  }

  /** A clock was wrong, then or now: its age says nothing. */
  #isFromFuture({ facts }: Copy): boolean {
    return (facts.fetchedAt ?? 0) > this.#options.clock() + CLOCK_SKEW_MS;
  }

  async #build(candidate: Copy | null, shrinking: BuildJob['shrinking']): Promise<Built> {
    const { build, floor, sources, anchors, clock } = this.#options;
    return build({
      floor,
      sources,
      anchors,
      shrinking,
      copies: [...this.#copies.values()],
      candidate: candidate === null ? null : toShared(candidate),
      now: clock(),
    });
  }

  #swap(copy: Copy, snapshot: RevocationSnapshot): boolean {
    const isNew = snapshot.id !== this.#snapshot.id;
    this.#copies.set(copy.facts.source, toShared(copy));
    this.#snapshot = Object.freeze(snapshot);
    if (isNew) this.#swaps += 1;
    this.#describeAll();
    return isNew;
  }

  #describeAll(): void {
    for (const status of this.#statuses.values()) {
      const source = this.#snapshot.sources.find(({ id }) => id === status.id);
      if (source === undefined) continue;
      status.entries = source.entryCount;
      status.fetchedAt = source.fetchedAt;
      status.refreshAfterMs = source.refreshAfterMs;
    }
  }

  #refuse(id: string, { failure, message: text }: SourceFault): void {
    const status = this.#statuses.get(id) as SourceStatus;
    status.failing = { failure, text, at: this.#options.clock() };
    status.failedAttempts += 1;
    status.failures[failure] = (status.failures[failure] ?? 0) + 1;
    this.#options.onEvent({ kind: 'refused', source: id, failure, text });
  }

  #exclusively<T>(task: () => Promise<T>): Promise<T> {
    const run = this.#lastBuild.then(task, task);
    this.#lastBuild = run.catch(() => {});
    return run;
  }
}

/** What became of a candidate. */
interface Taken {
  /** Whether the snapshot has another content now. */
  readonly isNew: boolean;
  readonly unstored: SourceFault | null;
}

const NOTHING_NEW: Taken = { isNew: false, unstored: null };
/** Clocks of two machines may differ by this much. */
const CLOCK_SKEW_MS = 300_000;
const FROM_FUTURE = 'the copy says that it was fetched in the future';

function faultOf(failures: Built['failures']): SourceFault {
  const [first] = failures;
  return new SourceFault(first?.failure ?? 'internal', first?.text ?? 'no snapshot was made');
}

/** Files are looked at often, and most often nothing has happened to them. */
function isUnchangedFile(source: SourceSetting, copy: Copy, inForce: Copy | undefined): boolean {
  return (
    !isRemote(source) &&
    inForce !== undefined &&
    inForce.facts.fetchedAt === copy.facts.fetchedAt &&
    Buffer.compare(inForce.body, copy.body) === 0
  );
}
