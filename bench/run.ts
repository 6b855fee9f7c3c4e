/** `npm run bench`: what a verification costs, beside what its signatures alone cost, in the same run. */
import { readFileSync, writeFileSync } from 'node:fs';
import { Option } from 'commander';
import { makeWorld } from '../test/support/world.ts';
import { newCommand, parseCount, parsePositive } from './command-line.ts';
import { measureEnrol } from './enrol.ts';
import { SCENARIOS, type Scenario } from './fleets.ts';
import { measureHttp, measureListeners } from './http.ts';
import { measureInline } from './inline.ts';
import { describeMachine, type Result } from './measure.ts';
import { measurePool } from './pool.ts';

type Measure = (scenario: Scenario, seconds: number) => Result | Promise<Result>;
const WHERE: Readonly<Record<string, Measure>> = {
  inline: measureInline,
  http: measureHttp,
  listeners: measureListeners,
};
const PLACES = [...Object.keys(WHERE), 'pool'];
const NAMES = [...Object.keys(SCENARIOS), 'enrol'];

interface Options {
  readonly scenario: readonly string[];
  readonly where: readonly string[];
  readonly seconds: number;
  readonly chains?: number;
  readonly json?: string;
  readonly compare?: string;
}

const {
  scenario: names,
  where: places,
  seconds,
  chains,
  json,
  compare,
} = newCommand(
  'npm run bench --',
  'What a verification costs, beside what its signatures alone cost, in the same run.',
)
  .addOption(new Option('--scenario <NAME...>', 'which').choices(NAMES).default(NAMES, 'all'))
  .addOption(
    new Option('--where <PLACE...>', 'one thread, the pool, or the service over HTTP in a mode')
      .choices(PLACES)
      .default(['inline', 'http']),
  )
  .option('--seconds <S>', 'of each measurement', parsePositive, 5)
  .option('--chains <N>', 'how many to make, on one thread and in the pool', parseCount)
  .option('--json <FILE>', 'where to write the figures')
  .option('--compare <FILE>', 'figures of an earlier run, to say what changed')
  .parse()
  .opts<Options>();

const old: readonly Result[] = compare === undefined ? [] : readScenarios(compare);

const machine = describeMachine();
console.log(
  `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, OpenSSL ${machine.openssl}`,
);
const results: Result[] = [];
for (const name of names) {
  const make = SCENARIOS[name];
  if (make === undefined) {
    const world = await makeWorld('enigm-development', 'bench enrol');
    show(await measureEnrol(world, seconds));
    continue;
  }
  let scenario: Scenario | undefined;
  for (const where of places) {
    // A service that runs has seen the upper certificates.
    if (name === 'cold' && where !== 'inline') continue;
    const measure = WHERE[where];
    if (measure === undefined) {
      const pooled = { name, seconds };
      show(await measurePool(chains === undefined ? pooled : { ...pooled, chains }));
      continue;
    }
    scenario ??= make(await makeWorld('enigm-development', `bench ${name}`), chains);
    const result = await measure(scenario, seconds);
    show(result);
  }
}
if (json !== undefined) {
  writeFileSync(json, `${JSON.stringify({ machine, scenarios: results }, null, 2)}\n`);
}

/** Of an earlier run. */
function readScenarios(file: string): readonly Result[] {
  const { scenarios } = JSON.parse(readFileSync(file, 'utf8')) as { scenarios?: Result[] };
  if (!Array.isArray(scenarios)) throw new TypeError(`${file} has no scenarios: --json wrote it?`);
  return scenarios;
}

function show(result: Result): void {
  results.push(result);
  console.log(`${toLine(result)}${changeOf(result)}`);
}

/** What changed since the run compared with: of ratios where there is one, for machines drift. */
function changeOf({ name, where, ratio, perSecond, p99Ms }: Result): string {
  const before = old.find((each) => each.name === name && each.where === where);
  if (before === undefined) return '';
  const change =
    ratio === null || before.ratio === null ? perSecond / before.perSecond : ratio / before.ratio;
  const tail =
    p99Ms === null || before.p99Ms === null ? '' : `, p99 ${toPercent(p99Ms / before.p99Ms)}`;
  return `, ${toPercent(change)}${tail}`;
}

function toPercent(change: number): string {
  const percent = 100 * (change - 1);
  return `${percent >= 0 ? '+' : ''}${percent.toFixed(1)} %`;
}

function toLine(result: Result): string {
  const { name, where, perSecond, floorPerSecond, ratio } = result;
  const floor = floorPerSecond === null ? 'no signatures' : `signatures alone ${floorPerSecond}/s`;
  const share = ratio === null ? '' : `, ratio ${ratio.toFixed(2)}${byProcess(result)}`;
  return `${name.padEnd(14)} ${where.padEnd(7)} ${String(perSecond).padStart(8)}/s, ${floor}${share}${ofCores(result)}${latencies(result)}`;
}

/** With what V8's own threads take beside the one that serves. */
function byProcess({ ratioOfProcess }: Result): string {
  return ratioOfProcess === undefined ? '' : ` (whole process ${ratioOfProcess.toFixed(2)})`;
}

/** Over HTTP: latencies at half the rate, and what the machine alone adds to any. */
function latencies({ p50Ms, p99Ms, p999Ms, firstAnswerMs, floorLongestMs }: Result): string {
  if (firstAnswerMs === undefined) return '';
  const [p50, p99, p999, first] = [p50Ms, p99Ms, p999Ms, firstAnswerMs].map((ms) => ms?.toFixed(1));
  const floor =
    floorLongestMs === undefined ? '' : `, signatures alone up to ${floorLongestMs.toFixed(1)}`;
  return `\n${' '.repeat(15)}at half that rate p50 ${p50} ms, p99 ${p99}, p99.9 ${p999}, latest first answer ${first}${floor}`;
}

/** Of the pool: what it makes of the cores, beside one thread. */
function ofCores(result: Result): string {
  const { oneThreadPerSecond, ofCores, ofCoresByCpu, outcomes } = result;
  if (ofCores === undefined || ofCoresByCpu === undefined) return '';
  const answered = Object.entries(outcomes ?? {}).map(([name, times]) => `${name} ${times}`);
  return `; one thread ${oneThreadPerSecond}/s, of all cores ${ofCores.toFixed(2)} (by CPU ${ofCoresByCpu.toFixed(2)}); ${answered.join(', ')}`;
}
