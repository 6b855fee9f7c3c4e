/** Several anchors may bear one name: the key that signed decides among them, root sent or not. */

import { createHash } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { type AnchorSet, buildAnchorSet } from '../../src/core/anchors/index.ts';
import { judge } from '../../src/core/judge.ts';
import { prove } from '../../src/core/prove.ts';
import { makeTemplates } from '../../src/simulator/certificate.ts';
import type { Bytes } from '../../src/simulator/der.ts';
import { elementsOf, split } from '../../src/simulator/der.ts';
import { makeKeyPair } from '../../src/simulator/key-pair.ts';
import { build, signedWith } from '../../src/simulator/plan.ts';
import { SeededRandom } from '../../src/simulator/random.ts';
import { attest, codesOf, contextIn, makeWorld, type World } from '../support/world.ts';

let world: World;
let namesakes: AnchorSet;

/** A root of the same name as the real anchor's, with another key. */
async function makeNamesake(original: Bytes): Promise<Bytes> {
  const templates = await makeTemplates();
  const key = makeKeyPair('P_256', new SeededRandom('namesake'));
  const [tbs] = elementsOf(split(original).content) as [Bytes];
  const subject = elementsOf(split(tbs).content)[5] as Bytes;
  const parts = { ...templates.authority, subject, issuer: subject, spki: key.spki };
  const planned = {
    parts: signedWith(parts, key, 'sha256'),
    key,
    signer: key,
    hash: 'sha256',
  } as const;
  return build({ certificates: [planned] }, () => [])[0] as Bytes;
}

beforeAll(async () => {
  world = await makeWorld('google-like');
  const real = world.anchors.anchors.find(({ record }) => record.id === 'simulated-google-ec');
  if (real === undefined) throw new Error('no such anchor');
  const namesake = await makeNamesake(real.certificates[0]?.bytes as Bytes);
  const key = makeKeyPair('P_256', new SeededRandom('namesake'));
  const spkiSha256 = createHash('sha256').update(key.spki).digest('hex');
  namesakes = buildAnchorSet(
    [
      { record: { ...real.record, id: 'namesake', spkiSha256 }, certificates: [namesake] },
      { record: real.record, certificates: real.certificates.map(({ bytes }) => bytes) },
    ],
    [],
  );
});

function judgeWith(anchors: AnchorSet, chain: readonly Bytes[], challenge: Bytes) {
  return judge(prove(chain, anchors), contextIn(world, 'android-hardware', { challenge }));
}

test.each([true, false])('the one whose key signed is found, root sent: %s', (withRoot) => {
  const { chain, challenge } = attest(world, {}, { withRoot });
  const report = judgeWith(namesakes, chain, challenge);
  expect(report.outcome).toBe('accept');
  expect(report.chain.anchor?.id).toBe('simulated-google-ec');
});

test('a chain that only bears the name of a software key is of no known anchor', async () => {
  const templates = await makeTemplates();
  const [name] = world.anchors.softwareKeys.map(({ subject }) => subject);
  const key = makeKeyPair('P_256', new SeededRandom('imposter'));
  const parts = { ...templates.authority, issuer: name as Bytes, spki: key.spki };
  const planned = {
    parts: signedWith(parts, key, 'sha256'),
    key,
    signer: key,
    hash: 'sha256',
  } as const;
  const chain = build({ certificates: [planned] }, () => []);
  expect(codesOf(judgeWith(world.anchors, chain, new Uint8Array(1)))).toEqual(['UNTRUSTED_ROOT']);
});

test('a chain that none of them signed is under no anchor', () => {
  const { chain, challenge } = attest(world, {}, { withRoot: false, defect: 'top-signature' });
  expect(codesOf(judgeWith(namesakes, chain, challenge))).toEqual(['UNTRUSTED_ROOT']);
});
