/** What fuzzing found once stays found: its inputs, and a few fresh ones, against the same invariants. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { SeededRandom } from '../../src/simulator/random.ts';
import { makeChain, makeRequest, makeStatusList } from '../fuzz/inputs.ts';
import { checkChain, checkRequest, checkStatusList } from '../fuzz/invariants.ts';
import { makeWorld } from '../support/world.ts';

const FOLDER = path.resolve('test/vectors/fuzz');

const worlds = [
  await makeWorld('google-like', 'fuzz'),
  await makeWorld('enigm-development', 'fuzz'),
];
const kept = existsSync(FOLDER) ? readdirSync(FOLDER) : [];

test('inputs that broke an invariant once break none now', () => {
  for (const name of kept) {
    const { kind, input } = JSON.parse(readFileSync(path.join(FOLDER, name), 'utf8'));
    if (kind === 'request') expect(() => checkRequest(input), name).not.toThrow();
    else if (kind === 'status list') expect(() => checkStatusList(input), name).not.toThrow();
    else {
      const chain = (input as string[]).map((der) => new Uint8Array(Buffer.from(der, 'base64')));
      for (const world of worlds) {
        expect(() => checkChain(world, chain, new Uint8Array(0)), name).not.toThrow();
      }
    }
  }
});

test('fresh inputs of each kind are read and refused', () => {
  const random = new SeededRandom('fuzz');
  const seen = new Set<string>();
  for (let made = 0; made < 300; made += 1) {
    const world = random.pick(worlds);
    const chain = makeChain(world, random);
    if (chain !== null) seen.add(`chain ${checkChain(world, chain.chain, chain.challenge)}`);
    seen.add(`request ${checkRequest(makeRequest(random))}`);
    seen.add(`list ${checkStatusList(makeStatusList(random))}`);
  }
  for (const what of [
    'chain reject',
    'chain accept',
    'request read',
    'request refused',
    'list read',
    'list refused',
  ]) {
    expect(seen).toContain(what);
  }
});
