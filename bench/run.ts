/** `npm run bench`: what a verification costs, beside what its signatures alone cost, in the same run. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { makeWorld } from '../test/support/world.ts';
import { SCENARIOS } from './fleets.ts';
import { measureInline } from './inline.ts';
import { describeMachine, type Result } from './measure.ts';

const { values } = parseArgs({
  options: {
    scenario: { type: 'string', multiple: true },
    seconds: { type: 'string', default: '5' },
    json: { type: 'string' },
  },
});

const machine = describeMachine();
console.log(
  `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, OpenSSL ${machine.openssl}`,
);
const results: Result[] = [];
for (const name of values.scenario ?? Object.keys(SCENARIOS)) {
  const make = SCENARIOS[name];
  if (make === undefined)
    throw new Error(`no scenario ${name}; there are ${Object.keys(SCENARIOS).join(', ')}`);
  const world = await makeWorld('enigm-development', `bench ${name}`);
  const result = measureInline(make(world), Number(values.seconds));
  results.push(result);
  console.log(toLine(result));
}
if (values.json !== undefined) {
  writeFileSync(values.json, `${JSON.stringify({ machine, scenarios: results }, null, 2)}\n`);
}

function toLine({ name, where, perSecond, floorPerSecond, ratio }: Result): string {
  const floor = floorPerSecond === null ? 'no signatures' : `signatures alone ${floorPerSecond}/s`;
  const share = ratio === null ? '' : `, ratio ${ratio.toFixed(2)}`;
  return `${name.padEnd(14)} ${where.padEnd(7)} ${String(perSecond).padStart(8)}/s, ${floor}${share}`;
}
