/** What a caller says can only narrow: no outcome gets better by it, and no denial of the evidence is lifted. */
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import {
  ACTIONS,
  type Action,
  type ActionNeeds,
  type CallerContext,
  ELIGIBILITY_SCHEMA,
  LIFECYCLE_STATES,
  NEEDED_BINDINGS,
  NO_CALLER_CONTEXT,
  type Policy,
} from '../../src/core/policy/index.ts';
import type { Report } from '../../src/core/report/index.ts';
import { fleetPolicy, KINDS, makeProductionWorld, reportOnFleet } from '../support/fleet.ts';
import type { World } from '../support/world.ts';

let world: World;

beforeAll(async () => {
  world = await makeProductionWorld();
});

const orNull = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: null });

const contexts: fc.Arbitrary<CallerContext> = fc.record({
  handle: orNull(fc.constantFrom('device-1')),
  lifecycle: orNull(fc.constantFrom(...LIFECYCLE_STATES)),
  enrolled: orNull(fc.boolean()),
  channel: orNull(fc.constantFrom('main', 'guest')),
  cohort: orNull(fc.constantFrom('early', 'late')),
  action: orNull(fc.constantFrom(...ACTIONS)),
  floors: fc.array(
    fc.record({
      source: fc.constantFrom('caller', 'last-report') as fc.Arbitrary<'caller'>,
      levels: fc.constantFrom({ osPatchLevel: 202609 }, { osPatchLevel: 202612 }, {}),
    }),
    { maxLength: 2 },
  ),
});

const RANK = { reject: 0, inconclusive: 1, accept: 2 } as const;

/** Every action, asked of the evidence alone. */
function withoutQuestions(policy: Policy): Policy {
  const eligibility: Partial<Record<Action, ActionNeeds>> = {};
  for (const action of ACTIONS) {
    const needs = policy.eligibility?.[action];
    if (needs === undefined) continue;
    eligibility[action] = { ...needs, lifecycle: null, enrolled: null, channel: false };
  }
  return { ...policy, eligibility };
}

function grantsOf({ eligibility }: Report): string[] {
  return eligibility.filter(({ granted }) => granted).map(({ action }) => action);
}

test('no context makes an outcome better, or grants what the evidence does not', () => {
  const policy = fleetPolicy('enigm-production');
  const alone = withoutQuestions(policy);
  const best = new Map(
    KINDS.map((kind) => {
      // The cohort is a fact the registry asks for, not evidence: the one that fits is the baseline.
      const cohort = kind === 'limited' ? 'early' : null;
      return [kind, reportOnFleet(world, [kind, 'Phone A'], alone, { cohort })] as const;
    }),
  );
  fc.assert(
    fc.property(fc.constantFrom(...KINDS), contexts, (kind, context) => {
      const evidence = best.get(kind) as Report;
      const report = reportOnFleet(world, [kind, 'Phone A'], policy, context);
      expect(RANK[report.outcome]).toBeLessThanOrEqual(RANK[evidence.outcome]);
      expect(grantsOf(evidence)).toEqual(expect.arrayContaining(grantsOf(report)));
      const silent = reportOnFleet(world, [kind, 'Phone A'], policy, NO_CALLER_CONTEXT);
      expect(RANK[report.outcome]).toBeLessThanOrEqual(RANK[silent.outcome]);
    }),
    { numRuns: 150 },
  );
});

test('layers, bindings, stage and distance are asked of the evidence', () => {
  const base = fleetPolicy('enigm-production');
  const needs: ActionNeeds = {
    layers: [],
    bound: [],
    release: null,
    lifecycle: null,
    enrolled: null,
    channel: false,
  };
  const reasonsFor = (changes: Partial<ActionNeeds>, kind: 'stable' | 'older' | 'stock') => {
    const policy = { ...base, eligibility: { enrol: { ...needs, ...changes } } };
    return reportOnFleet(world, [kind, 'Phone A'], policy).eligibility[0]?.reasons;
  };
  expect(reasonsFor({}, 'stable')).toEqual([]);
  expect(reasonsFor({ layers: ['network-policy'] }, 'stable')).toEqual([
    'layer network-policy is not_evidenced',
  ]);
  expect(reasonsFor({ bound: [...NEEDED_BINDINGS] }, 'stable')).toEqual([
    'publicKey is not_checked',
    'handle is not_checked',
  ]);
  expect(
    reasonsFor({ release: { stages: ['security'], maxReleasesBehind: null } }, 'stable'),
  ).toEqual(['release stable Phone A is stable']);
  expect(
    reasonsFor({ release: { stages: ['superseded'], maxReleasesBehind: 0 } }, 'older'),
  ).toEqual(['release older Phone A is 1 releases behind stable Phone A']);
  expect(reasonsFor({ release: { stages: ['stable'], maxReleasesBehind: 0 } }, 'stock')).toEqual([
    'rejected: RELEASE_UNKNOWN, boot key and vbmeta digest belong to no known release',
    'the device runs no known release',
  ]);
  expect(reasonsFor({ channel: true }, 'stock')).toContain('channel is not stated, not known');
});

test('the schema of eligibility names every action, and every need of it', () => {
  expect(Object.keys(ELIGIBILITY_SCHEMA.properties)).toEqual(ACTIONS);
  const [stated] = Object.values(fleetPolicy('enigm-production').eligibility ?? {});
  for (const schema of Object.values(ELIGIBILITY_SCHEMA.properties)) {
    expect(schema.required).toEqual(Object.keys(stated ?? {}));
    expect(Object.keys(schema.properties)).toEqual(schema.required);
    expect(schema.additionalProperties).toBe(false);
  }
});
