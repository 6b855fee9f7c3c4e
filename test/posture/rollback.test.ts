/** Rollback: a device seen at one patch level and later at an older one (THREATS T41). */
import { beforeAll, describe, expect, test } from 'vitest';
import { type Floor, floorOfReport, NO_CALLER_CONTEXT } from '../../src/core/policy/index.ts';
import type { Report } from '../../src/core/report/index.ts';
import { withoutHardware } from '../../src/simulator/defects/changes.ts';
import { TAG } from '../../src/simulator/key-description.ts';
import {
  buildOf,
  FLEET_REGISTRY,
  fleetPolicy,
  makeProductionWorld,
  reportOnFleet,
} from '../support/fleet.ts';
import { attest, codesOf, reportOn, type World } from '../support/world.ts';

let world: World;

beforeAll(async () => {
  world = await makeProductionWorld();
});

const POLICY = fleetPolicy('android-hardware');
const SEEN = {
  osVersion: 160000,
  osPatchLevel: 202610,
  vendorPatchLevel: 20261005,
  bootPatchLevel: 20261005,
};

function report(levels: Partial<typeof SEEN>, floors: readonly Floor[]): Report {
  return reportOnFleet(world, ['stock', 'Phone A'], POLICY, { floors }, levels);
}

const FLOORS: readonly (readonly [string, () => Floor])[] = [
  ['the caller’s floor', () => ({ source: 'caller', levels: SEEN })],
  // As it comes back from where the caller stored it.
  [
    'a stored report',
    () => ({
      source: 'last-report',
      levels: floorOfReport(JSON.parse(JSON.stringify(report({}, [])))),
    }),
  ],
];

describe.each(FLOORS)('against %s', (_name, floor) => {
  test('the same levels and newer ones pass', () => {
    for (const levels of [{}, { osPatchLevel: 202611, vendorPatchLevel: 20261105 }]) {
      const { outcome, rollback } = report(levels, [floor()]);
      expect(outcome).toBe('accept');
      expect(rollback).toEqual({
        state: 'not_visible',
        against: [floor().source],
        findings: [],
      });
    }
  });

  test.each([
    ['osVersion', 150000],
    ['osPatchLevel', 202609],
    ['vendorPatchLevel', 20261004],
    ['bootPatchLevel', 20250905],
  ] as const)('an older %s is caught', (field, older) => {
    const { outcome, findings, rollback, release } = report({ [field]: older }, [floor()]);
    expect(outcome).toBe('reject');
    expect(findings.find(({ code }) => code === 'ROLLBACK_BELOW_FLOOR')).toMatchObject({
      severity: 'reject',
      at: { cert: 0, field: `hardwareEnforced.${field}` },
    });
    expect(rollback.state).toBe('visible');
    expect(release).toBeNull();
  });

  test.each([
    ['osVersion', 0],
    ['osPatchLevel', 0],
    ['vendorPatchLevel', 0],
    ['bootPatchLevel', 20261332],
    ['osPatchLevel', 7],
  ] as const)('%s of %d where a level was seen is caught', (field, lost) => {
    const { outcome, findings } = report({ [field]: lost }, [floor()]);
    expect(outcome).toBe('reject');
    expect(findings.find(({ code }) => code === 'ROLLBACK_LEVEL_LOST')?.at.field).toBe(
      `hardwareEnforced.${field}`,
    );
  });

  test.each(['osPatchLevel', 'vendorPatchLevel', 'bootPatchLevel'] as const)(
    'an absent %s where a level was seen is caught',
    (field) => {
      const evidence = attest(world, {}, { defect: `${field}-missing` });
      const caller = { ...NO_CALLER_CONTEXT, floors: [floor()] };
      const absent = reportOn(world, evidence, POLICY, { caller });
      expect(absent.outcome).toBe('reject');
      expect(codesOf(absent)).toContain('ROLLBACK_LEVEL_LOST');
    },
  );
});

test('an OS version that is absent where one was seen is caught', () => {
  const evidence = attest(world, {}, { defect: { apply: withoutHardware(TAG.osVersion) } });
  const caller = { ...NO_CALLER_CONTEXT, floors: [{ source: 'caller' as const, levels: SEEN }] };
  const { findings } = reportOn(world, evidence, POLICY, { caller });
  const lost = findings.find(({ code }) => code === 'ROLLBACK_LEVEL_LOST');
  expect(lost).toMatchObject({ expected: 160000, got: null });
});

test('a level written with and without its day is the same level in its month', () => {
  const floors: Floor[] = [{ source: 'caller', levels: { vendorPatchLevel: 202610 } }];
  expect(report({ vendorPatchLevel: 20261001 }, floors).outcome).toBe('accept');
  expect(report({ vendorPatchLevel: 20260930 }, floors).outcome).toBe('reject');
});

test('a floor that is no date is never met', () => {
  const floors: Floor[] = [{ source: 'caller', levels: { osPatchLevel: 9 } }];
  expect(codesOf(report({}, floors))).toContain('ROLLBACK_LEVEL_LOST');
});

test('a report that showed no level sets no floor for it', () => {
  const silent = report({ osPatchLevel: 0, vendorPatchLevel: 20261399 }, []);
  expect(floorOfReport(silent)).toEqual({ osVersion: 160000, bootPatchLevel: 20261005 });
  expect(floorOfReport({ keyDescription: null })).toEqual({});
  const { rollback } = report({}, [{ source: 'last-report', levels: {} }]);
  expect(rollback.state).toBe('not_checked');
});

describe('against the registry', () => {
  const production = fleetPolicy('enigm-production');

  test.each([
    ['a patch level older than the release’s', { bootPatchLevel: 20260905 }, 'RELEASE_PATCH_OLDER'],
    ['a patch level of 0', { vendorPatchLevel: 0 }, 'RELEASE_PATCH_MISSING'],
    ['an OS version the build cannot have', { osVersion: 150000 }, 'RELEASE_OS_VERSION'],
  ] as const)('%s is visible', (_name, levels, code) => {
    const judged = reportOnFleet(world, ['stable', 'Phone B'], production, {}, levels);
    expect(judged.outcome).toBe('reject');
    expect(judged.rollback).toEqual({ state: 'visible', against: ['registry'], findings: [code] });
    expect(judged.release?.rollback).toBe('visible');
  });

  test('no OS version at all is visible', () => {
    const device = { build: buildOf('stable', 'Phone B') };
    const evidence = attest(world, device, { defect: { apply: withoutHardware(TAG.osVersion) } });
    const judged = reportOn(world, evidence, production, { registry: FLEET_REGISTRY });
    expect(judged.findings.find(({ code }) => code === 'RELEASE_OS_VERSION')).toMatchObject({
      severity: 'reject',
      expected: 160000,
      got: null,
    });
  });

  test('a policy that does not look at releases compares nothing with them', () => {
    const judged = reportOnFleet(world, ['stable', 'Phone B'], POLICY);
    expect(judged.release?.name).toBe('stable Phone B');
    expect(judged.rollback).toEqual({ state: 'not_checked', against: [], findings: [] });
  });
});
