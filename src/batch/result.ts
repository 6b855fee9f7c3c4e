/** Result lines. Each record has exactly one. */
import type { FindingCode } from '../core/base/index.ts';
import type { TrustState } from '../core/posture/index.ts';
import type { RecheckReport } from '../core/recheck.ts';
import type { Outcome, Report } from '../core/report/index.ts';
import type { RecordFault } from './record.ts';

export interface Result {
  readonly id: string;
  readonly outcome: Outcome;
  readonly trustState: TrustState;
  /** Each once, in the order of the report. */
  readonly codes: readonly FindingCode[];
  /** With `--full`. */
  readonly report?: Report | RecheckReport;
  /** With `--records`: the signed recheck record; null where nothing was proved that could be kept. */
  readonly record?: string | null;
}

/** What a line gets that could not be read. */
export interface ErrorResult {
  /** Null: the line could not be read so far. */
  readonly id: string | null;
  /** From 1. */
  readonly line: number;
  /** Which input, where results of several stand in one file. */
  readonly input?: string;
  readonly error: RecordFault;
}

export interface ErrorPlace {
  readonly line: number;
  readonly input: string | null;
}

export function toErrorResult(
  id: string | null,
  { code, text }: RecordFault,
  { line, input }: ErrorPlace,
): ErrorResult {
  return { id, line, ...(input === null ? {} : { input }), error: { code, text } };
}
