/**
 * Revocation: what a list costs to compile and to hold, what a look-up costs, and what requests notice
 * of a swap. `npm run bench:revocation`; `-- --json` prints the figures as one document.
 */
import { createHash } from 'node:crypto';
import { cpus } from 'node:os';
import { loadConfig } from '../src/config.ts';
import {
  compileSnapshot,
  lookUpSerial,
  parseStatusList,
  type RevocationSnapshot,
} from '../src/core/revocation/index.ts';
import type { Job } from '../src/pool/protocol.ts';
import { shareTrust } from '../src/pool/shared-trust.ts';
import { VerificationPool } from '../src/pool/verification-pool.ts';
import { buildsOfReleases, createSimulator } from '../src/simulator/index.ts';
import { loadBundledLists } from '../src/sources/bundled-lists.ts';
import { loadTrustMaterial } from '../src/sources/load-trust.ts';
import { ROOTS } from '../src/sources/package-root.ts';
import { DEVELOPMENT_RELEASES, loadRegistry } from '../src/sources/releases.ts';

const SIZES = [2_000, 100_000, 1_000_000];
const LOOK_UPS = 1_000_000;
const CALLERS = 16;
const SWAPS = 100;

interface ListFigures {
  readonly entries: number;
  readonly parseMs: number;
  readonly compileMs: number;
  readonly bytesPerEntry: number;
  readonly hitNs: number;
  readonly missNs: number;
}

function serialsOf(count: number, salt: string): string[] {
  return Array.from({ length: count }, (_, index) =>
    createHash('sha256').update(`${salt} ${index}`).digest('hex').slice(0, 32).replace(/^0+/, ''),
  );
}

function measure<T>(run: () => T): { ms: number; result: T } {
  const started = performance.now();
  const result = run();
  return { ms: performance.now() - started, result };
}

function lookUpNs(snapshot: RevocationSnapshot, serials: readonly string[]): number {
  const bytes = serials.map((hex) => Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex'));
  let found = 0;
  const round = (): void => {
    for (let at = 0; at < LOOK_UPS; at += 1) {
      const serial = bytes[at % bytes.length] as Buffer;
      if (lookUpSerial(snapshot, 'anchor', serial) !== null) found += 1;
    }
  };
  round();
  const { ms } = measure(round);
  if (found !== 0 && found !== 2 * LOOK_UPS) throw new Error('a look-up went wrong');
  return (ms * 1e6) / LOOK_UPS;
}

function measureList(count: number): ListFigures {
  const serials = serialsOf(count, 'listed');
  const status = { status: 'REVOKED', reason: 'KEY_COMPROMISE' };
  const json = JSON.stringify({
    entries: Object.fromEntries(serials.map((each) => [each, status])),
  });
  const parsed = measure(() => parseStatusList(json));
  const list = { id: 'l', feed: 'f', anchors: ['anchor'], fetchedAt: 0, refreshAfterMs: 0 };
  const compiled = measure(() => compileSnapshot([{ ...list, entries: parsed.result }]));
  const snapshot = compiled.result;
  return {
    entries: count,
    parseMs: parsed.ms,
    compileMs: compiled.ms,
    bytesPerEntry: snapshot.table.byteLength / count,
    hitNs: lookUpNs(snapshot, serials.slice(0, 50_000)),
    missNs: lookUpNs(snapshot, serialsOf(50_000, 'not listed')),
  };
}

/** Milliseconds of the 99th percentile of one load, with and without swaps, on the same pool. */
async function measureSwaps(): Promise<{ quietMs: number; swappingMs: number; swaps: number }> {
  const { releases } = loadRegistry(DEVELOPMENT_RELEASES);
  const builds = buildsOfReleases(releases);
  const at = Date.now();
  const simulator = await createSimulator({
    anchor: 'enigm-development',
    seed: 'bench',
    at,
    builds,
  });
  const { chain } = simulator.device({ provisioning: 'remote' }).attest();
  const body = JSON.stringify({
    chain: chain.map((der) => Buffer.from(der).toString('base64')),
    policy: 'enigm-development',
  });
  const job: Job = { form: 'json', body, query: {} };
  const floor = loadBundledLists(ROOTS);
  const snapshots = [1, 2].map((salt) => {
    const entries = serialsOf(100_000, `${salt}`).map((serial) => ({
      serial,
      status: 'revoked' as const,
      reason: null,
    }));
    const list = { id: 'l', feed: 'f', anchors: 'all', fetchedAt: 0, refreshAfterMs: 0 } as const;
    return compileSnapshot([...floor, { ...list, entries }]);
  });
  let current = snapshots[0] as RevocationSnapshot;
  const trust = shareTrust(loadTrustMaterial(loadConfig({ environment: 'development' }, {})));
  const pool = new VerificationPool({
    workers: 2,
    maxQueue: 1024,
    deadlineMs: 60_000,
    trust: () => trust,
    revocation: () => current,
    onPoison: () => {},
    onWorkerError: () => {},
  });
  await pool.start();
  const load = async (isSwapping: boolean): Promise<{ p99: number; swaps: number }> => {
    const times: number[] = [];
    let swaps = 0;
    let isDone = false;
    const call = async (): Promise<void> => {
      while (!isDone) {
        const started = performance.now();
        const { status } = await pool.submit(job).answer;
        if (status !== 200) throw new Error(`answered ${status}`);
        times.push(performance.now() - started);
      }
    };
    const callers = Promise.all(Array.from({ length: CALLERS }, call));
    for (let turn = 0; turn < SWAPS; turn += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (!isSwapping) continue;
      swaps += 1;
      current = snapshots[swaps % 2] as RevocationSnapshot;
    }
    isDone = true;
    await callers;
    times.sort((a, b) => a - b);
    return { p99: times[Math.floor(times.length * 0.99)] as number, swaps };
  };
  await load(false);
  const quiet = await load(false);
  const swapping = await load(true);
  await pool.close();
  return { quietMs: quiet.p99, swappingMs: swapping.p99, swaps: swapping.swaps };
}

const lists = SIZES.map(measureList);
const swap = await measureSwaps();
const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version };

if (process.argv.includes('--json')) {
  console.log(JSON.stringify({ machine, lists, swap }));
} else {
  console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}`);
  console.log('  entries   parse ms  compile ms  bytes/entry  hit ns  miss ns');
  for (const { entries, parseMs, compileMs, bytesPerEntry, hitNs, missNs } of lists) {
    const cells = [
      String(entries).padStart(9),
      parseMs.toFixed(1).padStart(9),
      compileMs.toFixed(1).padStart(10),
      bytesPerEntry.toFixed(1).padStart(11),
      hitNs.toFixed(0).padStart(6),
      missNs.toFixed(0).padStart(7),
    ];
    console.log(cells.join('  '));
  }
  console.log(
    `${CALLERS} callers: p99 ${swap.quietMs.toFixed(2)} ms without swaps, ${swap.swappingMs.toFixed(2)} ms with ${swap.swaps}: ratio ${(swap.swappingMs / swap.quietMs).toFixed(2)}`,
  );
}
