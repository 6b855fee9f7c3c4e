/**
 * DECIDE: the verdict. From what was found outside the policy, and from what the evidence shows of the
 * device, under the policy and the releases in force. A pure function of `Deciding`, in which nothing is
 * of one key alone: that is what lets a decision be remembered (decision-memory.ts).
 */
import { freezeDeep, type JudgedFinding, toHex } from './base/index.ts';
import type { Binding } from './binding/index.ts';
import { DecisionMemory } from './decision-memory.ts';
import { asTheirCodesSay } from './judge-now.ts';
import {
  checkKeyParameters,
  DECIDING_SOFTWARE_FIELDS,
  type DeviceDescription,
  type ProvisioningInfo,
} from './key-description/index.ts';
import {
  type CallerContext,
  checkCohort,
  checkFloors,
  deriveEligibility,
  deriveRollback,
  type Eligibility,
  evaluatePolicy,
  NEEDED_BINDINGS,
  type NeededBinding,
  type PreparedPolicy,
  ROLLBACK_NOT_CHECKED,
  type SubjectPath,
  toSubject,
} from './policy/index.ts';
import {
  deriveLayers,
  derivePosture,
  deriveTrustInputs,
  deriveTrustState,
  type Posture,
} from './posture/index.ts';
import type { ReleaseRegistry } from './reference/index.ts';
import {
  deriveOutcome,
  keepDecisionText,
  type ReportDecision,
  toReportFindings,
  toReportRelease,
} from './report/index.ts';
import type { StatementFields } from './statement/index.ts';

/** Everything a decision rests on. `factsOf` names every member, and a test holds it to that. */
export interface Deciding {
  /** What was found so far, about the chain, its dates, revocation and what it answers. */
  readonly found: readonly JudgedFinding[];
  readonly path: SubjectPath | null;
  /** Null without a path, or where it could not be read. */
  readonly description: DeviceDescription | null;
  readonly provisioningInfo: ProvisioningInfo | null;
  /** Of the evidence, counted from 1970-01-01, UTC. */
  readonly evidenceDay: number;
  /** Different keys the attestation key vouched for today; null: nobody counted. */
  readonly attestationKeyUse: number | null;
  /** Null: not looked up. */
  readonly revocationStatus: string | null;
  /** What a verified statement says, where it counts; else null. */
  readonly reported: StatementFields | null;
  readonly binding: Pick<Binding, NeededBinding>;
  readonly caller: Omit<CallerContext, 'handle'>;
  readonly policy: PreparedPolicy;
  /** The actions to be decided about; undefined: none. */
  readonly actions: Eligibility | undefined;
  /** The releases in force; null: none are known, or `registryIsExpired`. */
  readonly registry: ReleaseRegistry | null;
  readonly registryIsExpired: boolean;
}

/** A decision is some 10 KB with its text: 5 MB in all. */
const DECISIONS = new DecisionMemory<ReportDecision>(512);

/** The decision on evidence of a kind seen before is the one made then. */
export function decide(deciding: Deciding): ReportDecision {
  const list = deciding.description?.hardwareEnforced;
  return list?.shared === true
    ? DECISIONS.recall(list, factsOf(deciding), () => share(derive(deciding)))
    : derive(deciding);
}

function derive(deciding: Deciding): ReportDecision {
  const { found, path, description, revocationStatus, reported, binding, caller } = deciding;
  const { policy, digest } = deciding.policy;
  const { registry } = deciding;
  const posture = description === null ? null : derivePosture(description, registry);
  const judged =
    path === null || description === null || posture === null
      ? found
      : [...found, ...judgeDevice(path, description, posture, deciding)];
  const findings = toReportFindings(judged);
  const layers = deriveLayers({ path, revocationStatus, description, posture, reported }, judged);
  const rollback =
    posture === null ? ROLLBACK_NOT_CHECKED : deriveRollback(posture, caller, policy, judged);
  return {
    outcome: deriveOutcome(findings),
    trustState: deriveTrustState({
      path,
      revocationStatus,
      challengeIsBound: binding.challenge === 'bound',
      layers,
      criticalLayers: policy.criticalLayers,
      judged,
    }),
    findings,
    layers,
    trustInputs: deriveTrustInputs(layers, judged, reported),
    policy: { id: policy.id, version: policy.version, digest },
    release: toReportRelease(posture?.recognised ?? null, registry, rollback.state),
    rollback,
    eligibility: deriveEligibility(deciding.actions, { judged, layers, binding, posture, caller }),
  };
}

/** The device under the policy, against the releases, and against what its caller expects. */
function judgeDevice(
  path: SubjectPath,
  description: DeviceDescription,
  posture: Posture,
  deciding: Deciding,
): readonly JudgedFinding[] {
  const { provisioningInfo, evidenceDay, attestationKeyUse, caller } = deciding;
  const { registry, registryIsExpired } = deciding;
  const { policy } = deciding.policy;
  const known = {
    path,
    description,
    provisioningInfo,
    posture,
    evidenceDay,
    attestationKeyUse,
  };
  return [
    ...asTheirCodesSay(checkKeyParameters(description, path.leafKey)),
    ...evaluatePolicy(policy, toSubject(known, registry, registryIsExpired)),
    ...checkCohort(posture, caller, policy),
    ...asTheirCodesSay(checkFloors(description, posture, caller.floors)),
  ];
}

/** Whoever gets a decision that others get too must not change it. */
function share(decision: ReportDecision): ReportDecision {
  freezeDeep(decision);
  keepDecisionText(decision);
  return decision;
}

/**
 * Every fact a decision rests on, but for the hardware list itself. What lives as long as the service or
 * is shared by records (policy, releases, anchor, app) counts by identity.
 */
export function factsOf(deciding: Deciding): unknown[] {
  const { provisioningInfo, evidenceDay, attestationKeyUse, revocationStatus, reported } = deciding;
  const { policy, actions, registry, registryIsExpired, found } = deciding;
  const facts: unknown[] = [
    ...[policy, actions, registry, registryIsExpired, evidenceDay, provisioningInfo],
    ...[attestationKeyUse, revocationStatus, reported],
  ];
  for (const name of NEEDED_BINDINGS) facts.push(deciding.binding[name]);
  addCaller(deciding.caller, facts);
  if (deciding.path !== null) addPath(deciding.path, facts);
  if (deciding.description !== null) addDescription(deciding.description, facts);
  for (const { finding, severity } of found) {
    const { code, at, expected, got } = finding;
    facts.push(code, severity, at.cert, at.offset, at.field, expected, got);
  }
  return facts;
}

function addCaller(
  { lifecycle, enrolled, channel, cohort, action, floors }: Deciding['caller'],
  facts: unknown[],
): void {
  facts.push(lifecycle, enrolled, channel, cohort, action, floors.length === 0 ? null : floors);
}

function addPath(
  { anchor, layout, certifiedLevel, leafKey, leafOnlyCertifies }: SubjectPath,
  facts: unknown[],
): void {
  const { shape, provisioning, attestationAt } = layout;
  facts.push(anchor.record, shape, provisioning, attestationAt, certifiedLevel, leafOnlyCertifies);
  facts.push(leafKey.algorithm);
  if ('curve' in leafKey) facts.push(leafKey.curve, leafKey.size);
  else if ('soundForIssuing' in leafKey) facts.push(leafKey.size, leafKey.soundForIssuing);
  else if ('parameterSet' in leafKey) facts.push(leafKey.parameterSet);
}

function addDescription(description: DeviceDescription, facts: unknown[]): void {
  const { attestationVersion, attestationSecurityLevel, keyMintVersion } = description;
  facts.push(attestationVersion, attestationSecurityLevel, keyMintVersion);
  facts.push(description.keyMintSecurityLevel, description.attestationChallenge.length);
  const { fields } = description.softwareEnforced;
  for (const name of DECIDING_SOFTWARE_FIELDS) {
    const value = fields[name];
    facts.push(value instanceof Uint8Array ? toHex(value) : value);
  }
}
