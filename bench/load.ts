/**
 * `npm run load -- --url URL --rate R --seconds S [--mix NAME] [--token TOKEN]`: drives a running service at a
 * fixed rate, each request with another simulated device. `--sweep R1,R2,…` tries one rate after another and names the knee:
 * the highest at which the service still answers what it is sent. `--closed` has no rate: it shows what the service
 * answers at most.
 */
import { Option } from 'commander';
import { makeWorld } from '../test/support/world.ts';
import { newCommand, parseCount, parsePositive } from './command-line.ts';
import { type Driven, drive } from './drive.ts';
import { type MakeScenario, SCENARIOS } from './fleets.ts';
import { PackedTexts } from './packed-texts.ts';

/** Below this share of the rate asked for, a service no longer keeps up. */
const KEEPS_UP = 0.97;

/** Outcomes and codes that are told by name. */
const MOST_NAMES = 12;

/** Making a device takes half a millisecond and 6 KB. */
const MOST_CHAINS = 60_000;

/** How many are made for each second of a closed loop, whose rate is not known before. */
const CHAINS_A_SECOND = 3_000;

interface Options {
  readonly url: string;
  readonly rate: number;
  readonly seconds: number;
  readonly connections: number;
  readonly mix: string;
  readonly token?: string;
  readonly sweep?: readonly number[];
  readonly closed?: true;
}

const { rate, url, seconds, connections, mix, token, sweep, closed } = newCommand(
  'npm run load --',
  'Drives a running service, at a fixed rate or as fast as it answers, each request with another simulated device.',
)
  .option('--url <URL>', 'of the service', 'http://127.0.0.1:8080')
  .option('--rate <R>', 'requests a second', parsePositive, 500)
  .option('--seconds <S>', 'how long, at each rate', parsePositive, 10)
  .option('--connections <N>', 'over how many connections', parseCount, 64)
  .addOption(
    new Option('--mix <NAME>', 'which devices').choices(Object.keys(SCENARIOS)).default('mixed'),
  )
  .option('--token <TOKEN>', 'of a caller, where the service asks for one')
  .option('--sweep <R1,R2,...>', 'one rate after another, and the knee', (text) =>
    text.split(',').map(parsePositive),
  )
  .addOption(
    new Option(
      '--closed',
      'at no rate: each connection sends again as soon as it is answered (autocannon)',
    ).conflicts(['rate', 'sweep']),
  )
  .parse()
  .opts<Options>();
/** Null: as fast as it is answered. */
const rates: readonly (number | null)[] = closed
  ? [null]
  : (sweep?.toSorted((a, b) => a - b) ?? [rate]);
const make = SCENARIOS[mix] as MakeScenario;

const world = await makeWorld('enigm-development', `load ${process.pid} ${Date.now()}`, Date.now());
const total = rates.reduce<number>((sum, rate) => sum + (rate ?? CHAINS_A_SECOND) * seconds, 0);
const bodies = new PackedTexts();
while (bodies.length < Math.min(total, MOST_CHAINS)) {
  for (const { body } of make(world).chains) bodies.push(body);
  // The point of this one is to send the same again.
  if (mix === 'repeat') break;
}
if (!closed) tellOfRepeats(total);

/** The highest rate that was kept up with, as every lower one that was tried. */
let knee: number | null = null;
let keepsUp = true;
let from = 0;
let answered = 0;
for (const rate of rates) {
  const driven = await drive({
    url,
    bodies,
    from,
    seconds,
    connections,
    ...(rate === null ? {} : { rate }),
    ...(token === undefined ? {} : { token }),
  });
  report(rate, driven);
  answered += driven.answered;
  if (rate === null) {
    tellOfRepeats(answered);
    continue;
  }
  from = (from + Math.round(rate * seconds)) % bodies.length;
  keepsUp &&= driven.perSecond >= KEEPS_UP * rate && driven.shed === 0 && driven.errors === 0;
  if (keepsUp) knee = rate;
}
if (sweep !== undefined) {
  console.log(knee === null ? 'knee: below the lowest rate tried' : `knee: ${knee}/s`);
}

if (answered === 0) {
  console.error(`nothing at ${url} answers`);
  process.exitCode = 69;
}

function tellOfRepeats(requests: number): void {
  if (requests <= bodies.length || mix === 'repeat') return;
  console.log(`${bodies.length} devices for ${requests} requests: some come again`);
}

function report(rate: number | null, driven: Driven): void {
  const { perSecond, p50Ms, p99Ms, p999Ms, shed, errors, outcomes, codes } = driven;
  const share = (100 * shed).toFixed(1);
  const asked = rate === null ? `${connections} connections without a pause` : `asked ${rate}/s`;
  console.log(
    `${asked}, answered ${perSecond}/s; p50 ${toMs(p50Ms)}, p99 ${toMs(p99Ms)}, p99.9 ${toMs(p999Ms)}; shed ${share} %, errors ${errors}`,
  );
  console.log(`  outcomes: ${counted(outcomes)}`);
  console.log(`  codes: ${counted(codes)}`);
}

function toMs(ms: number): string {
  return Number.isNaN(ms) ? 'none' : `${ms.toFixed(1)} ms`;
}

function counted(counts: ReadonlyMap<string, number>): string {
  const sorted = [...counts].toSorted(([, a], [, b]) => b - a);
  const names = sorted.slice(0, MOST_NAMES).map(([name, count]) => `${name} ${count}`);
  const others = sorted.length - names.length;
  return [...names, ...(others > 0 ? [`and ${others} others`] : [])].join(', ') || 'none';
}
