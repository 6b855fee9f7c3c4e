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

/** A factory key of a model that was only ever provisioned remotely is a leaked one (THREATS T26). */
export function checkProvisioning({ path }: Subject, rule: PolicyRules['provisioning']): Finding[] {
  const { provisioning } = path.layout;
  if (rule.allowed.includes(provisioning)) return [];
  const expected = rule.allowed.join(', ');
  return [finding('PROVISIONING_NOT_ALLOWED', {}, { expected, got: provisioning })];
}
