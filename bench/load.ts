/**
 * `npm run load -- --url URL --rate R --seconds S [--mix NAME] [--token TOKEN]`: drives a running service at a
 * fixed rate, each request with another simulated device. `--sweep R1,R2,…` tries one rate after another and names the knee:
 * the highest at which the service still answers what it is sent.
 */
import { parseArgs } from 'node:util';
import { makeWorld } from '../test/support/world.ts';
import { type Driven, drive } from './drive.ts';
import { SCENARIOS } from './fleets.ts';

/** Below this share of the rate asked for, a service no longer keeps up. */
const KEEPS_UP = 0.97;

/** Making a device takes half a millisecond and 6 KB. */
const MOST_CHAINS = 60_000;

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:8080' },
    rate: { type: 'string', default: '500' },
    seconds: { type: 'string', default: '10' },
    connections: { type: 'string', default: '64' },
    mix: { type: 'string', default: 'mixed' },
    token: { type: 'string' },
    sweep: { type: 'string' },
  },
});

const make = SCENARIOS[values.mix];
if (make === undefined) {
  console.error(`no mix ${values.mix}; there are ${Object.keys(SCENARIOS).join(', ')}`);
  process.exit(64);
}
const rates = (values.sweep ?? values.rate).split(',').map(Number);
if (rates.some((rate) => !(rate > 0)) || !(Number(values.seconds) > 0)) {
  console.error('--rate, --sweep and --seconds are positive numbers');
  process.exit(64);
}

const world = await makeWorld('enigm-development', `load ${process.pid} ${Date.now()}`);
const total = rates.reduce((sum, rate) => sum + rate * Number(values.seconds), 0);
const bodies: string[] = [];
while (bodies.length < Math.min(total, MOST_CHAINS)) {
  bodies.push(...make(world).chains.map(({ body }) => body));
  // The point of this one is to send the same again.
  if (values.mix === 'repeat') break;
}
if (total > bodies.length && values.mix !== 'repeat') {
  console.log(`${bodies.length} devices for ${total} requests: some come again`);
}

let knee: number | null = null;
let from = 0;
let answered = 0;
for (const rate of rates) {
  const driven = await drive({
    url: values.url,
    bodies,
    from,
    rate,
    seconds: Number(values.seconds),
    connections: Number(values.connections),
    ...(values.token === undefined ? {} : { token: values.token }),
  });
  report(rate, driven);
  from = (from + Math.round(rate * Number(values.seconds))) % bodies.length;
  answered += driven.answered;
  if (driven.perSecond >= KEEPS_UP * rate && driven.shed === 0) knee = Math.max(knee ?? 0, rate);
}
if (values.sweep !== undefined) {
  console.log(knee === null ? 'knee: below the lowest rate tried' : `knee: ${knee}/s`);
}

if (answered === 0) {
  console.error(`nothing at ${values.url} answers`);
  process.exitCode = 69;
}

function report(rate: number, driven: Driven): void {
  const { perSecond, p50Ms, p99Ms, p999Ms, shed, errors, outcomes, codes } = driven;
  const share = (100 * shed).toFixed(1);
  console.log(
    `asked ${rate}/s, answered ${perSecond}/s; p50 ${toMs(p50Ms)}, p99 ${toMs(p99Ms)}, p99.9 ${toMs(p999Ms)}; shed ${share} %, errors ${errors}`,
  );
  console.log(`  outcomes: ${counted(outcomes)}`);
  console.log(`  codes: ${counted(codes)}`);
}

function toMs(ms: number): string {
  return Number.isNaN(ms) ? 'none' : `${ms.toFixed(1)} ms`;
}

function counted(counts: ReadonlyMap<string, number>): string {
  const most = [...counts].toSorted(([, a], [, b]) => b - a).slice(0, 12);
  return most.map(([name, count]) => `${name} ${count}`).join(', ') || 'none';
}
