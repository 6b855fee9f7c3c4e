/**
 * A whole service as a process, JSON to JSON report over HTTP: closed loop of 64 in slices, and slices of its
 * floor between them, which is the signatures of the same kind of chains on every core at the same time. Then
 * the latest first answer on 64 fresh connections that ask at once, and an open loop at half the rate of the closed one, on as
 * many of its own.
 *
 * No memory flatters: each chain is sent again only after all the others, which are more than all threads together
 * remember devices.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { loadConfig } from '../src/config.ts';
import { startProcess } from '../test/support/service-process.ts';
import type { Scenario } from './fleets.ts';
import type { Drove, Order } from './generator.ts';
import { median, type Result, type Slice } from './measure.ts';

/** The machine drifts within seconds: many short rounds, each between two slices of its floor. */
const ROUND_SECONDS = 2;
const FEWEST_ROUNDS = 3;
const FLOOR_MS = 500;
/** Code is compiled as it runs, in each thread: a request takes a third more CPU for the first ten seconds under load. */
const WARM_SECONDS = 16;
/** So is the sender’s for a fixed rate: until it was, in its first second, answers took up to 110 ms, and then 29. */
const SENDER_WARM_SECONDS = 3;

/**
 * New devices are to be new: each thread sees its share of the fleet, and what it sees again must be long
 * forgotten (it knows of some 16,000 that it saw). So many are made as most are sent once or twice.
 */
const CHAINS_PER_CORE_A_SECOND = 1_500;

/** In front of the pool, with as many workers as it takes by itself. */
export function measureHttp(scenario: Scenario, seconds: number): Promise<Result> {
  const workers = String(loadConfig({}, {}).workers);
  return measureService(scenario, seconds, 'http', { ENIGM_ATTEST_WORKERS: workers });
}

/** Threads that share the port. */
export function measureListeners(scenario: Scenario, seconds: number): Promise<Result> {
  const listeners = String(availableParallelism());
  return measureService(scenario, seconds, 'listeners', { ENIGM_ATTEST_LISTENERS: listeners });
}

async function measureService(
  { name }: Scenario,
  seconds: number,
  where: 'http' | 'listeners',
  settings: Readonly<Record<string, string>>,
): Promise<Result> {
  const cores = availableParallelism();
  const allSeconds = WARM_SECONDS + SENDER_WARM_SECONDS + 2 * seconds;
  const chains = CHAINS_PER_CORE_A_SECOND * cores * allSeconds;
  const generator = new Generator();
  const floor = await Floor.open(name, cores);
  const service = await startProcess(settings);
  const { url, pid } = service;
  try {
    await generator.do({ kind: 'make', scenario: name, count: chains });
    await generator.do({ kind: 'warm', url, seconds: WARM_SECONDS });
    const floors = [await floor.measure()];
    const rounds: { driven: Drove; cpuUs: number; rssMb: number }[] = [];
    const count = Math.max(FEWEST_ROUNDS, Math.round(seconds / ROUND_SECONDS));
    for (let round = 0; round < count; round += 1) {
      const before = usageOf(pid);
      const driven = await generator.do<Drove>({ kind: 'drive', url, seconds: ROUND_SECONDS });
      const after = usageOf(pid);
      rounds.push({ driven, cpuUs: after.cpuUs - before.cpuUs, rssMb: after.rssMb });
      floors.push(await floor.measure());
    }
    const firstOfIdleMs = await generator.do<number>({ kind: 'first', url });
    const perSecond = median(rounds.map(({ driven }) => driven.perSecond));
    const rate = Math.max(1, Math.round(perSecond / 2));
    await generator.do({ kind: 'drive', url, seconds: SENDER_WARM_SECONDS, rate });
    const half = await generator.do<Drove>({ kind: 'drive', url, seconds, rate });
    const outcomes = countSound(name, [...rounds.map(({ driven }) => driven), half]);
    floors.push(await floor.measure());
    const hasFloor = name !== 'repeat';
    const beside = rounds.map((_, round) => mean(floors.slice(round, round + 2), 'perSecond'));
    const answered = rounds.reduce((sum, { driven }) => sum + driven.answered, 0);
    return {
      name,
      where,
      perSecond,
      floorPerSecond: hasFloor ? Math.round(median(beside)) : null,
      ratio: hasFloor
        ? median(rounds.map(({ driven }, round) => driven.perSecond / (beside[round] as number)))
        : null,
      serverCpuUs: rounds.reduce((sum, { cpuUs }) => sum + cpuUs, 0) / answered,
      floorCpuUs: hasFloor ? mean(floors, 'cpuUs') : null,
      p50Ms: half.p50Ms,
      p99Ms: half.p99Ms,
      p999Ms: half.p999Ms,
      rssMb: rounds.at(-1)?.rssMb ?? 0,
      firstAnswerMs: Math.max(firstOfIdleMs, half.firstAnswerMs ?? 0),
      outcomes,
      ...(hasFloor ? { floorLongestMs: Math.max(...floors.map((each) => each.longestMs)) } : {}),
    };
  } finally {
    await service.stop();
    await floor.close();
    generator.end();
  }
}

/** Scenarios in which something is to be rejected. */
const WITH_BAD: readonly string[] = ['mixed', 'hostile'];

/** What was answered; throws unless all of it was, and a sound fleet accepted: figures of anything else say nothing. */
function countSound(name: string, all: readonly Drove[]): Readonly<Record<string, number>> {
  const outcomes: Record<string, number> = {};
  for (const driven of all) {
    for (const [outcome, times] of Object.entries(driven.outcomes)) {
      outcomes[outcome] = (outcomes[outcome] ?? 0) + times;
    }
  }
  const failed = all.some(({ errors, shed }) => errors > 0 || shed > 0);
  const isSound = WITH_BAD.includes(name) || Object.keys(outcomes).join() === 'accept';
  if (failed || !isSound) {
    const errors = all.reduce((sum, each) => sum + each.errors, 0);
    throw new Error(`${name} was answered ${JSON.stringify(outcomes)}, with ${errors} errors`);
  }
  return outcomes;
}

interface FloorSlice {
  /** Over all threads. */
  readonly perSecond: number;
  /** Of one chain. */
  readonly cpuUs: number;
  readonly longestMs: number;
}

function mean(slices: readonly FloorSlice[], figure: 'perSecond' | 'cpuUs'): number {
  return slices.reduce((sum, slice) => sum + slice[figure], 0) / slices.length;
}

/** The process that sends. */
class Generator {
  readonly #child = fork(path.join(import.meta.dirname, 'generator.ts'));

  readonly #ended = once(this.#child, 'exit').then(() => {
    throw new Error('the generator ended');
  });

  constructor() {
    // Nobody may be waiting when it does.
    this.#ended.catch(() => {});
  }

  async do<Result>(order: Order): Promise<Result> {
    this.#child.send(order);
    const [done] = await Promise.race([once(this.#child, 'message'), this.#ended]);
    return done as Result;
  }

  end(): void {
    this.#child.kill();
  }
}

/** The floor of a scenario on all cores at once. */
class Floor {
  readonly #threads: readonly Worker[];

  private constructor(threads: readonly Worker[]) {
    this.#threads = threads;
  }

  static async open(name: string, cores: number): Promise<Floor> {
    const file = path.join(import.meta.dirname, 'floor-thread.ts');
    const threads = Array.from({ length: cores }, () => new Worker(file, { workerData: name }));
    await Promise.all(threads.map((thread) => once(thread, 'message')));
    return new Floor(threads);
  }

  async measure(): Promise<FloorSlice> {
    const slices = await Promise.all(
      this.#threads.map(async (thread) => {
        thread.postMessage(FLOOR_MS);
        const [slice] = await once(thread, 'message');
        return slice as Slice;
      }),
    );
    return {
      perSecond: slices.reduce((sum, { wallUs }) => sum + 1e6 / wallUs, 0),
      cpuUs: slices.reduce((sum, { cpuUs }) => sum + cpuUs, 0) / slices.length,
      longestMs: Math.max(...slices.map(({ longestMs }) => longestMs)),
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }
}

const TICK_US = 10_000;
const PAGE_BYTES = 4096;

/** CPU and memory of a process so far, as Linux counts them (proc(5)). */
function usageOf(pid: number): { readonly cpuUs: number; readonly rssMb: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const [user, system, pages] = [fields[11], fields[12], fields[21]].map(Number);
  return {
    cpuUs: ((user as number) + (system as number)) * TICK_US,
    rssMb: Math.round(((pages as number) * PAGE_BYTES) / 1e6),
  };
}
