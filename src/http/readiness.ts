/** Whether this instance can decide, policy by policy, and why not where it cannot. */
import type { Anchor } from '../core/anchors/index.ts';
import { FINDING_CODES } from '../core/base/index.ts';
import type { Policy } from '../core/policy/index.ts';
import { checkLists, type RevocationSnapshot } from '../core/revocation/index.ts';
import type { Trust } from '../sources/trust.ts';

export interface PolicyReadiness {
  readonly policy: string;
  /** Whether chains under at least one of its anchors can be judged. */
  readonly canDecide: boolean;
  /** Whether the service calls itself ready only with this policy. */
  readonly required: boolean;
  /** What it cannot judge, and why. */
  readonly reasons: readonly string[];
}

/** `now`: milliseconds since 1970. `issuing`: why no challenge is issued now, or null. */
export function checkReadiness(
  trust: Trust,
  snapshot: RevocationSnapshot,
  required: readonly string[],
  now: number,
  issuing: string | null = null,
): readonly PolicyReadiness[] {
  return [...trust.policies.values()].map(({ policy }) => ({
    ...withChallenges(policy, issuing, checkPolicy(policy, trust, snapshot, now)),
    required: required.includes(policy.id),
  }));
}

/** A policy that wants our challenges cannot decide while none can be issued and used. */
function withChallenges(
  { challenge }: Policy,
  issuing: string | null,
  found: Omit<PolicyReadiness, 'required'>,
): Omit<PolicyReadiness, 'required'> {
  if (issuing === null || challenge !== 'service') return found;
  return { ...found, canDecide: false, reasons: [...found.reasons, issuing] };
}

function checkPolicy(
  policy: Policy,
  trust: Trust,
  snapshot: RevocationSnapshot,
  now: number,
): Omit<PolicyReadiness, 'required'> {
  const admitted = trust.anchors.anchors.filter((anchor) => admits(policy, anchor));
  const broken = admitted.flatMap((anchor) => {
    const reason = whyUndecided(policy, anchor, snapshot, now);
    return reason === null ? [] : [`${anchor.record.id}: ${reason}`];
  });
  const lack = policy.rules.release.severity === 'ignore' ? null : whyNoReleases(trust, now);
  const reasons = lack === null ? broken : [...broken, lack];
  const canDecide = lack === null && broken.length < admitted.length;
  return { policy: policy.id, canDecide, reasons };
}

function whyNoReleases({ registry }: Trust, now: number): string | null {
  if (registry === null) return FINDING_CODES.REGISTRY_NOT_CONFIGURED.text;
  return now < registry.expiresAt ? null : FINDING_CODES.REGISTRY_EXPIRED.text;
}

function admits({ rules }: Policy, { record }: Anchor): boolean {
  const { owners, environments } = rules.anchor;
  return (
    environments.includes(record.environment) && (owners === 'any' || owners.includes(record.owner))
  );
}

function whyUndecided(
  policy: Policy,
  anchor: Anchor,
  snapshot: RevocationSnapshot,
  now: number,
): string | null {
  const { maxStaleSeconds } = policy.revocation;
  const { missing, staleness } = checkLists(anchor, snapshot, {
    appraisedAt: now,
    maxStaleSeconds,
  });
  if (missing !== null) return FINDING_CODES[missing.code].text;
  return staleness === null || maxStaleSeconds === null ? null : FINDING_CODES[staleness.code].text;
}
