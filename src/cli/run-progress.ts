/** Progress of a batch run on standard error: in place on a terminal, a plain line now and then otherwise. */
import type { Seen } from '../batch/run.ts';
import type { Io } from './io.ts';

const TERMINAL_MS = 200;
const PLAIN_MS = 10_000;

export interface RunProgressLine {
  readonly update: (seen: Seen) => void;
  readonly stop: () => void;
}

/** `isTerminal`: of standard error. `clock`: milliseconds, never going back. */
export function startRunProgress(
  io: Io,
  isTerminal: boolean,
  clock: () => number,
): RunProgressLine {
  const started = clock();
  let first: Seen | null = null;
  let shownAt = started;
  let isShown = false;
  return {
    update: (seen) => {
      first ??= seen;
      const now = clock();
      if (now - shownAt < (isTerminal ? TERMINAL_MS : PLAIN_MS)) return;
      shownAt = now;
      const line = describe(seen, first, (now - started) / 1000);
      io.err(isTerminal ? `\r${line.slice(0, io.width - 1)}\u001b[K` : `${line}\n`);
      isShown = isTerminal;
    },
    stop: () => {
      if (isShown) io.err('\r\u001b[K');
    },
  };
}

/** `first`: where this process began, which is not the beginning after `--resume`. */
function describe({ tally, bytesRead, bytesTotal }: Seen, first: Seen, seconds: number): string {
  const rate = (tally.records - first.tally.records) / Math.max(seconds, 0.001);
  const { accept, reject, inconclusive, error } = tally.outcomes;
  const counts = `accept ${accept}, reject ${reject}, inconclusive ${inconclusive}, error ${error}`;
  const share = bytesTotal === 0 ? '' : `  ${Math.floor((bytesRead / bytesTotal) * 100)}%`;
  const done = bytesRead - first.bytesRead;
  const left =
    bytesTotal === 0 || done <= 0
      ? ''
      : `  ${toClock(((bytesTotal - bytesRead) * seconds) / done)} left`;
  return `${tally.records} records${share}  ${Math.round(rate)}/s${left}  ${counts}`;
}

function toClock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}
