/**
 * Every rule of the policy format: what passes it, what does not, and that its severity is the
 * policy's to set. The list of rules is read off the schema, so that none is forgotten.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { SEVERITIES, type Severity } from '../../src/core/base/index.ts';
import type { Policy, RuleSeverity } from '../../src/core/policy/index.ts';
import { attest, codesOf, makeWorld, policyNamed, reportOn, type World } from '../support/world.ts';
import { POLICY_CASES, type PolicyCase, policyAsking, RELEASES } from './policy-cases.ts';
import { rulesOfFormat } from './policy-rules.ts';

const worlds = new Map<string, World>();

beforeAll(async () => {
  worlds.set('google-like', await makeWorld('google-like'));
  const enigm = await makeWorld('enigm-development');
  worlds.set('enigm-development', enigm);
  RELEASES.names = enigm.registry?.releases.map(({ name }) => name) ?? [];
});

type Sent = PolicyCase['fails'];

function judgeCase(each: PolicyCase, sent: Sent, severity: RuleSeverity) {
  const world = worlds.get(sent.world ?? each.world ?? 'google-like') as World;
  const evidence = attest(world, sent.device, sent.key);
  const policy = policyAsking(each, severity, evidence);
  return reportOn(world, evidence, policy, sent.context?.(world, evidence) ?? {});
}

/** Severities a rule can have; those two are not rules with a severity of their own. */
function severitiesOf({ rule }: PolicyCase): readonly Severity[] {
  if (rule === 'challenge' || rule === 'revocation') return ['inconclusive'];
  return rule.startsWith('rules.riskSignals.')
    ? SEVERITIES.filter((severity) => severity !== 'inconclusive')
    : SEVERITIES;
}

describe.each(POLICY_CASES.map((each) => ({ name: `${each.rule}: ${each.what}`, each })))(
  '$name',
  ({ each }) => {
    test('what passes is not remarked upon', () => {
      expect(
        codesOf(judgeCase(each, each.passes ?? {}, severitiesOf(each)[0] ?? 'reject')),
      ).not.toContain(each.code);
    });

    test.each(severitiesOf(each))('what does not is said, with severity %s', (severity) => {
      const report = judgeCase(each, each.fails, severity);
      const said = report.findings.filter(({ code }) => code === each.code);
      expect(said.map((finding) => [finding.code, finding.severity])).toContainEqual([
        each.code,
        severity,
      ]);
      if (each.field !== undefined) {
        expect(said.map(({ at }) => [at.cert, at.field])).toContainEqual([each.cert, each.field]);
      }
      const outcome = severity === 'reject' || severity === 'inconclusive' ? severity : 'accept';
      expect(report.outcome).toBe(outcome);
    });

    test('a policy that ignores the rule says nothing', () => {
      const report = judgeCase(each, each.fails, 'ignore');
      expect(codesOf(report)).not.toContain(each.code);
    });
  },
);

const RULES = rulesOfFormat().map(({ place }) => place);

test.each(RULES)('%s has a case that passes and one that does not', (rule) => {
  expect(POLICY_CASES.some((each) => each.rule === rule)).toBe(true);
});

test('there are as many rules as the format has', () => {
  expect(RULES.length).toBe(new Set(POLICY_CASES.map(({ rule }) => rule)).size);
  expect(RULES.length).toBeGreaterThan(50);
});

/** Members of every object in the opposite order. */
function reversed(node: unknown): unknown {
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return node;
  const members = Object.entries(node).map(([name, each]) => [name, reversed(each)]);
  return Object.fromEntries(members.toReversed());
}

test('all findings at once, in one order, whatever the order of the document', () => {
  const world = worlds.get('google-like') as World;
  const base = policyNamed('android-hardware');
  const policy = {
    ...base,
    rules: {
      ...base.rules,
      provisioning: { severity: 'review', allowed: ['remote'] },
      securityLevel: { severity: 'reject', minimum: 'StrongBox' },
      bootKeyAllowed: { severity: 'reject', keys: ['00'], releases: [] },
      keyAlgorithm: { severity: 'reject', allowed: ['RSA'] },
      keySize: { severity: 'review', curves: ['P_384'], minimumRsaBits: 2048 },
      userAuthRequired: { severity: 'reject', factor: 'any', use: 'any' },
      rollbackResistance: { severity: 'info' },
      application: { severity: 'reject', allowed: [] },
      deviceIds: { severity: 'reject', expected: { Serial: ['1'], Brand: ['x'], Imei: ['2'] } },
      osVersion: { severity: 'reject', minimum: 990000 },
      moduleHash: { severity: 'reject', allowed: [] },
    },
  } as unknown as Policy;
  const evidence = attest(world, { provisioning: 'factory', deviceLocked: false });
  const report = reportOn(world, evidence, policy);
  expect(report.findings.map(({ code, severity }) => `${severity} ${code}`)).toEqual([
    'reject SECURITY_LEVEL_TOO_LOW',
    'reject DEVICE_UNLOCKED',
    'reject BOOT_STATE_NOT_VERIFIED',
    'reject BOOT_KEY_NOT_ALLOWED',
    'reject KEY_ALGORITHM',
    'reject USER_AUTH_POLICY',
    'reject APP_ID_NOT_VOUCHED',
    'reject APP_PACKAGE',
    'reject DEVICE_ID_MISMATCH',
    'reject DEVICE_ID_MISMATCH',
    'reject DEVICE_ID_MISMATCH',
    'reject OS_VERSION_TOO_OLD',
    'reject MODULE_HASH_NOT_ALLOWED',
    'review ANCHOR_NOT_PRODUCTION',
    'review PROVISIONING_NOT_ALLOWED',
    'review KEY_SIZE',
    'info ROLLBACK_RESISTANCE_MISSING',
  ]);
  const turned = reportOn(world, evidence, reversed(policy) as Policy);
  expect(turned.findings).toEqual(report.findings);
  expect(turned.policy.digest).toBe(report.policy.digest);
});

test('what identifies a device stands in no finding', () => {
  const world = worlds.get('google-like') as World;
  const base = policyNamed('android-hardware');
  const deviceIds = { severity: 'reject', expected: { Imei: ['490154203237518'] } } as const;
  const policy = { ...base, rules: { ...base.rules, deviceIds } };
  const other = POLICY_CASES.find(({ what }) => what === 'neither of two IMEIs')?.fails;
  const report = reportOn(world, attest(world, {}, other?.key), {
    ...policy,
    rules: { ...policy.rules, deviceIds: { ...deviceIds, expected: { Imei: ['1234'] } } },
  });
  expect(codesOf(report)).toContain('DEVICE_ID_MISMATCH');
  expect(JSON.stringify(report)).not.toContain('490154203237518');
  expect(JSON.stringify(report.findings)).not.toContain('1234"');
});
