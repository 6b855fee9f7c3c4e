/** Figures of revocation: age, entries, attempts, failures by cause, swaps; roots and what runs out. */
import type { CalendarEntry } from '../sources/expiry-calendar.ts';
import type { KeeperEvent, RevocationKeeper } from '../sources/revocation/keeper.ts';
import type { RootWatchState } from '../sources/revocation/root-watch.ts';
import type { SourceStatus } from '../sources/revocation/status.ts';
import type { Metrics } from './metrics.ts';

export interface RevocationFigures {
  readonly keeper: Pick<RevocationKeeper, 'snapshot' | 'statuses' | 'swaps'>;
  readonly roots: () => RootWatchState;
  readonly calendar: readonly CalendarEntry[];
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** Adds the figures, and gives what counts the keeper's events. */
export function addRevocationMetrics(
  metrics: Metrics,
  { keeper, roots, calendar, clock }: RevocationFigures,
): void {
  const lists = () => keeper.snapshot.sources;
  metrics.gauges('revocation_age_seconds', 'Age of each list in force', ['source'], () =>
    lists().flatMap(({ id, fetchedAt }) =>
      fetchedAt === null ? [] : [{ labels: { source: id }, value: (clock() - fetchedAt) / 1000 }],
    ),
  );
  metrics.gauges('revocation_entries', 'Entries of each list in force', ['source'], () =>
    lists().map(({ id, entryCount }) => ({ labels: { source: id }, value: entryCount })),
  );
  const perSource = (read: (status: SourceStatus) => number | null) => () =>
    keeper.statuses.flatMap((status) => {
      const value = read(status);
      return value === null ? [] : [{ labels: { source: status.id }, value }];
    });
  metrics.gauges(
    'revocation_last_attempt_timestamp_seconds',
    'When a source was last looked at',
    ['source'],
    perSource(({ lastAttemptAt }) => toSeconds(lastAttemptAt)),
  );
  metrics.gauges(
    'revocation_last_success_timestamp_seconds',
    'When a source was last looked at with success',
    ['source'],
    perSource(({ lastSuccessAt }) => toSeconds(lastSuccessAt)),
  );
  metrics.gauges(
    'revocation_failing',
    '1 where the last look at a source failed',
    ['source'],
    perSource(({ failing }) => (failing === null ? 0 : 1)),
  );
  metrics.gauge(
    'revocation_swaps',
    'Snapshots with other content since the start',
    () => keeper.swaps,
  );
  metrics.gauge(
    'root_drift',
    'Differences between the roots served and the pins',
    () => roots().drift.length,
  );
  metrics.gauges(
    'certificate_not_after_timestamp_seconds',
    'When anchors and known intermediates run out',
    ['kind', 'anchor', 'serial'],
    () =>
      calendar.map(({ kind, anchor, serial, notAfter }) => ({
        labels: { kind, anchor, serial },
        value: Date.parse(notAfter) / 1000,
      })),
  );
}

/** A listener that counts refusals by cause. */
export function countRefusals(metrics: Metrics): (event: KeeperEvent) => void {
  const failures = metrics.counter(
    'revocation_failures_total',
    'Looks at a source that brought no list, by cause',
    ['source', 'cause'],
  );
  return (event) => {
    if (event.kind === 'refused') failures.inc({ source: event.source, cause: event.failure });
  };
}

function toSeconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}
