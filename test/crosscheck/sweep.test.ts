/**
 * Both verifiers say the same of a leaf with any one value dropped or swapped, or an octet changed, after
 * its issuer signed it again: what differs is then read, and not only a broken signature.
 */
import { expect, test } from 'vitest';
import { signTbs } from '../../src/simulator/certificate.ts';
import { elementsOf, split } from '../../src/simulator/der.ts';
import type { AttestOptions, DeviceOptions } from '../../src/simulator/index.ts';
import { changeValues, flipOctets, type Mutation } from '../support/mutations.ts';
import { makeWorld } from '../support/world.ts';
import { opinionsOn } from './opinions.ts';

const world = await makeWorld('google-like', 'sweep');

/** Every octet would take minutes. */
const EVERY_NTH_FLIP = 11;

function* changesOf(tbs: Uint8Array): Generator<Mutation> {
  yield* changeValues(tbs);
  let count = 0;
  for (const mutation of flipOctets(tbs)) {
    count += 1;
    if (count % EVERY_NTH_FLIP === 0) yield mutation;
  }
}

test.each<[string, DeviceOptions, AttestOptions]>([
  ['remote', { provisioning: 'remote' }, {}],
  ['factory', { provisioning: 'factory' }, { kind: 'RSA_2048' }],
])('a changed leaf of a %s chain', async (_name, options, key) => {
  const device = world.simulator.device(options);
  const [leaf = new Uint8Array(), ...issuers] = device.attest(key).chain;
  const [tbs = new Uint8Array(), algorithm = new Uint8Array()] = elementsOf(split(leaf).content);
  const issuer = device.issuers[0];
  if (issuer === undefined) throw new RangeError('a device without issuers');
  const seen = { verified: 0, refused: 0 };
  for (const { what, bytes } of changesOf(tbs)) {
    const changed = signTbs(new Uint8Array(bytes), algorithm, issuer.key, 'sha256');
    const { opinion, disagreements } = await opinionsOn(world, [changed, ...issuers]);
    expect(disagreements, what).toEqual([]);
    seen[opinion.verified ? 'verified' : 'refused'] += 1;
  }
  expect(seen.verified).toBeGreaterThan(20);
  expect(seen.refused).toBeGreaterThan(20);
});
