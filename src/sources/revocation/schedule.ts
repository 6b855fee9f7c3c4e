/**
 * When each source is looked at next: when its copy is due; after a failure later and later; and never
 * by many verifiers at the same moment.
 */
import type { RefreshBounds } from './freshness.ts';
import type { SourceSetting } from './settings.ts';
import type { SourceStatus } from './status.ts';

export interface ScheduleOptions {
  readonly bounds: RefreshBounds;
  /** First wait after a failure, in milliseconds. */
  readonly retryMs: number;
  readonly clock: () => number;
}

/** A dead source is tried again at least this often. */
const MAX_RETRY_MS = 900_000;

/** A copy from further in the future is asked for again: some clock was wrong. */
const CLOCK_SKEW_MS = 300_000;

export class Schedule {
  readonly #options: ScheduleOptions;
  readonly #wake: (source: SourceSetting) => Promise<void>;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  /** Between 0 and 1, another one in each process: replicas that started together drift apart. */
  readonly #spread = Math.random();

  constructor(options: ScheduleOptions, wake: (source: SourceSetting) => Promise<void>) {
    this.#options = options;
    this.#wake = wake;
  }

  /** Wakes a source at once. */
  soon(source: SourceSetting): void {
    this.#after(source, 0);
  }

  /** Wakes it when it is due, and in between to see what others have stored. */
  next(source: SourceSetting, status: SourceStatus): void {
    const { bounds, retryMs, clock } = this.#options;
    const wait = Math.min(this.#dueAt(status) - clock(), bounds.minMs);
    this.#after(source, Math.max(wait, Math.min(bounds.minMs, retryMs)));
  }

  /** Whether a source should be fetched: its copy is due, and a failure is long enough ago. */
  isDue(status: SourceStatus): boolean {
    return this.#options.clock() >= this.#dueAt(status);
  }

  end(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #dueAt({
    failing,
    failedAttempts,
    lastSuccessAt,
    fetchedAt,
    refreshAfterMs,
  }: SourceStatus): number {
    const { bounds, retryMs } = this.#options;
    if (failing !== null) {
      const wait = backoff(failedAttempts, retryMs, bounds.maxMs);
      return failing.at + wait * (1 + this.#spread / 2);
    }
    // An answer that was old when it came is not asked for again at once.
    const earliest = (lastSuccessAt ?? Number.NEGATIVE_INFINITY) + bounds.minMs;
    if (fetchedAt === null || fetchedAt > this.#options.clock() + CLOCK_SKEW_MS) return earliest;
    return Math.max(fetchedAt + refreshAfterMs * (1 - this.#spread / 10), earliest);
  }

  #after(source: SourceSetting, ms: number): void {
    clearTimeout(this.#timers.get(source.id));
    const timer = setTimeout(() => void this.#wake(source), ms);
    timer.unref();
    this.#timers.set(source.id, timer);
  }
}

/** Milliseconds to wait after so many failures in a row. */
export function backoff(failedAttempts: number, retryMs: number, maxMs: number): number {
  return Math.min(retryMs * 2 ** Math.min(failedAttempts - 1, 30), MAX_RETRY_MS, maxMs);
}
