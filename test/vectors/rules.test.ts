/**
 * Rule → vector → code: every rule of the threat catalogue has a vector here, or says where it is
 * shown, and every code of the table has a vector that raises it.
 */
import { expect, test } from 'vitest';
import { FINDING_CODES } from '../../src/core/base/index.ts';
import { DEFECTS } from '../../src/simulator/index.ts';
import { JUDGED_VECTORS } from './judged.ts';
import { POLICY_CASES } from './policy-cases.ts';
import { RULES, SHOWN_ELSEWHERE } from './rules.ts';

const VECTORS = [
  ...DEFECTS.map(({ name, rule, expects }) => ({
    name,
    rule,
    code: expects === 'nothing' ? null : expects.code,
  })),
  ...JUDGED_VECTORS.map(({ name, rule, expects }) => ({ name, rule, code: expects.code })),
  ...POLICY_CASES.map(({ what, threat, code }) => ({ name: what, rule: threat, code })),
];

test.each(Object.keys(RULES))('rule %s has a vector, or says where it is shown', (rule) => {
  const vectors = VECTORS.filter((vector) => vector.rule === rule);
  const isShown = vectors.length > 0 || Object.hasOwn(SHOWN_ELSEWHERE, rule);
  expect(isShown, `${rule} has neither`).toBe(true);
});

test('no vector names a rule that does not exist', () => {
  expect(VECTORS.filter(({ rule }) => !Object.hasOwn(RULES, rule))).toEqual([]);
});

test('nothing is said to be shown elsewhere that has vectors here', () => {
  const superfluous = Object.keys(SHOWN_ELSEWHERE).filter((rule) =>
    VECTORS.some((vector) => vector.rule === rule),
  );
  expect(superfluous).toEqual([]);
});

test('every code has a vector that raises it', () => {
  const raised = new Set(VECTORS.map(({ code }) => code));
  /** A software chain is no defect of another one: it has tests of its own. */
  raised.add('SOFTWARE_ROOT');
  expect(Object.keys(FINDING_CODES).filter((code) => !raised.has(code as never))).toEqual([]);
});
