/** Whose anchor the device rests on, and how its keys were provisioned. */
import { type Finding, finding } from '../../base/index.ts';
import type { PolicyRules } from '../policy.ts';
import type { Subject } from '../subject.ts';

export function checkAnchor({ path }: Subject, rule: PolicyRules['anchor']): Finding[] {
  const { id, owner, environment } = path.anchor.record;
  const isAllowed =
    rule.environments.includes(environment) &&
    (rule.owners === 'any' || rule.owners.includes(owner));
  return isAllowed ? [] : [finding('ANCHOR_NOT_ALLOWED', {}, { got: id })];
}

export function checkShape({ path }: Subject, rule: PolicyRules['shape']): Finding[] {
  const { shape } = path.layout;
  if (rule.allowed.includes(shape)) return [];
  if (shape === 'attest-key') return [finding('ATTEST_KEY_NOT_ALLOWED', { cert: 1 })];
  return [finding('SHAPE_NOT_ALLOWED', {}, { expected: rule.allowed.join(', '), got: shape })];
}
