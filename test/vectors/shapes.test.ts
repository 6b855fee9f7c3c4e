/** Every genuine shape, with its root and without, and what is said of each. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { AttestOptions } from '../../src/simulator/index.ts';
import { attest, codesOf, makeWorld, reportOn, type World } from '../support/world.ts';

let google: World;
let enigm: World;

beforeAll(async () => {
  google = await makeWorld('google-like');
  enigm = await makeWorld('enigm-development');
});

describe.each([
  ['factory', { provisioning: 'factory' }, {}, 'simulated-google-rsa', 4],
  ['remote', { provisioning: 'remote' }, {}, 'simulated-google-ec', 5],
  ['attest-key', { provisioning: 'factory' }, { attestKeys: 1 }, 'simulated-google-rsa', 5],
  ['attest-key', { provisioning: 'remote' }, { attestKeys: 1 }, 'simulated-google-ec', 6],
  ['attest-key', { provisioning: 'remote' }, { attestKeys: 2 }, 'simulated-google-ec', 7],
] as const)('%s under %o with %o', (shape, device, key: AttestOptions, anchorId, length) => {
  test.each([true, false])('root sent: %s', (withRoot) => {
    const evidence = attest(google, device, { ...key, withRoot });
    expect(evidence.chain).toHaveLength(withRoot ? length : length - 1);
    const report = reportOn(google, evidence, 'inspect');
    expect(report.outcome).toBe('accept');
    expect(report.chain.shape).toBe(shape);
    expect(report.chain.anchor?.id).toBe(anchorId);
    expect(report.chain.certificates.map(({ role }) => role)).toEqual([
      'leaf',
      ...Array.from({ length: key.attestKeys ?? 0 }, () => 'attest-key'),
      'attestation',
      ...(device.provisioning === 'remote' ? ['intermediate', 'intermediate'] : ['intermediate']),
      ...(withRoot ? ['root'] : []),
    ]);
  });
});

test.each(['factory', 'remote'] as const)(
  '%s chains of StrongBox name their level',
  (provisioning) => {
    const evidence = attest(google, { provisioning, level: 'StrongBox' });
    const report = reportOn(google, evidence, 'android-hardware');
    expect(report.outcome).toBe('accept');
    expect(report.keyDescription?.attestationSecurityLevel).toBe('StrongBox');
  },
);

test.each(['factory', 'remote'] as const)('%s chains of Enigm devices', (provisioning) => {
  const report = reportOn(enigm, attest(enigm, { provisioning }), 'enigm-development');
  expect(report.outcome).toBe('accept');
  expect(report.release?.channel).toBe('development');
  expect(report.environment).toBe('development');
  expect(codesOf(report)).toContain('ANCHOR_NOT_PRODUCTION');
  expect(report.trustState).toBe('REVIEW_REQUIRED');
});

test('chains of Google-like devices mean nothing to Enigm’s anchor, and the other way round', () => {
  const report = reportOn(enigm, attest(google), 'inspect');
  expect(codesOf(report)).toEqual(['UNTRUSTED_ROOT']);
  expect(codesOf(reportOn(google, attest(enigm), 'inspect'))).toEqual(['UNTRUSTED_ROOT']);
});

describe('software chains', () => {
  test.each([true, false])('are refused by name, root sent: %s', (withRoot) => {
    const evidence = google.simulator.softwareDevice().attest({ withRoot });
    const report = reportOn(google, evidence, 'inspect');
    expect(report.outcome).toBe('reject');
    expect(report.trustState).toBe('INACTIVE');
    expect(codesOf(report)).toEqual(['SOFTWARE_ROOT']);
    expect(report.chain.shape).toBe('software');
    expect(report.keyDescription).toBeNull();
    expect(report.findings[0]?.at.cert).toBe(withRoot ? 2 : 1);
  });
});
