/** Measuring two things against one another on a machine that drifts: in short slices that alternate. */
import { cpus } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as (what: { readonly type: 'minor' }) => void;

/** Frees what died young: called at the end of what is measured, so that the next to be measured does not pay for it. */
export function collect(): void {
  gc({ type: 'minor' });
}

/** One line of a result. Rates are chains a second; `ratio` is what the machine spends on signatures, 1.00 at best. */
export interface Result {
  readonly name: string;
  readonly where: 'inline' | 'pool' | 'http' | 'listeners';
  readonly perSecond: number;
  /** Null where no signature is needed. */
  readonly floorPerSecond: number | null;
  readonly ratio: number | null;
  /** CPU of the serving process a chain, in µs, and the least it could be. */
  readonly serverCpuUs: number | null;
  readonly floorCpuUs: number | null;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly p999Ms: number | null;
  /** Of the service; null where it is not a process of its own. */
  readonly rssMb: number | null;
  /** On one thread: the ratio by the CPU of the whole process, with what V8's own threads compile and collect. */
  readonly ratioOfProcess?: number;
  /** Over HTTP: the latest first answer of 64 fresh connections, that ask at once or at half the rate. */
  readonly firstAnswerMs?: number;
  /** Over HTTP: the longest that the signatures of one chain took beside it: so long the machine itself held up what ran. */
  readonly floorLongestMs?: number;
  /** Of the pool: what one thread does in the same run, and the pool's rate over that of so many cores. */
  readonly oneThreadPerSecond?: number;
  readonly ofCores?: number;
  /** CPU a chain on one thread over CPU a chain in the pool: the same where nothing else wants the cores. */
  readonly ofCoresByCpu?: number;
  /** How often each outcome was answered. */
  readonly outcomes?: Readonly<Record<string, number>>;
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
  readonly openssl: string;
  readonly at: string;
}

export function describeMachine(): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model ?? 'unknown',
    cores: all.length,
    node: process.version,
    openssl: process.versions.openssl,
    at: new Date().toISOString(),
  };
}

/** What one slice took: wall clock, CPU of this thread and of the whole process, in µs a call. */
export interface Slice {
  readonly wallUs: number;
  readonly cpuUs: number;
  readonly processUs: number;
  readonly calls: number;
  /** Of the call that took longest by the clock. */
  readonly longestMs: number;
}

/**
 * CPU of one call over all slices, in µs. A thread's CPU is counted in ticks of some milliseconds, which is a
 * tenth of a slice: only the sum of many says something.
 */
export function meanCpuUs(slices: readonly Slice[]): number {
  return meanOf(slices, ({ cpuUs }) => cpuUs);
}

/** The same of the whole process. */
export function processCpuUs(slices: readonly Slice[]): number {
  return meanOf(slices, ({ processUs }) => processUs);
}

function meanOf(slices: readonly Slice[], us: (each: Slice) => number): number {
  const calls = slices.reduce((sum, each) => sum + each.calls, 0);
  return slices.reduce((sum, each) => sum + us(each) * each.calls, 0) / calls;
}

/**
 * Calls `work` with the next indexes of `0..count` for `ms`; `batch`: so many at once, from that index on. What
 * it leaves to be collected is collected within what is measured: a signature leaves objects of OpenSSL behind, and
 * the floor little else, so that its garbage would be freed, and paid for, in the next slice of the subject.
 */
export function slice(
  work: (index: number) => void,
  from: number,
  count: number,
  ms: number,
  batch = 1,
): Slice & { readonly next: number } {
  const cpu = process.threadCpuUsage();
  const all = process.cpuUsage();
  const started = performance.now();
  let calls = 0;
  let longestMs = 0;
  let now = started;
  do {
    const before = now;
    work((from + calls) % count);
    calls += batch;
    now = performance.now();
    longestMs = Math.max(longestMs, now - before);
  } while (now - started < ms);
  collect();
  const wall = performance.now() - started;
  const { user, system } = process.threadCpuUsage(cpu);
  const whole = process.cpuUsage(all);
  return {
    wallUs: (wall * 1000) / calls,
    cpuUs: (user + system) / calls,
    processUs: (whole.user + whole.system) / calls,
    calls,
    longestMs,
    next: (from + calls) % count,
  };
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
