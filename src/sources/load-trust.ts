/** Trust as a configuration names it, from the files of the package and of the operator. */
import type { Config } from '../config.ts';
import { loadBuiltInAnchors, loadOwners } from './anchors.ts';
import { ConfigurationFault } from './document.ts';
import { checkNames, loadPolicies } from './policies.ts';
import { rememberRegistry } from './registry-ledger.ts';
import { loadConfiguredRegistry } from './releases.ts';
import type { TrustMaterial } from './trust.ts';

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
