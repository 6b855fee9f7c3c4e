/** A progress bar with rate and time left, on a terminal only. */
import { SingleBar } from 'cli-progress';

export interface Progress {
  readonly update: (done: number) => void;
  readonly stop: () => void;
}

const SILENT: Progress = { update: () => {}, stop: () => {} };

/** Starts a bar on standard error if that is a terminal. `unit`: what is counted, plural. */
export function startProgress(total: number, unit: string): Progress {
  if (!process.stderr.isTTY) return SILENT;
  const started = performance.now();
  const bar = new SingleBar({
    format: `{bar} {percentage}%  {value}/{total} ${unit}  {rate}/s  {eta_formatted} left`,
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
    etaBuffer: 100,
  });
  bar.start(total, 0, { rate: 0 });
  return {
    update: (done) => {
      const seconds = (performance.now() - started) / 1000;
      bar.update(done, { rate: Math.round(done / Math.max(seconds, 0.001)) });
    },
    stop: () => bar.stop(),
  };
}
