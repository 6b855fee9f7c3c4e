/**
 * What a verifier trusts and applies: anchors, policies, releases. Revocation is apart, because it
 * changes much more often. Loaded elsewhere: a thread that verifies is handed it.
 */
import { type AnchorSet, buildAnchorSet, type Environment } from '../core/anchors/index.ts';
import { type Policy, type PreparedPolicy, preparePolicy } from '../core/policy/index.ts';
import type { StatementApp } from '../core/posture/index.ts';
import type { ReleaseRegistry } from '../core/reference/index.ts';
import type { AnchorMaterial } from './anchors.ts';

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

export function buildTrust(material: TrustMaterial): Trust {
  const { anchors, policies } = material;
  return {
    ...material,
    anchors: buildAnchorSet(anchors.anchors, anchors.softwareKeys),
    policies: new Map(policies.map((policy) => [policy.id, preparePolicy(policy)])),
  };
}
