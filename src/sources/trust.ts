/**
 * What a verifier trusts and applies: anchors, policies, releases. Revocation is apart, because it
 * changes while the verifier runs.
 */
import type { Config } from '../config.ts';
import { type AnchorSet, buildAnchorSet, type Environment } from '../core/anchors/index.ts';
import { type Policy, type PreparedPolicy, preparePolicy } from '../core/policy/index.ts';
import type { StatementApp } from '../core/posture/index.ts';
import type { ReleaseRegistry } from '../core/reference/index.ts';
import { type AnchorMaterial, loadBuiltInAnchors } from './anchors.ts';
import { ConfigurationFault } from './document.ts';
import { loadBuiltInPolicies } from './policies.ts';
import { loadBuiltInRegistry } from './releases.ts';

/** Plain data, so that it can be handed to a worker thread. */
export interface TrustMaterial {
  readonly environment: Environment;
  readonly anchors: AnchorMaterial;
  readonly policies: readonly Policy[];
  readonly defaultPolicy: string;
  readonly registry: ReleaseRegistry | null;
  /** Apps whose statements speak for their devices. */
  readonly statementApps: readonly StatementApp[];
}

/** The same, ready for use. */
export interface Trust {
  readonly environment: Environment;
  readonly anchors: AnchorSet;
  readonly policies: ReadonlyMap<string, PreparedPolicy>;
  readonly defaultPolicy: string;
  readonly registry: ReleaseRegistry | null;
  /** Apps whose statements speak for their devices. */
  readonly statementApps: readonly StatementApp[];
}

/** Loads what the configuration names. Throws `ConfigurationFault`. */
export function loadTrustMaterial(config: Config): TrustMaterial {
  const { environment, defaultPolicy, readinessPolicies } = config;
  const policies = loadBuiltInPolicies(environment);
  for (const name of [defaultPolicy, ...readinessPolicies]) {
    if (policies.some(({ id }) => id === name)) continue;
    const known = policies.map(({ id }) => id).join(', ');
    throw new ConfigurationFault(`no policy ${name} in ${environment}; there are ${known}`);
  }
  return {
    environment,
    anchors: loadBuiltInAnchors(environment).material,
    policies,
    defaultPolicy,
    registry: loadBuiltInRegistry(environment),
    statementApps: config.statementApps,
  };
}

export function buildTrust(material: TrustMaterial): Trust {
  const { anchors, policies } = material;
  return {
    ...material,
    anchors: buildAnchorSet(anchors.anchors, anchors.softwareKeys),
    policies: new Map(policies.map((policy) => [policy.id, preparePolicy(policy)])),
  };
}
