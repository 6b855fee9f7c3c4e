/**
 * Our reader beside OpenSSL's and beside the second verifier's, on every vector and on 20,000 mutations,
 * half of them made before the certificate was signed. Each way in which OpenSSL differs is explained in
 * explained.json; the second verifier may not differ at all but where its own list says so.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { DEFECTS } from '../../../src/simulator/index.ts';
import { opinionsOn } from '../../crosscheck/opinions.ts';
import { mutatedChain } from '../../support/mutated-chain.ts';
import { compareCertificate, compareLink } from '../../support/openssl.ts';
import { attest, makeWorld, type World } from '../../support/world.ts';

const MUTATIONS = 20_000;
const SEED = 'differential';

interface Explanation {
  /** How the two differ, as test/support/openssl.ts words it. */
  readonly difference: string;
  /** Why that is right. */
  readonly reason: string;
  /** Base64 of a certificate of which it is true: an explanation of nothing fails. */
  readonly example: string;
}

const explanations = JSON.parse(
  readFileSync(path.join(import.meta.dirname, 'explained.json'), 'utf8'),
) as readonly Explanation[];

const worlds: World[] = [];
const counts = new Map<string, number>();
/** One certificate for each difference that nothing explains. */
const unexplained = new Map<string, string>();
const disagreements: string[] = [];

beforeAll(async () => {
  worlds.push(await makeWorld('google-like', SEED), await makeWorld('enigm-development', SEED));
});

function count(difference: string | null, der: Uint8Array): void {
  if (difference === null) return;
  counts.set(difference, (counts.get(difference) ?? 0) + 1);
  if (difference === 'same' || explanations.some((each) => each.difference === difference)) return;
  unexplained.set(difference, Buffer.from(der).toString('base64'));
}

async function compare(world: World, chain: readonly Uint8Array[]): Promise<void> {
  for (const index of chain.keys()) compareAt(chain, index);
  await compareWhole(world, chain);
}

function compareAt(chain: readonly Uint8Array[], index: number): void {
  const [der, issuer] = chain.slice(index);
  if (der === undefined) return;
  count(compareCertificate(der), der);
  if (issuer !== undefined) count(compareLink(der, issuer), der);
}

async function compareWhole(world: World, chain: readonly Uint8Array[]): Promise<void> {
  for (const { text } of (await opinionsOn(world, chain)).disagreements) disagreements.push(text);
}

test('every vector', async () => {
  let compared = 0;
  for (const defect of DEFECTS) {
    const world = worlds[defect.policy === 'enigm-development' ? 1 : 0] as World;
    const { chain } = attest(world, defect.device, { ...defect.attest, defect: defect.name });
    await compare(world, chain);
    compared += 1;
  }
  expect(compared).toBeGreaterThan(200);
  expect([...unexplained]).toEqual([]);
  expect(disagreements).toEqual([]);
});

test(`${MUTATIONS} mutations`, async () => {
  for (let made = 0; made < MUTATIONS; made += 1) {
    const { world, chain, at } = mutatedChain(worlds, SEED, made);
    // The certificate that was changed, and the one below it, whose issuer changed with it.
    compareAt(chain, at);
    if (at > 0) compareAt(chain, at - 1);
    await compareWhole(world, chain);
  }
  expect([...unexplained]).toEqual([]);
  expect(disagreements).toEqual([]);
});

test.each(explanations)('explained: $difference', ({ difference, example }) => {
  expect(compareCertificate(Buffer.from(example, 'base64'))).toBe(difference);
});

test('each difference is explained once, and most certificates show none', () => {
  expect(new Set(explanations.map(({ difference }) => difference)).size).toBe(explanations.length);
  expect(counts.get('same')).toBeGreaterThan(MUTATIONS);
});
