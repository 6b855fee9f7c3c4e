/** The nine trust inputs of the Enigm OS model: what fails each, and what none of them can be shown by. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { type FindingCode, LAYERS } from '../../src/core/base/index.ts';
import {
  deriveTrustInputs,
  PRODUCTION_REQUIREMENTS,
  TRUST_INPUT_TABLE,
  TRUST_INPUTS,
  type TrustInputId,
} from '../../src/core/posture/index.ts';
import type { Report } from '../../src/core/report/index.ts';
import { fleetPolicy, makeProductionWorld, reportOnFleet } from '../support/fleet.ts';
import { refusals } from '../support/refusals.ts';
import type { World } from '../support/world.ts';

let world: World;
let accepted: Report;

beforeAll(async () => {
  world = await makeProductionWorld();
  accepted = reportOnFleet(world, ['stable', 'Phone A'], fleetPolicy('enigm-production'));
});

function stateOf(report: Report, id: TrustInputId): string | undefined {
  return report.trustInputs.find(({ input }) => input === id)?.state;
}

test('each finding of a row fails its input, and only an accept satisfies', () => {
  const refused = refusals(world);
  const cases = TRUST_INPUTS.flatMap((input) =>
    TRUST_INPUT_TABLE[input].refusedBy.map((code) => [input, code] as const),
  );
  expect(cases.length).toBeGreaterThan(20);
  for (const [input, code] of cases) {
    expect(stateOf(accepted, input), input).toBe('satisfied');
    const report = refused(code);
    expect(report.outcome, code).toBe('reject');
    expect(stateOf(report, input), `${input} with ${code}`).toBe('failed');
    const row = report.trustInputs.find((each) => each.input === input);
    expect(row?.findings, input).toContain(code);
  }
});

test('policy compliance is the verdict, and nothing softer', () => {
  const verdicts = [
    [[], 'satisfied'],
    [[['K_TAG_ORDER', 'info']], 'satisfied'],
    [[['RISK_ROT_TAG_LAST', 'review']], 'degraded'],
    [
      [
        ['CHALLENGE_NOT_GIVEN', 'inconclusive'],
        ['RISK_ROT_TAG_LAST', 'review'],
      ],
      'not_evidenced',
    ],
    [
      [
        ['DEVICE_UNLOCKED', 'reject'],
        ['CHALLENGE_NOT_GIVEN', 'inconclusive'],
      ],
      'failed',
    ],
  ] as const;
  const layers = LAYERS.map((layer) => ({
    layer,
    state: 'satisfied' as const,
    basis: '',
    findings: [],
  }));
  for (const [findings, state] of verdicts) {
    const judged = findings.map(([code, severity]) => ({
      finding: { code: code as FindingCode, at: {} },
      severity,
    }));
    const inputs = deriveTrustInputs(layers, judged, null);
    expect(inputs.find(({ input }) => input === 'policy-compliance')?.state).toBe(state);
  }
});

test('what attestation cannot show is never evidenced', () => {
  const reports = [accepted, refusals(world)('DEVICE_UNLOCKED')];
  for (const input of [
    'security-service-state',
    'trust-security-center',
    'managed-device',
  ] as const) {
    expect(TRUST_INPUT_TABLE[input].refusedBy).toEqual([]);
    for (const report of reports) expect(stateOf(report, input)).toBe('not_evidenced');
  }
});

test('a statement that counts shows what attestation cannot, in the words of the device', () => {
  const reported = { securityService: 'ACTIVE', managedState: 'UNMANAGED' } as const;
  const inputs = deriveTrustInputs(accepted.layers, [], reported);
  const stated = inputs.filter(({ input }) =>
    ['security-service-state', 'managed-device'].includes(input),
  );
  expect(stated.map(({ state, basis }) => [state, basis])).toEqual([
    ['satisfied', 'reported by the device, bound to its key: securityService ACTIVE'],
    ['degraded', 'reported by the device, bound to its key: managedState UNMANAGED'],
  ]);
});

test('there are nine, in one order, in every report', () => {
  expect(TRUST_INPUTS.length).toBe(9);
  expect(accepted.trustInputs.map(({ input }) => input)).toEqual(TRUST_INPUTS);
});

test('every row names a test that exists', () => {
  const rows = [...Object.values(TRUST_INPUT_TABLE), ...PRODUCTION_REQUIREMENTS];
  for (const { provedBy } of rows) {
    const [file = '', claim] = provedBy.split(': ');
    const place = path.resolve('test', file);
    expect(existsSync(place), place).toBe(true);
    expect(readFileSync(place, 'utf8')).toContain(`test('${claim}'`);
  }
});
