/**
 * `npm run profile -- --scenario NAME --out FILE.cpuprofile`: a V8 CPU profile of one thread that answers the
 * chains of a scenario, for Chrome's DevTools or speedscope, and what of it lies where.
 */
import { writeFileSync } from 'node:fs';
import { type Profiler, Session } from 'node:inspector/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeWorld } from '../test/support/world.ts';
import { newCommand, parseCount, parsePositive, scenarioOption } from './command-line.ts';
import { type MakeScenario, SCENARIOS } from './fleets.ts';
import { BATCH, inlineSubject } from './inline.ts';
import { describeMachine, slice } from './measure.ts';

const SAMPLE_US = 100;
const WARM_MS = 1_000;
const TOP = 25;
/** What of Node does the work, by where the call of it stands. */
const OF_NODE: Readonly<Record<string, string>> = {
  'node:internal/crypto/sig': 'node:crypto verify',
  'node:internal/crypto/keys': 'node:crypto import',
  'node:internal/crypto/hash': 'node:crypto hash',
  'node:internal/crypto': 'node:crypto the rest',
  'node:buffer': 'node:buffer',
  'node:internal/buffer': 'node:buffer',
};

interface Options {
  readonly out: string;
  readonly scenario: string;
  readonly seconds: number;
  readonly chains?: number;
}

const values = newCommand(
  'npm run profile --',
  'A V8 CPU profile of one thread that answers, and what of it lies where.',
)
  .requiredOption('--out <FILE>', 'the profile, FILE.cpuprofile')
  .addOption(scenarioOption(SCENARIOS))
  .option('--seconds <S>', 'how long', parsePositive, 5)
  .option('--chains <N>', 'how many, which come again', parseCount)
  .parse()
  .opts<Options>();
const make = SCENARIOS[values.scenario] as MakeScenario;
const ms = values.seconds * 1000;
const world = await makeWorld('enigm-development', `profile ${values.scenario}`);
const scenario = make(world, values.chains);
const subject = inlineSubject(scenario);
const warm = slice(subject, 0, scenario.chains.length, Math.min(WARM_MS, ms), BATCH);

const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_US });
await session.post('Profiler.start');
const taken = slice(subject, warm.next, scenario.chains.length, ms, BATCH);
const { profile } = await session.post('Profiler.stop');
session.disconnect();
writeFileSync(values.out, JSON.stringify(profile));

const machine = describeMachine();
const chains = (ms * 1000) / taken.wallUs;
console.log(`${machine.cpu}, Node ${machine.node}; ${values.scenario}, one thread`);
console.log(`${values.out}: ${Math.round(chains)} chains, ${taken.wallUs.toFixed(1)} µs each`);
const self = selfTimes(profile);
console.log('(JSON.parse and JSON.stringify are built into V8 and stand in whoever calls them)');
show('by room', sumBy(self, roomOf), Number.POSITIVE_INFINITY);
show('functions by self time', sumBy(self, nameOf), TOP);

/** Microseconds in each function itself, as far as samples tell. */
function selfTimes({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): readonly Self[] {
  const us = new Map<number, number>();
  for (const [at, id] of samples.entries()) {
    us.set(id, (us.get(id) ?? 0) + (timeDeltas[at] ?? 0));
  }
  const callers = new Map<number, string>();
  for (const { children = [], callFrame } of nodes) {
    for (const id of children) callers.set(id, callFrame.url);
  }
  return nodes
    .map(({ id, callFrame }) => ({
      callFrame,
      callerUrl: callers.get(id) ?? '',
      us: us.get(id) ?? 0,
    }))
    .filter(({ callFrame }) => !callFrame.url.startsWith('node:inspector'));
}

interface Self {
  readonly callFrame: Profiler.Profile['nodes'][number]['callFrame'];
  /** Where its caller stands: what is built into Node has no place of its own. */
  readonly callerUrl: string;
  readonly us: number;
}

function sumBy(all: readonly Self[], keyOf: (self: Self) => string): Map<string, number> {
  const sums = new Map<string, number>();
  for (const each of all) {
    const key = keyOf(each);
    sums.set(key, (sums.get(key) ?? 0) + each.us);
  }
  return sums;
}

/** The folder of ours it stands in, or what of Node or V8 it is. */
function roomOf({ callFrame: { url, functionName }, callerUrl }: Self): string {
  if (url.startsWith('file:')) {
    const file = fileOf(url);
    if (file.startsWith('node_modules')) return file.split('/')[1] ?? file;
    return /^src\/core\/[\w-]+\.ts$/.test(file) ? file : path.dirname(file);
  }
  if (functionName === '(garbage collector)') return 'garbage collector';
  // Without a place of its own: C++ of Node, called by the JavaScript of Node or by ours.
  const place = url === '' ? callerUrl : url;
  for (const [start, room] of Object.entries(OF_NODE)) if (place.startsWith(start)) return room;
  if (place.startsWith('node:')) return 'node: the rest';
  return functionName === '(program)' ? 'V8 (program)' : 'node: C++ called from here';
}

function fileOf(url: string): string {
  return path.relative(path.resolve(import.meta.dirname, '..'), fileURLToPath(url));
}

function nameOf({ callFrame: { url, functionName, lineNumber }, callerUrl }: Self): string {
  const name = functionName === '' ? '(anonymous)' : functionName;
  if (url === '') {
    return callerUrl === '' ? name : `${name} (native, called by ${callerUrl.split('/').at(-1)})`;
  }
  const file = url.startsWith('file:') ? fileOf(url) : url;
  return `${name} ${file}:${lineNumber + 1}`;
}

function show(title: string, sums: ReadonlyMap<string, number>, limit: number): void {
  const total = [...sums.values()].reduce((sum, each) => sum + each, 0);
  console.log(`\n${title}: µs a chain, share`);
  const sorted = [...sums].toSorted(([, a], [, b]) => b - a).filter(([, us]) => us > 0);
  for (const [name, us] of sorted.slice(0, limit)) {
    const share = ((100 * us) / total).toFixed(1);
    console.log(`${(us / chains).toFixed(2).padStart(8)} ${share.padStart(5)} %  ${name}`);
  }
}
