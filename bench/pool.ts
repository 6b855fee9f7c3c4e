/**
 * The service's own pool in this process, a worker on every core, closed loop of 64: beside one thread and
 * beside the signatures alone, in slices that alternate. A chain is sent once, or again when every worker has long
 * forgotten it, so that no memory can answer for it; only `repeat` sends chains again sooner, as it says.
 */
import { availableParallelism } from 'node:os';
import { loadConfig } from '../src/config.ts';
import { shareTrust } from '../src/pool/shared-trust.ts';
import { VerificationPool } from '../src/pool/verification-pool.ts';
import { loadTrustMaterial } from '../src/sources/load-trust.ts';
import { ROOTS } from '../src/sources/package-root.ts';
import { loadBundledSnapshot } from '../src/sources/revocation.ts';
import { makeWorld } from '../test/support/world.ts';
import { SCENARIOS } from './fleets.ts';
import { BATCH, inlineSubject } from './inline.ts';
import { makeMany } from './many.ts';
import { meanCpuUs, median, type Result, type Slice, slice } from './measure.ts';

const OUTSTANDING = 64;
const POOL_MS = 1500;
const ALONE_MS = 250;
/** Chains measured on one thread, at most: so many that every defect is among those of `mixed`. */
const SAMPLE = 4_000;
/**
 * Code is compiled as it runs, in each thread: a chain takes a third more CPU for the first ten seconds. So the pool is
 * driven for as long again as is measured before anything is, and so is the one thread it stands beside.
 */
const WARM_MS_A_SECOND = 1000;
/**
 * Chains for each core, sent in a circle. A worker's memory has four places for each of 4,096 words of what it saw: after
 * so many others three in a thousand are still taken for known, after 30,000 seven in a hundred were, and a chain
 * that is kept without ever being recalled costs several times what a new one does.
 */
const FORGOTTEN_AFTER = 48_000;

export interface PoolBench {
  readonly name: string;
  readonly seconds: number;
  /** How many chains to make; left out: 48,000 for each core. */
  readonly chains?: number;
}

export async function measurePool({ name, seconds, chains }: PoolBench): Promise<Result> {
  if (name === 'cold') throw new RangeError('cold: a pool is warm once it has seen a chain');
  const cores = availableParallelism();
  const at = Date.now();
  const isRepeat = name === 'repeat';
  const count = chains ?? (isRepeat ? SAMPLE : FORGOTTEN_AFTER * cores);
  const again = isRepeat || count >= FORGOTTEN_AFTER * cores;
  const made = await makeMany({ scenario: name, count, seed: `bench pool ${at}`, at });
  const world = await makeWorld('enigm-development', `bench pool ${at}`, at);
  const sample = SCENARIOS[name]?.(world, Math.min(SAMPLE, count));
  if (sample === undefined) throw new RangeError(`no scenario ${name}`);
  const one = inlineSubject(sample, at);
  const floor = (index: number): void => sample.chains[index]?.floor();

  const pool = openPool(cores);
  try {
    await pool.start();
    // Every worker sees what is to be warm, wherever batches go.
    const before = Array.from({ length: 4 * cores }, () => made.before).flat();
    await driveFor(pool, before, { from: 0, ms: Number.POSITIVE_INFINITY, again: false });
    // Code is compiled as it runs; these chains are not measured. Where none is sent again, half are left.
    const warmingBodies = again ? made.bodies : made.bodies.slice(0, made.bodies.length >> 1);
    const warming = await driveFor(pool, warmingBodies, {
      from: 0,
      ms: WARM_MS_A_SECOND * seconds,
      again,
    });
    slice(one, 0, sample.chains.length, WARM_MS_A_SECOND * seconds, BATCH);
    slice(floor, 0, sample.chains.length, ALONE_MS);

    const rounds: Round[] = [];
    const latencies: number[] = [];
    const outcomes: Record<string, number> = {};
    let from = warming.next;
    let oneAt = 0;
    let floorAt = 0;
    const ends = performance.now() + seconds * 1000;
    do {
      const all = await driveFor(pool, made.bodies, { from, ms: POOL_MS, again });
      from = all.next;
      const single = slice(one, oneAt, sample.chains.length, ALONE_MS, BATCH);
      oneAt = single.next;
      const alone = isRepeat ? null : slice(floor, floorAt, sample.chains.length, ALONE_MS);
      floorAt = alone?.next ?? 0;
      rounds.push({ pool: all, single, alone });
      latencies.push(...all.latenciesMs);
      for (const [outcome, times] of all.outcomes) {
        outcomes[outcome] = (outcomes[outcome] ?? 0) + times;
      }
    } while (performance.now() < ends && (again || from < made.bodies.length));
    return toResult(name, cores, rounds, latencies, outcomes);
  } finally {
    await pool.close();
  }
}

interface Round {
  readonly pool: Driven;
  readonly single: Slice;
  readonly alone: Slice | null;
}

function toResult(
  name: string,
  cores: number,
  rounds: readonly Round[],
  latencies: number[],
  outcomes: Record<string, number>,
): Result {
  const of = (figure: (round: Round) => number): number => median(rounds.map(figure));
  const hasFloor = rounds.every(({ alone }) => alone !== null);
  latencies.sort((a, b) => a - b);
  const percentile = (share: number): number =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? Number.NaN;
  return {
    name,
    where: 'pool',
    perSecond: Math.round(of(({ pool }) => pool.perSecond)),
    floorPerSecond: hasFloor
      ? Math.round(of(({ alone }) => (cores * 1e6) / (alone?.wallUs ?? Number.NaN)))
      : null,
    ratio: hasFloor
      ? of(({ pool, alone }) => (pool.perSecond * (alone?.wallUs ?? Number.NaN)) / (cores * 1e6))
      : null,
    serverCpuUs: of(({ pool }) => pool.cpuUs),
    floorCpuUs: hasFloor ? meanCpuUs(rounds.flatMap(({ alone }) => alone ?? [])) : null,
    p50Ms: percentile(0.5),
    p99Ms: percentile(0.99),
    p999Ms: percentile(0.999),
    rssMb: null,
    oneThreadPerSecond: Math.round(of(({ single }) => 1e6 / single.wallUs)),
    ofCores: of(({ pool, single }) => (pool.perSecond * single.wallUs) / (cores * 1e6)),
    ofCoresByCpu: meanCpuUs(rounds.map(({ single }) => single)) / of(({ pool }) => pool.cpuUs),
    outcomes,
  };
}

function openPool(workers: number): VerificationPool {
  const trust = shareTrust(loadTrustMaterial(loadConfig({ environment: 'development' }, {})));
  const revocation = loadBundledSnapshot(ROOTS);
  const fail = (cause: unknown): never => {
    throw new Error('a worker failed', { cause });
  };
  return new VerificationPool({
    workers,
    maxQueue: 2 * OUTSTANDING,
    deadlineMs: 60_000,
    trust: () => trust,
    revocation: () => revocation,
    onPoison: (_, cause) => fail(cause),
    onWorkerError: fail,
  });
}

interface Driven {
  readonly perSecond: number;
  /** CPU of this process, all threads, for one chain. */
  readonly cpuUs: number;
  readonly latenciesMs: readonly number[];
  readonly outcomes: ReadonlyMap<string, number>;
  /** The first body that was not sent. */
  readonly next: number;
}

/** Sends bodies for `ms`, from one on; `again`: from the first when they run out. */
async function driveFor(
  pool: VerificationPool,
  bodies: readonly string[],
  { from, ms, again }: { readonly from: number; readonly ms: number; readonly again: boolean },
): Promise<Driven> {
  const latenciesMs: number[] = [];
  const outcomes = new Map<string, number>();
  let next = from;
  const cpu = process.cpuUsage();
  const started = performance.now();
  const client = async (): Promise<void> => {
    while ((again || next < bodies.length) && performance.now() - started < ms) {
      const body = bodies[next % bodies.length] as string;
      next += 1;
      const sent = performance.now();
      const { facts } = await pool.submit({ form: 'json', body, query: {} }).answer;
      latenciesMs.push(performance.now() - sent);
      const outcome = facts.kind === 'report' ? facts.outcome : facts.code;
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: OUTSTANDING }, client));
  const wallMs = performance.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  return {
    perSecond: (latenciesMs.length * 1000) / wallMs,
    cpuUs: (user + system) / latenciesMs.length,
    latenciesMs,
    outcomes,
    next,
  };
}
