/** A proof stops at its first broken link; everything judged after a good proof is reported together. */
import { beforeAll, expect, test } from 'vitest';
import { SEVERITIES, STAGES } from '../../src/core/base/index.ts';
import {
  attest,
  codesOf,
  decidingCodes,
  makeWorld,
  policyNamed,
  reportOn,
  type World,
} from '../support/world.ts';

let world: World;

beforeAll(async () => {
  world = await makeWorld('google-like');
});

const YEAR_MS = 365 * 86_400_000;

test('an unlocked, expired, revoked device with the wrong challenge hears of all of it', () => {
  const evidence = attest(world, { deviceLocked: false }, { defect: 'revoked' });
  const report = reportOn(world, evidence, 'android-hardware', {
    evidenceTime: Date.UTC(2026, 10, 22) + YEAR_MS,
    challenge: { kind: 'given', bytes: new Uint8Array(3) },
  });
  expect(report.outcome).toBe('reject');
  expect(decidingCodes(report)).toEqual([
    'EXPIRED',
    'EXPIRED',
    'CERTIFICATE_REVOKED',
    'CHALLENGE_MISMATCH',
    'DEVICE_UNLOCKED',
    'BOOT_STATE_NOT_VERIFIED',
  ]);
});

test('findings stand worst first, then by stage, then by certificate', () => {
  const evidence = attest(world, { deviceLocked: false }, { defect: 'quirk-tag-order' });
  const { findings } = reportOn(world, evidence, 'android-hardware', {
    challenge: { kind: 'absent' },
  });
  const keys = findings.map(({ severity, stage, at }): [number, number, number] => [
    SEVERITIES.indexOf(severity),
    STAGES.indexOf(stage),
    at.cert ?? -1,
  ]);
  const sorted = keys.toSorted((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
  expect(keys).toEqual(sorted);
  expect(new Set(findings.map(({ severity }) => severity))).toEqual(
    new Set(['reject', 'inconclusive', 'review', 'info']),
  );
});

test('a broken link says nothing of device or key', () => {
  const evidence = attest(world, { deviceLocked: false }, { defect: 'leaf-signature' });
  const report = reportOn(world, evidence, 'android-hardware');
  expect(codesOf(report)).toEqual(['SIGNATURE_INVALID']);
  expect(report).toMatchObject({
    trustState: 'INACTIVE',
    key: null,
    keyDescription: null,
    release: null,
    revocation: { checked: false, status: null, snapshot: null },
    chain: { shape: null, anchor: null },
  });
  expect(report.chain.certificates.map(({ role }) => role)).toEqual([null, null, null, null, null]);
  expect(report.layers.map(({ state }) => state)).toEqual([
    'failed',
    ...Array.from({ length: 7 }, () => 'not_evidenced'),
  ]);
});

test('a record that cannot be read leaves chain and revocation judged', () => {
  const evidence = attest(world, {}, { defect: 'description-nine-elements' });
  const report = reportOn(world, evidence, 'android-hardware');
  expect(codesOf(report)).toEqual(['K_BAD_STRUCTURE', 'ANCHOR_NOT_PRODUCTION']);
  expect(report.chain.shape).toBe('remote');
  expect(report.revocation.status).toBe('good');
  expect(report.key).not.toBeNull();
  expect(report.keyDescription).toBeNull();
});

test('a chain that stops being readable shows what could be read', () => {
  const report = reportOn(world, attest(world, {}, { defect: 'zero-serial' }), 'inspect');
  expect(report.chain.certificates).toHaveLength(5);
  const cut = reportOn(world, attest(world, {}, { defect: 'padded-integer' }), 'inspect');
  expect(cut.chain.certificates).toHaveLength(1);
});

test('PROTECTED needs a production anchor, a checked list, a bound challenge and critical layers', () => {
  const production = {
    ...world,
    anchors: {
      ...world.anchors,
      anchors: world.anchors.anchors.map((anchor) => ({
        ...anchor,
        record: { ...anchor.record, environment: 'production' as const },
      })),
    },
  };
  const evidence = attest(production);
  const trust = (changes = {}, policy: Parameters<typeof reportOn>[2] = 'android-hardware') =>
    reportOn(production, evidence, policy, changes).trustState;
  expect(trust()).toBe('PROTECTED');
  expect(trust({ revocation: 'waived' })).toBe('REVIEW_REQUIRED');
  expect(trust({ challenge: { kind: 'waived' } })).toBe('REVIEW_REQUIRED');
  expect(trust({ challenge: { kind: 'absent' } })).toBe('INACTIVE');
  expect(trust({}, 'inspect')).toBe('REVIEW_REQUIRED');
  const critical = {
    ...policyNamed('android-hardware'),
    criticalLayers: ['os-hardening' as const],
  };
  expect(trust({}, critical)).toBe('REVIEW_REQUIRED');
  expect(reportOn(world, evidence, 'android-hardware').trustState).toBe('REVIEW_REQUIRED');
});

test('a listed key and an undecided verdict are INACTIVE, a degraded device is REVIEW_REQUIRED', () => {
  const stateOf = (defect: string, changes = {}) =>
    reportOn(world, attest(world, {}, { defect }), 'android-hardware', changes).trustState;
  expect(stateOf('revoked')).toBe('INACTIVE');
  expect(stateOf('suspended')).toBe('INACTIVE');
  expect(stateOf('unlocked')).toBe('REVIEW_REQUIRED');
  expect(stateOf('unlocked', { challenge: { kind: 'absent' } })).toBe('REVIEW_REQUIRED');
});
