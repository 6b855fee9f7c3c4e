/** Verdicts that depend on more than the chain: one change each, code and place asserted. */
import { beforeAll, describe, expect, test } from 'vitest';
import { attest, decidingCodes, makeWorld, reportOn, type World } from '../support/world.ts';
import { JUDGED_VECTORS } from './judged.ts';

const worlds = new Map<string, World>();

beforeAll(async () => {
  worlds.set('google-like', await makeWorld('google-like'));
  worlds.set('enigm-development', await makeWorld('enigm-development'));
});

describe.each(JUDGED_VECTORS)(
  '$name ($rule)',
  ({ world: name, policy, device, key, ...vector }) => {
    const { code, severity, cert, field } = vector.expects;

    test(`says ${code}`, () => {
      const world = worlds.get(name) as World;
      const evidence = attest(world, device, key);
      const report = reportOn(world, evidence, policy, vector.change(world, evidence));
      const said = report.findings.filter(
        (each) => each.code === code && each.at.cert === cert && each.at.field === field,
      );
      expect(said, JSON.stringify(report.findings.map((each) => [each.code, each.at]))).not.toEqual(
        [],
      );
      expect(said[0]?.severity).toBe(severity);
      const outcome = severity === 'reject' || severity === 'inconclusive' ? severity : 'accept';
      expect(report.outcome).toBe(outcome);
    });

    test('passes without it', () => {
      const world = worlds.get(name) as World;
      const evidence = attest(world, device, { ...key, challenge: new Uint8Array(32).fill(1) });
      expect(decidingCodes(reportOn(world, evidence, policy))).toEqual([]);
    });
  },
);
