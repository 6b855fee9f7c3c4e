/** The policies a verifier has. */
import type { Environment } from '../core/anchors/index.ts';
import { BUILTIN_POLICIES, type PreparedPolicy, preparePolicy } from '../core/policy/index.ts';

export const DEFAULT_POLICY = 'android-hardware';

/** Prepared policies by id. */
export type PolicySet = ReadonlyMap<string, PreparedPolicy>;

/** The built-in policies that exist in an environment. */
export function loadBuiltInPolicies(environment: Environment): PolicySet {
  const existing = BUILTIN_POLICIES.filter(({ environments }) =>
    environments.includes(environment),
  );
  return new Map(existing.map((policy) => [policy.id, preparePolicy(policy)]));
}
