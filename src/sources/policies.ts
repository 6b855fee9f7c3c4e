/** The policies a verifier has. */
import type { Environment } from '../core/anchors/index.ts';
import { BUILTIN_POLICIES, type Policy } from '../core/policy/index.ts';

/** The built-in policies that exist in an environment. */
export function loadBuiltInPolicies(environment: Environment): readonly Policy[] {
  return BUILTIN_POLICIES.filter(({ environments }) => environments.includes(environment));
}
