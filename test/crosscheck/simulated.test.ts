/** Both verifiers say the same of every defect and quirk the simulator can make, and of what it starts from. */
import { describe, expect, test } from 'vitest';
import { FINDING_CODES } from '../../src/core/base/index.ts';
import { DEFECTS, type Defect } from '../../src/simulator/index.ts';
import { attest, makeWorld } from '../support/world.ts';
import { opinionsOn } from './opinions.ts';

const world = await makeWorld('google-like', 'crosscheck');

/** Stages whose rejections mean that nothing is proved. */
const PROVING_STAGES: ReadonlySet<string> = new Set([
  'input',
  'der',
  'x509',
  'chain',
  'anchor',
  'keydesc',
]);

function breaksProof({ expects }: Defect): boolean {
  if (expects === 'nothing') return false;
  const { code, severity = 'reject' } = expects;
  return severity === 'reject' && PROVING_STAGES.has(FINDING_CODES[code].stage);
}

describe.each(DEFECTS)('$name', (defect) => {
  test(breaksProof(defect) ? 'is refused by both' : 'is verified by both', async () => {
    const { chain } = attest(world, defect.device, { ...defect.attest, defect: defect.name });
    const { opinion, disagreements } = await opinionsOn(world, chain);
    expect(disagreements).toEqual([]);
    expect(opinion).toMatchObject({ verified: !breaksProof(defect) });
    expect(opinion.reason === null).toBe(opinion.verified);
  });

  test('without it both verify the chain', async () => {
    const { chain } = attest(world, defect.device, { ...defect.attest, ...defect.passes });
    const { opinion, disagreements } = await opinionsOn(world, chain);
    expect(disagreements).toEqual([]);
    expect(opinion).toMatchObject({ verified: true, reason: null });
  });
});

test('chains without their root are verified by both', async () => {
  for (const provisioning of ['remote', 'factory'] as const) {
    for (const attestKeys of [0, 1, 2]) {
      const { chain } = attest(world, { provisioning }, { attestKeys, withRoot: false });
      const { opinion, disagreements } = await opinionsOn(world, chain);
      expect(disagreements).toEqual([]);
      const shape = attestKeys === 0 ? provisioning : 'attest-key';
      expect(opinion).toMatchObject({ verified: true, shape });
    }
  }
});

test('a software chain is recognised by both, whole and without its root', async () => {
  const { chain } = world.simulator.softwareDevice().attest();
  for (const sent of [chain, chain.slice(0, -1)]) {
    const { opinion, disagreements } = await opinionsOn(world, sent);
    expect(disagreements).toEqual([]);
    expect(opinion).toMatchObject({ verified: false, shape: 'software', anchorId: null });
  }
});

test('chains under the development anchor are verified by both', async () => {
  const enigm = await makeWorld('enigm-development', 'crosscheck');
  for (const provisioning of ['remote', 'factory'] as const) {
    const { opinion, disagreements } = await opinionsOn(
      enigm,
      attest(enigm, { provisioning }).chain,
    );
    expect(disagreements).toEqual([]);
    expect(opinion).toMatchObject({ verified: true, anchorId: 'enigm-development' });
  }
});

test('nothing is verified of no certificates', async () => {
  const { opinion, disagreements } = await opinionsOn(world, []);
  expect(disagreements).toEqual([]);
  expect(opinion).toEqual({
    verified: false,
    reason: 'the chain is empty',
    shape: null,
    anchorId: null,
    leafSpkiSha256: null,
    serials: [],
    validity: [],
    keyDescription: null,
  });
});
