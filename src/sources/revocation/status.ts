/** What is known of a source at the moment: for readiness, metrics and `GET /v1/revocation`. */
import type { FailureCause } from './fault.ts';
import { placeOf, type SourceSetting } from './settings.ts';

/** Times are milliseconds since 1970; null: never, or not known. */
export interface SourceStatus {
  readonly id: string;
  readonly kind: SourceSetting['kind'];
  /** URL or file. */
  readonly place: string;
  /** Entries of the copy in force; null: there is none. */
  entries: number | null;
  /** As of when the copy in force is; null also: current by the operator's word. */
  fetchedAt: number | null;
  refreshAfterMs: number;
  lastAttemptAt: number | null;
  lastSuccessAt: number | null;
  /** Why the last attempt failed; null: it did not. */
  failing: { readonly failure: FailureCause; readonly text: string; readonly at: number } | null;
  /** Since the last success. */
  failedAttempts: number;
  /** Since the start, by cause. */
  readonly failures: Partial<Record<FailureCause, number>>;
}

export function newStatus(source: SourceSetting): SourceStatus {
  return {
    id: source.id,
    kind: source.kind,
    place: placeOf(source),
    entries: null,
    fetchedAt: null,
    refreshAfterMs: 0,
    lastAttemptAt: null,
    lastSuccessAt: null,
    failing: null,
    failedAttempts: 0,
    failures: {},
  };
}
