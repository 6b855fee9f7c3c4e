/**
 * Every defect and quirk of the simulator's catalogue: the chain without it passes, the chain with it
 * gets exactly that code at exactly that place.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { DEFECTS, type Defect, type Expectation } from '../../src/simulator/index.ts';
import {
  attest,
  codesOf,
  decidingCodes,
  makeWorld,
  reportOn,
  type World,
} from '../support/world.ts';

const worlds = new Map<string, World>();

beforeAll(async () => {
  worlds.set('google-like', await makeWorld('google-like'));
  worlds.set('enigm-development', await makeWorld('enigm-development'));
});

function worldOf({ policy }: Defect): World {
  const anchor = policy === 'enigm-development' ? 'enigm-development' : 'google-like';
  return worlds.get(anchor) as World;
}

const REMARKED = DEFECTS.filter(({ expects }) => expects !== 'nothing');
const UNREMARKED = DEFECTS.filter(({ expects }) => expects === 'nothing');

describe.each(REMARKED)('$name ($rule)', (defect) => {
  const expects = defect.expects as Expectation;
  const policy = defect.policy ?? 'android-hardware';

  test('passes without it', () => {
    const world = worldOf(defect);
    const evidence = attest(world, defect.device, { ...defect.attest, ...defect.passes });
    expect(decidingCodes(reportOn(world, evidence, policy))).toEqual([]);
  });

  test(`says ${expects.code}`, () => {
    const world = worldOf(defect);
    const { code, cert, field, severity = 'reject' } = expects;
    const evidence = attest(world, defect.device, { ...defect.attest, defect: defect.name });
    const report = reportOn(world, evidence, policy);
    const said = report.findings.filter(
      (each) => each.code === code && each.at.cert === cert && each.at.field === field,
    );
    expect(said, JSON.stringify(report.findings.map((each) => [each.code, each.at]))).not.toEqual(
      [],
    );
    expect(said[0]?.severity).toBe(severity);
    expect(report.outcome).toBe(severity === 'reject' ? 'reject' : 'accept');
  });
});

test.each(UNREMARKED)('$name ($rule) is accepted without a word', (defect) => {
  const world = worldOf(defect);
  const policy = defect.policy ?? 'android-hardware';
  const without = attest(world, defect.device, { ...defect.attest, ...defect.passes });
  const evidence = attest(world, defect.device, { ...defect.attest, defect: defect.name });
  const report = reportOn(world, evidence, policy);
  expect(report.outcome).toBe('accept');
  expect(codesOf(report)).toEqual(codesOf(reportOn(world, without, policy)));
});

test('names are unique', () => {
  expect(new Set(DEFECTS.map(({ name }) => name)).size).toBe(DEFECTS.length);
});
