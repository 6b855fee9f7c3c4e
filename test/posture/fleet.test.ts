/**
 * Fleets of three models with every kind of release: what each policy makes of each device, and what each
 * device may do, as tables.
 */
import { beforeAll, expect, test } from 'vitest';
import { ACTIONS, type CallerContext } from '../../src/core/policy/index.ts';
import { compileSnapshot } from '../../src/core/revocation/index.ts';
import {
  fleetPolicy,
  type Kind,
  MODELS,
  makeProductionWorld,
  reportOnFleet,
} from '../support/fleet.ts';
import { codesOf, makeWorld, type World } from '../support/world.ts';

let world: World;

beforeAll(async () => {
  world = await makeProductionWorld();
});

const POLICIES = ['inspect', 'android-hardware', 'enigm-production', 'enigm-development'] as const;

/** Release, cohort the caller names, outcome under each policy, what enigm-production says of the release. */
const OUTCOMES: readonly [Kind, string | null, string, readonly string[]][] = [
  ['stable', null, 'accept accept accept accept', []],
  ['older', null, 'accept accept accept accept', []],
  ['limited', 'early', 'accept accept accept accept', []],
  ['limited', null, 'accept accept accept accept', ['RELEASE_COHORT_NOT_GIVEN']],
  ['limited', 'late', 'accept accept reject reject', ['RELEASE_COHORT']],
  ['withdrawn', null, 'accept accept reject reject', ['RELEASE_NOT_ALLOWED']],
  ['self-signed', null, 'accept reject accept accept', []],
  ['stock', null, 'accept accept reject reject', ['RELEASE_UNKNOWN']],
];

test.each(OUTCOMES)('%s, cohort %s: %s', (kind, cohort, outcomes, codes) => {
  for (const model of MODELS) {
    const reports = POLICIES.map((id) =>
      reportOnFleet(world, [kind, model], fleetPolicy(id), { cohort }),
    );
    expect(reports.map(({ outcome }) => outcome).join(' '), model).toBe(outcomes);
    const production = reports[2];
    expect(production && codesOf(production).filter((code) => code.startsWith('RELEASE'))).toEqual(
      codes,
    );
    const states = reports.map(({ trustState }) => trustState);
    // inspect has no critical layer, so it never says PROTECTED.
    expect(states[0]).toBe('REVIEW_REQUIRED');
    expect(states[2], model).toBe(
      production?.outcome === 'accept' ? 'PROTECTED' : 'REVIEW_REQUIRED',
    );
  }
});

/** What the report says of the release: production or not, how far behind, rollback. */
const RELEASES: readonly [Kind, object | null][] = [
  [
    'stable',
    {
      stage: 'stable',
      production: true,
      rollback: 'not_visible',
      behind: { releases: 0, latest: null },
    },
  ],
  [
    'older',
    {
      stage: 'superseded',
      production: true,
      behind: { releases: 1, securityReleases: 0, patchMonths: 1, latest: 'stable Phone A' },
    },
  ],
  ['limited', { stage: 'limited', production: true, behind: { releases: 0 } }],
  ['withdrawn', { stage: 'withdrawn', production: false, behind: { releases: 1 } }],
  ['self-signed', { stage: 'stable', channel: 'guest', production: true }],
  ['stock', null],
];

test.each(RELEASES)('%s: which release, and how far behind', (kind, expected) => {
  const { release } = reportOnFleet(world, [kind, 'Phone A'], fleetPolicy('enigm-production'));
  if (expected === null) expect(release).toBeNull();
  else expect(release).toMatchObject({ name: `${kind} Phone A`, ...expected });
});

const ENROLLED: Partial<CallerContext> = {
  lifecycle: 'active',
  enrolled: true,
  channel: 'main',
  cohort: 'early',
};
const NEW: Partial<CallerContext> = { lifecycle: 'new', enrolled: false, channel: 'main' };

/** One letter an action, in the order of ACTIONS: G granted, - denied. */
const GRANTS: readonly [Kind, string, Partial<CallerContext>, string][] = [
  // enrol register metadata artifact sensitive channel update trusted managed messaging call
  ['stable', 'enrolled', ENROLLED, '-GGGGGGG-GG'],
  ['older', 'enrolled', ENROLLED, '-GGG-GG----'],
  ['limited', 'enrolled', ENROLLED, '-GGGGGGG-GG'],
  ['limited', 'in another cohort', { ...ENROLLED, cohort: 'late' }, '-----------'],
  ['limited', 'of no stated cohort', { ...ENROLLED, cohort: null }, '-----------'],
  ['withdrawn', 'enrolled', ENROLLED, '-----------'],
  ['self-signed', 'enrolled on its channel', { ...ENROLLED, channel: 'guest' }, '-GGGGGGG-GG'],
  ['self-signed', 'enrolled on another channel', ENROLLED, '-----------'],
  ['stock', 'enrolled', ENROLLED, '-----------'],
  ['stable', 'new', NEW, 'GG---------'],
  ['stable', 'lost', { ...ENROLLED, lifecycle: 'lost' }, '-----------'],
  ['stable', 'of nothing stated', {}, '-----------'],
  ['stable', 'not on a stated channel', { ...ENROLLED, channel: null }, '-GG---GG-GG'],
  ['stable', 'asking for one action', { ...ENROLLED, action: 'secure-call' }, '----------G'],
];

test.each(GRANTS)('%s, %s, is granted what it may do', (kind, _state, caller, grants) => {
  for (const model of MODELS) {
    const report = reportOnFleet(world, [kind, model], fleetPolicy('enigm-production'), caller);
    expect(report.eligibility.map(({ action }) => action)).toEqual(ACTIONS);
    const letters = report.eligibility.map(({ granted }) => (granted ? 'G' : '-')).join('');
    expect(letters, `${model}: ${JSON.stringify(report.eligibility, null, 1)}`).toBe(grants);
    for (const { granted, reasons } of report.eligibility) {
      expect(reasons.length > 0, 'every denial has its reasons').toBe(!granted);
    }
  }
});

test('nothing is granted under an anchor that is not for production', async () => {
  const rehearsal = await makeWorld('google-like');
  const policy = fleetPolicy('enigm-production');
  const report = reportOnFleet(rehearsal, ['stable', 'Phone A'], policy, ENROLLED);
  expect(report.outcome).toBe('accept');
  expect(report.eligibility.filter(({ granted }) => granted)).toEqual([]);
  expect(report.eligibility[1]?.reasons).toEqual(['layer hardware-integrity is degraded']);
});

test('a policy that names no actions grants and denies nothing', () => {
  const report = reportOnFleet(
    world,
    ['stable', 'Phone A'],
    fleetPolicy('android-hardware'),
    ENROLLED,
  );
  expect(report.eligibility).toEqual([]);
});

test('inconclusive grants nothing', () => {
  const policy = fleetPolicy('enigm-production');
  const report = reportOnFleet(world, ['stable', 'Phone A'], policy, ENROLLED);
  expect(report.eligibility.some(({ granted }) => granted)).toBe(true);
  const blind = { ...world, revocation: compileSnapshot([]) };
  const undecided = reportOnFleet(blind, ['stable', 'Phone A'], policy, ENROLLED);
  expect(undecided.outcome).toBe('inconclusive');
  expect(undecided.eligibility.filter(({ granted }) => granted)).toEqual([]);
});
