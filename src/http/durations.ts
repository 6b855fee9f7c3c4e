/**
 * How long verifications took, as a histogram that can be added to another: Prometheus' client has none that
 * takes more than one value at a time, and a busy service has millions between two readings.
 */

/** Seconds; a verification takes well under a millisecond, a full queue seconds. */
export const BUCKETS_SECONDS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
];

export interface Durations {
  /** How many fell into each bucket; those beyond all of them stand last. */
  readonly counts: number[];
  sum: number;
}

export function noDurations(): Durations {
  return { counts: Array.from({ length: BUCKETS_SECONDS.length + 1 }, () => 0), sum: 0 };
}

export function noteDuration(durations: Durations, seconds: number): void {
  const found = BUCKETS_SECONDS.findIndex((bound) => seconds <= bound);
  const at = found < 0 ? BUCKETS_SECONDS.length : found;
  durations.counts[at] = (durations.counts[at] ?? 0) + 1;
  durations.sum += seconds;
}

export function addDurations(to: Durations, { counts, sum }: Durations): void {
  for (const [at, count] of counts.entries()) to.counts[at] = (to.counts[at] ?? 0) + count;
  to.sum += sum;
}

/** A histogram with one label, as Prometheus reads it. `durations` by the value of the label. */
export function toHistogramText(
  { name, help, label }: { readonly name: string; readonly help: string; readonly label: string },
  durations: ReadonlyMap<string, Durations>,
): string {
  const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`];
  for (const [value, { counts, sum }] of durations) {
    let count = 0;
    for (const [at, bound] of [...BUCKETS_SECONDS, '+Inf'].entries()) {
      count += counts[at] ?? 0;
      lines.push(`${name}_bucket{le="${bound}",${label}="${value}"} ${count}`);
    }
    lines.push(`${name}_sum{${label}="${value}"} ${sum}`);
    lines.push(`${name}_count{${label}="${value}"} ${count}`);
  }
  return `${lines.join('\n')}\n`;
}
