/** Device identifiers stay out of reports unless the policy exposes them (THREATS T42). */
import { createHash } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import type { Policy } from '../../src/core/policy/index.ts';
import { attest, makeWorld, policyNamed, reportOn, type World } from '../support/world.ts';

let world: World;

beforeAll(async () => {
  world = await makeWorld('google-like');
});

const EXPOSING: Policy = { ...policyNamed('inspect'), exposeDeviceIdentifiers: true };

test('IMEI, second IMEI and unique id read "redacted"', () => {
  const evidence = attest(world, {}, { defect: 'quirk-device-identifiers' });
  const hidden = reportOn(world, evidence, 'inspect');
  expect(hidden.keyDescription?.uniqueId).toBe('redacted');
  expect(hidden.keyDescription?.hardwareEnforced).toMatchObject({
    attestationIdImei: 'redacted',
    attestationIdSecondImei: 'redacted',
    attestationIdModel: expect.stringContaining('Simulated'),
  });
  const text = JSON.stringify(hidden);
  for (const identifier of ['490154203237518', '356938035643809']) {
    expect(text).not.toContain(identifier);
    expect(text).not.toContain(Buffer.from(identifier).toString('hex'));
  }
  const shown = reportOn(world, evidence, EXPOSING);
  expect(shown.keyDescription?.uniqueId).toBe('00112233445566778899aabbccddeeff');
  expect(shown.keyDescription?.hardwareEnforced).toMatchObject({
    attestationIdImei: '490154203237518',
    attestationIdSecondImei: '356938035643809',
  });
});

test('an unknown tag shows its length and digest, and its bytes only where identifiers show', () => {
  const evidence = attest(world, {}, { defect: 'quirk-unknown-tag' });
  const der = 'bf861f0704056c61746572';
  expect(
    reportOn(world, evidence, EXPOSING).keyDescription?.hardwareEnforced['unknownTags'],
  ).toEqual([{ tag: 799, der }]);
  const sha256 = createHash('sha256').update(Buffer.from(der, 'hex')).digest('hex');
  expect(
    reportOn(world, evidence, 'inspect').keyDescription?.hardwareEnforced['unknownTags'],
  ).toEqual([{ tag: 799, length: der.length / 2, sha256 }]);
});

test('a field of another type shows in the same way', () => {
  const evidence = attest(world, {}, { defect: 'quirk-brand-of-other-type' });
  const list = reportOn(world, evidence, EXPOSING).keyDescription?.hardwareEnforced;
  expect(list).not.toHaveProperty('attestationIdBrand');
  expect(list?.['malformedTags']).toEqual([{ tag: 710, der: 'bf8546070c05456e69676d' }]);
});
