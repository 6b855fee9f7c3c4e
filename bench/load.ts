/**
 * `npm run load -- --url URL --rate R --seconds S [--mix NAME] [--token TOKEN]`: drives a running service at a
 * fixed rate with fresh simulated devices. `--sweep R1,R2,…` tries one rate after another and names the knee:
 * the highest at which the service still answers what it is sent.
 */
import { parseArgs } from 'node:util';
import { makeWorld } from '../test/support/world.ts';
import { type Driven, drive } from './drive.ts';
import { SCENARIOS } from './fleets.ts';

/** Below this share of the rate asked for, a service no longer keeps up. */
const KEEPS_UP = 0.97;

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
const world = await makeWorld('enigm-development', `load ${process.pid} ${Date.now()}`);
const bodies = make(world).chains.map(({ body }) => body);
const rates = (values.sweep ?? values.rate).split(',').map(Number);
if (rates.some((rate) => !(rate > 0)) || !(Number(values.seconds) > 0)) {
  console.error('--rate, --sweep and --seconds are positive numbers');
  process.exit(64);
}

let knee: number | null = null;
for (const rate of rates) {
  const driven = await drive({
    url: values.url,
    bodies,
    rate,
    seconds: Number(values.seconds),
    connections: Number(values.connections),
    ...(values.token === undefined ? {} : { token: values.token }),
  });
  report(rate, driven);
  if (driven.perSecond >= KEEPS_UP * rate && driven.shed === 0) knee = Math.max(knee ?? 0, rate);
}
if (values.sweep !== undefined) {
  console.log(knee === null ? 'knee: below the lowest rate tried' : `knee: ${knee}/s`);
}

function report(rate: number, driven: Driven): void {
  const { perSecond, p50Ms, p99Ms, p999Ms, shed, errors, outcomes, codes } = driven;
  const share = (100 * shed).toFixed(1);
  console.log(
    `asked ${rate}/s, answered ${perSecond}/s; p50 ${p50Ms} ms, p99 ${p99Ms} ms, p99.9 ${p999Ms} ms; shed ${share} %, errors ${errors}`,
  );
  console.log(`  outcomes: ${counted(outcomes)}`);
  console.log(`  codes: ${counted(codes)}`);
}

function counted(counts: ReadonlyMap<string, number>): string {
  const most = [...counts].toSorted(([, a], [, b]) => b - a).slice(0, 12);
  return most.map(([name, count]) => `${name} ${count}`).join(', ') || 'none';
}
