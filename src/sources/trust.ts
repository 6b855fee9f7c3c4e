/**
 * What a verifier trusts and applies: anchors, policies, releases. Revocation is apart, because it
 * changes much more often.
 */
import type { Config } from '../config.ts';
import { type AnchorSet, buildAnchorSet, type Environment } from '../core/anchors/index.ts';
import { type Policy, type PreparedPolicy, preparePolicy } from '../core/policy/index.ts';
import type { StatementApp } from '../core/posture/index.ts';
import type { ReleaseRegistry } from '../core/reference/index.ts';
import { type AnchorMaterial, loadBuiltInAnchors, loadOwners } from './anchors.ts';
import { ConfigurationFault } from './document.ts';
import { checkNames, loadPolicies } from './policies.ts';
import { rememberRegistry } from './registry-ledger.ts';
import { loadConfiguredRegistry } from './releases.ts';

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

/** What of a configuration decides the trust. */
export type TrustConfig = Pick<
  Config,
  | 'environment'
  | 'defaultPolicy'
  | 'readinessPolicies'
  | 'policies'
  | 'releases'
  | 'releaseKeys'
  | 'state'
  | 'statementApps'
>;

/** Loads what the configuration names. Throws `ConfigurationFault`. `now`: since 1970, in ms. */
export function loadTrustMaterial(config: TrustConfig, now: number = Date.now()): TrustMaterial {
  const { environment } = config;
  const material = {
    environment,
    anchors: loadBuiltInAnchors(environment).material,
    policies: loadPolicies(environment, config.policies, now),
    defaultPolicy: config.defaultPolicy,
    registry: loadConfiguredRegistry(environment, config.releases, config, now),
    statementApps: config.statementApps,
  };
  checkMaterial(material, config);
  rememberReleases(material, config);
  return material;
}

/** Remembers an operator's registry that is about to be in force. Throws `ConfigurationFault`. */
export function rememberReleases(
  { registry }: TrustMaterial,
  { releases, state }: TrustConfig,
): void {
  if (releases !== null && registry !== null) rememberRegistry(registry, state);
}

/** Throws unless what the configuration and the policies name exists. */
export function checkMaterial(
  { environment, policies, registry }: TrustMaterial,
  { defaultPolicy, readinessPolicies }: TrustConfig,
): void {
  for (const name of [defaultPolicy, ...readinessPolicies]) {
    if (policies.some(({ id }) => id === name)) continue;
    const known = policies.map(({ id }) => id).join(', ');
    throw new ConfigurationFault(`no policy ${name} in ${environment}; there are ${known}`);
  }
  const owners = loadOwners();
  for (const policy of policies) checkNames(policy, owners, registry);
}

export function buildTrust(material: TrustMaterial): Trust {
  const { anchors, policies } = material;
  return {
    ...material,
    anchors: buildAnchorSet(anchors.anchors, anchors.softwareKeys),
    policies: new Map(policies.map((policy) => [policy.id, preparePolicy(policy)])),
  };
}
