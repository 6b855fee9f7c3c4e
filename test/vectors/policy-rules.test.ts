/**
 * Every rule of the policy format: what passes it, what does not, and that its severity is the
 * policy's to set. The list of rules is read off the schema, so that none is forgotten.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { SEVERITIES, type Severity } from '../../src/core/base/index.ts';
import type { RuleSeverity } from '../../src/core/policy/index.ts';
import { PolicySchema } from '../../src/sources/policy-schema.ts';
import { attest, codesOf, makeWorld, reportOn, type World } from '../support/world.ts';
import { POLICY_CASES, type PolicyCase, policyAsking, RELEASES } from './policy-cases.ts';

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

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly enum?: readonly string[];
}

/** Places of everything in a schema that has a severity, or is one. */
function rulesIn(node: SchemaNode, place: string): readonly string[] {
  if (node.enum?.includes('ignore')) return [place];
  const members = Object.entries(node.properties ?? {});
  if (members.some(([name]) => name === 'severity')) return [place];
  return members.flatMap(([name, member]) => rulesIn(member, `${place}.${name}`));
}

const { rules } = (PolicySchema as unknown as Required<SchemaNode>).properties;
const RULES = ['challenge', 'revocation', ...rulesIn(rules as SchemaNode, 'rules')];

test.each(RULES)('%s has a case that passes and one that does not', (rule) => {
  expect(POLICY_CASES.some((each) => each.rule === rule)).toBe(true);
});

test('there are as many rules as the format has', () => {
  expect(RULES.length).toBe(new Set(POLICY_CASES.map(({ rule }) => rule)).size);
  expect(RULES.length).toBeGreaterThan(50);
});
