/**
 * The outcome of a step that can refuse its input: a value, or the one finding that stopped it.
 *
 * Rooms throw privately at most; at a room's door everything is a `Result`, because values cross
 * thread boundaries unchanged and exceptions do not.
 */
import type { Finding } from './finding.ts';

export type Result<T> = Success<T> | Refusal;

interface Success<T> {
  readonly ok: true;
  readonly value: T;
}

export interface Refusal {
  readonly ok: false;
  readonly finding: Finding;
}

/** The step went through and gives `value`. */
export function success<T>(value: T): Success<T> {
  return { ok: true, value };
}

/** The step stopped at `finding`. */
export function refusal(finding: Finding): Refusal {
  return { ok: false, finding };
}
