/**
 * Random input against what must always hold, for a given time: `npm run fuzz -- --seconds N`. What breaks
 * an invariant is written to test/vectors/fuzz/, where a test keeps it.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { SeededRandom } from '../../src/simulator/random.ts';
import { makeWorld } from '../support/world.ts';
import { makeChain, makeRequest, makeStatusList } from './inputs.ts';
import { checkChain, checkRequest, checkStatusList } from './invariants.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now()) },
  },
});

const FOLDER = path.resolve('test/vectors/fuzz');

const random = new SeededRandom(values.seed);
const worlds = [
  await makeWorld('google-like', values.seed),
  await makeWorld('enigm-development', values.seed),
];
const counts = new Map<string, number>();
let inputs = 0;
let failures = 0;

/** Runs one input, and keeps it if anything is thrown. */
function run(kind: 'chain' | 'request' | 'status list', input: unknown, check: () => string): void {
  inputs += 1;
  try {
    const what = check();
    counts.set(what, (counts.get(what) ?? 0) + 1);
  } catch (error) {
    failures += 1;
    mkdirSync(FOLDER, { recursive: true });
    const content = JSON.stringify({ kind, error: String(error), input }, null, 2);
    const name = createHash('sha256').update(content).digest('hex').slice(0, 16);
    writeFileSync(path.join(FOLDER, `${name}.json`), `${content}\n`);
    console.error(`${kind}: ${error instanceof Error ? error.stack : error}`);
  }
}

const ends = performance.now() + Number(values.seconds) * 1000;
while (performance.now() < ends) {
  const world = random.pick(worlds);
  const made = makeChain(world, random);
  if (made !== null) {
    const { chain, challenge, how } = made;
    const input = chain.map((der) => Buffer.from(der).toString('base64'));
    run('chain', input, () => {
      const outcome = checkChain(world, chain, challenge);
      if (how === 'changed after signing' && outcome === 'accept') throw new Error('accepted');
      return `chain, ${how}: ${outcome}`;
    });
  }
  const request = makeRequest(random);
  run('request', request, () => `request: ${checkRequest(request)}`);
  const list = makeStatusList(random);
  run('status list', list, () => `status list: ${checkStatusList(list)}`);
}
console.log(`seed ${values.seed}, ${inputs} inputs, ${failures} failures`);
for (const [what, times] of [...counts].sort()) console.log(`  ${what}: ${times}`);
process.exitCode = failures === 0 ? 0 : 1;
