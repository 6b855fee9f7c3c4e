/**
 * `npm run bench:memory -- --chains N --workers W`: what a service keeps in memory, as chains that it never
 * saw before go by. The service is a process of its own; the chains are made here, as they are sent. It runs from
 * source, which costs Node a compiler in each thread; `--entry dist/cli/bin.js` after `npm run build` runs what is
 * deployed.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { Pool } from 'undici';
import { startProcess } from '../test/support/service-process.ts';
import { newCommand, parseCount, scenarioOption } from './command-line.ts';
import { SCENARIOS } from './fleets.ts';
import { streamOf } from './many.ts';
import { describeMachine } from './measure.ts';

const LIMIT_MB = 250;
const CHUNK = 250;
const OUTSTANDING = 32;
const SAMPLES = 50;
/** A service that is overloaded is given time. */
const RETRY_MS = 50;

interface Options {
  readonly chains: number;
  readonly workers: number;
  readonly scenario: string;
  readonly entry: string;
  readonly json?: string;
}

const values = newCommand(
  'npm run bench:memory --',
  'Sends ever-new devices to a service, and follows its resident memory.',
)
  .option('--chains <N>', 'how many', parseCount, 200_000)
  .option('--workers <N>', 'of the service', parseCount, 2)
  .addOption(scenarioOption(SCENARIOS))
  .option('--entry <FILE>', 'what to start, source or build', 'src/cli/bin.ts')
  .option('--json <FILE>', 'writes the figures there')
  .parse()
  .opts<Options>();
const count = values.chains;
/** Fewer chains are made sooner than a thread is up. */
const MAKERS = count > 1_000 ? 2 : 1;
const share = Math.ceil(count / MAKERS);
const at = Date.now();

interface Sample {
  readonly chains: number;
  readonly rssMb: number;
}

const service = await startProcess({ ENIGM_ATTEST_WORKERS: String(values.workers) }, values.entry);
const client = new Pool(service.url, { connections: OUTSTANDING });
const samples: Sample[] = [];
const outcomes = new Map<string, number>();
let answered = 0;
let peakMb = 0;
try {
  sample();
  await Promise.all(
    Array.from({ length: MAKERS }, async (_, maker) => {
      const seed = `bench memory ${at} ${maker}`;
      const start = { scenario: values.scenario, count: share, seed, at, chunk: CHUNK };
      for await (const { bodies } of streamOf(start)) await sendAll(bodies);
    }),
  );
  sample();
} finally {
  await client.close();
  await service.stop();
}

/** Sends bodies, some at a time. */
async function sendAll(bodies: readonly string[]): Promise<void> {
  const waiting = [...bodies];
  const send = async (): Promise<void> => {
    for (;;) {
      const body = waiting.pop();
      if (body === undefined) return;
      const headers = { 'content-type': 'application/json' };
      const answer = await client.request({ path: '/v1/verify', method: 'POST', headers, body });
      const text = await answer.body.text();
      if (answer.statusCode === 503) {
        waiting.push(body);
        await setTimeout(RETRY_MS);
        continue;
      }
      const [, outcome = text.slice(0, 100)] = /"outcome":"(\w+)"/.exec(text) ?? [];
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      if (answer.statusCode !== 200) throw new Error(`answered ${answer.statusCode}: ${text}`);
      answered += 1;
      if (answered % Math.max(1, Math.floor(count / SAMPLES)) === 0) sample();
    }
  };
  await Promise.all(Array.from({ length: OUTSTANDING / MAKERS }, send));
}

/** Resident memory of the service, and the most it ever was, as Linux counts them (proc(5)). */
function sample(): void {
  const status = readFileSync(`/proc/${service.pid}/status`, 'utf8');
  const mb = (field: string): number =>
    (Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024) / 1e6;
  samples.push({ chains: answered, rssMb: mb('VmRSS') });
  peakMb = mb('VmHWM');
}

const secondHalf = samples.filter(({ chains }) => chains >= count / 2);
const slope = slopeOf(secondHalf) * 10_000;
const [first] = samples;
const last = samples.at(-1) as Sample;
const machine = describeMachine();
console.log(
  `${machine.cpu}, Node ${machine.node}; ${values.workers} workers, ${values.scenario}, ${answered} chains: ${[...outcomes].map(([name, times]) => `${name} ${times}`).join(', ')}`,
);
for (const { chains, rssMb } of samples) {
  console.log(`${String(chains).padStart(8)} chains ${rssMb.toFixed(0).padStart(5)} MB`);
}
console.log(
  `resident ${first?.rssMb.toFixed(0)} MB at the start, ${last.rssMb.toFixed(0)} MB after, ${peakMb.toFixed(0)} MB at most; after, of ${LIMIT_MB} MB: ${(last.rssMb / LIMIT_MB).toFixed(2)}`,
);
console.log(`slope over the second half: ${slope.toFixed(2)} MB for every 10,000 chains`);
if (values.json !== undefined) {
  const document = {
    machine,
    workers: values.workers,
    scenario: values.scenario,
    chains: answered,
    startMb: first?.rssMb,
    afterMb: last.rssMb,
    peakMb,
    ofLimit: last.rssMb / LIMIT_MB,
    slopeMbPer10000: slope,
    samples,
  };
  writeFileSync(values.json, `${JSON.stringify(document, null, 2)}\n`);
}

/** MB a chain, by least squares. */
function slopeOf(points: readonly Sample[]): number {
  const mean = (of: (point: Sample) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean(({ chains }) => chains), mean(({ rssMb }) => rssMb)];
  const over = points.reduce((sum, p) => sum + (p.chains - x) * (p.rssMb - y), 0);
  return over / points.reduce((sum, p) => sum + (p.chains - x) ** 2, 0);
}
