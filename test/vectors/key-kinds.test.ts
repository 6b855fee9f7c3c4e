/** Attested keys of every kind a keystore makes, under EC attestation keys (THREATS B31, B32). */
import { createPublicKey } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import type { KeyKind } from '../../src/simulator/index.ts';
import { attest, makeWorld, reportOn, type World } from '../support/world.ts';

let world: World;

beforeAll(async () => {
  world = await makeWorld('google-like');
});

test.each<[KeyKind, object]>([
  ['P_256', { algorithm: 'EC', curve: 'P_256' }],
  ['P_384', { algorithm: 'EC', curve: 'P_384' }],
  ['P_521', { algorithm: 'EC', curve: 'P_521' }],
  ['RSA_2048', { algorithm: 'RSA', size: 2048 }],
  ['ML_DSA_65', { algorithm: 'ML-DSA', parameterSet: 'ML-DSA-65' }],
])('accepts a %s key and gives its SPKI as sent', (kind, facts) => {
  const evidence = attest(world, {}, { kind });
  const report = reportOn(world, evidence, 'android-hardware', { publicKey: evidence.key.spki });
  expect(report.outcome).toBe('accept');
  expect(report.key).toMatchObject(facts);
  expect(report.binding.publicKey).toBe('bound');
  expect(Buffer.from(report.key?.spki ?? '', 'base64')).toEqual(Buffer.from(evidence.key.spki));
  const imported = createPublicKey({
    key: Buffer.from(report.key?.spki ?? '', 'base64'),
    format: 'der',
    type: 'spki',
  });
  expect(imported.type).toBe('public');
});
