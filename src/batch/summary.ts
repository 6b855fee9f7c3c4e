/** What a run did, for people and for machines. */
import type { Changes } from './changes.ts';
import { ranked, type Tally } from './tally.ts';

export interface Summary extends Tally {
  /** False: the run was stopped and can be resumed. */
  readonly complete: boolean;
  /** RFC 3339: when revocation was judged. */
  readonly appraisedAt: string;
  /** Id of the revocation snapshot, or null if revocation was not to be checked. */
  readonly snapshot: string | null;
  /** With `--changed-since`. */
  readonly changes: Changes | null;
}

/** Rows of a table shown at most; the JSON has them all. */
const MAX_ROWS = 20;

/** The summary as text. */
export function renderSummary(summary: Summary): string {
  const { records, outcomes, crossChecked, disagreements, changes } = summary;
  const lines = [
    `${records} records: ${outcomes.accept} accept, ${outcomes.reject} reject, ${outcomes.inconclusive} inconclusive, ${outcomes.error} could not be read`,
    ...table('by code', summary.codes),
    ...table('errors', summary.errors),
    ...table('by model', summary.models),
    ...table('by release', summary.releases),
  ];
  if (crossChecked > 0) {
    lines.push(`second verifier: ${crossChecked} records, ${disagreements} disagreements`);
  }
  if (changes !== null) {
    lines.push(
      `changed since: ${changes.changed} changed, ${changes.added} new, ${changes.missing} gone`,
      ...table('from outcome to outcome', changes.transitions),
    );
  }
  if (!summary.complete) lines.push('stopped before the end; --resume goes on');
  return `${lines.join('\n')}\n`;
}

function table(title: string, counts: Tally['codes']): readonly string[] {
  const rows = ranked(counts);
  if (rows.length === 0) return [];
  const width = String(rows[0]?.[1] ?? 0).length;
  const shown = rows
    .slice(0, MAX_ROWS)
    .map(([name, number]) => `  ${String(number).padStart(width)}  ${printable(name)}`);
  const rest = rows.length - shown.length;
  return [`${title}:`, ...shown, ...(rest > 0 ? [`  and ${rest} more`] : [])];
}

/** Model names are the device's: no control characters reach a terminal. */
function printable(name: string): string {
  return name.replaceAll(/\p{C}/gu, '?');
}
