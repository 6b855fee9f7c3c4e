/**
 * A whole service as a process, JSON to JSON report over HTTP: closed loop of 64, then open loop at half that
 * rate. Its floor is the signatures on every core at once, measured before and after on the same chains.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { startProcess } from '../test/support/service-process.ts';
import { type Driven, drive } from './drive.ts';
import type { Scenario } from './fleets.ts';
import { median, type Result, slice } from './measure.ts';

const CONNECTIONS = 64;
const FLOOR_MS = 500;

export async function measureHttp(scenario: Scenario, seconds: number): Promise<Result> {
  const cores = availableParallelism();
  const service = await startProcess({ ENIGM_ATTEST_WORKERS: String(cores) });
  try {
    const bodies = scenario.chains.map(({ body }) => body);
    const closed = { url: service.url, bodies, connections: CONNECTIONS };
    await drive({ ...closed, bodies: scenario.before.map(({ body }) => body), seconds: 2 });
    const floors = [floorOf(scenario)];
    const before = usageOf(service.pid);
    const all = await drive({ ...closed, seconds });
    const after = usageOf(service.pid);
    floors.push(floorOf(scenario));
    const rate = Math.max(1, Math.round(all.perSecond / 2));
    const half: Driven = await drive({ ...closed, rate, seconds });
    const hasFloor = scenario.name !== 'repeat';
    const floorUs = median(floors);
    const perCores = (1e6 / floorUs) * cores;
    return {
      name: scenario.name,
      where: 'http',
      perSecond: all.perSecond,
      floorPerSecond: hasFloor ? Math.round(perCores) : null,
      ratio: hasFloor ? all.perSecond / perCores : null,
      serverCpuUs: (after.cpuUs - before.cpuUs) / all.answered,
      floorCpuUs: hasFloor ? floorUs : null,
      p50Ms: half.p50Ms,
      p99Ms: half.p99Ms,
      p999Ms: half.p999Ms,
      rssMb: after.rssMb,
    };
  } finally {
    await service.stop();
  }
}

/** CPU of one thread for the signatures of one chain, in µs. */
function floorOf({ chains }: Scenario): number {
  return slice((index) => chains[index]?.floor(), 0, chains.length, FLOOR_MS).cpuUs;
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
