/** What the Enigm OS model asks of a production device, each requirement by what refuses it. */
import { beforeAll, expect, test } from 'vitest';
import { PRODUCTION_REQUIREMENTS } from '../../src/core/posture/index.ts';
import {
  fleetPolicy,
  KINDS,
  MODELS,
  makeProductionWorld,
  reportOnFleet,
} from '../support/fleet.ts';
import { refusals } from '../support/refusals.ts';
import { codesOf, type World } from '../support/world.ts';

let world: World;

beforeAll(async () => {
  world = await makeProductionWorld();
});

test('each finding of a production requirement refuses under enigm-production', () => {
  const refused = refusals(world);
  const codes = PRODUCTION_REQUIREMENTS.flatMap(({ refusedBy }) => refusedBy);
  expect(PRODUCTION_REQUIREMENTS.every(({ refusedBy }) => refusedBy.length > 0)).toBe(true);
  for (const code of codes) {
    const report = refused(code);
    expect(codesOf(report), code).toContain(code);
    expect(report.policy.id).toBe('enigm-production');
    expect(report.outcome, code).toBe('reject');
    expect(report.trustState, code).not.toBe('PROTECTED');
    expect(
      report.eligibility.some(({ granted }) => granted),
      code,
    ).toBe(false);
  }
});

test('PROTECTED under enigm-production means a release of the registry, for its model', () => {
  for (const kind of KINDS) {
    for (const model of MODELS) {
      const report = reportOnFleet(world, [kind, model], fleetPolicy('enigm-production'));
      const isAllowed = kind !== 'stock' && kind !== 'withdrawn';
      expect(report.trustState === 'PROTECTED', `${kind} ${model}`).toBe(isAllowed);
      expect(report.release?.production ?? false).toBe(isAllowed);
    }
  }
});
