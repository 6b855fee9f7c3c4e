/**
 * Eligibility: what a policy lets a device do, action by action. An action is granted when the evidence
 * is accepted, every layer the action needs is satisfied, everything it needs bound is bound, the release
 * stands where it must, and what the caller says of the device fits. Inconclusive grants nothing.
 */
import { FINDING_CODES, type JudgedFinding, LAYERS, type LayerId } from '../base/index.ts';
import type { Layer, Posture } from '../posture/index.ts';
import { RELEASE_STAGES, type ReleaseStage } from '../reference/index.ts';
import {
  ACTIONS,
  type Action,
  type CallerContext,
  LIFECYCLE_STATES,
  type LifecycleState,
} from './caller-context.ts';

/** Ties between evidence and request that an action may need. */
export const NEEDED_BINDINGS = ['challenge', 'publicKey', 'handle'] as const;
export type NeededBinding = (typeof NEEDED_BINDINGS)[number];

/** What one action needs. Every member is stated; there is no default. */
export interface ActionNeeds {
  /** Layers that must be `satisfied`. */
  readonly layers: readonly LayerId[];
  readonly bound: readonly NeededBinding[];
  /** Stages the device's release may be in, and how many releases behind; null: any system will do. */
  readonly release: {
    readonly stages: readonly ReleaseStage[];
    readonly maxReleasesBehind: number | null;
  } | null;
  /** States the caller must name one of; null: not asked. */
  readonly lifecycle: readonly LifecycleState[] | null;
  /** What the caller must say of enrolment; null: not asked. */
  readonly enrolled: boolean | null;
  /** Whether the caller must name the channel of the device's release. */
  readonly channel: boolean;
}

/** Actions a policy names. An action it does not name is never granted. */
export type Eligibility = Readonly<Partial<Record<Action, ActionNeeds>>>;

const listOf = (values: readonly string[]) => ({
  type: 'array',
  items: { enum: [...values] },
  uniqueItems: true,
});

const orNull = (schema: object) => ({ anyOf: [schema, { type: 'null' }] });

const ACTION_NEEDS_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['layers', 'bound', 'release', 'lifecycle', 'enrolled', 'channel'],
  properties: {
    layers: { ...listOf(LAYERS), description: 'layers that must be satisfied' },
    bound: { ...listOf(NEEDED_BINDINGS), description: 'what must be bound' },
    release: orNull({
      type: 'object',
      additionalProperties: false,
      required: ['stages', 'maxReleasesBehind'],
      properties: {
        stages: { ...listOf(RELEASE_STAGES), minItems: 1 },
        maxReleasesBehind: orNull({ type: 'integer', minimum: 0 }),
      },
    }),
    lifecycle: orNull({ ...listOf(LIFECYCLE_STATES), minItems: 1 }),
    enrolled: orNull({ type: 'boolean' }),
    channel: { type: 'boolean' },
  },
} as const;

/** JSON Schema (2020-12) of the member `eligibility` of a policy document. */
export const ELIGIBILITY_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  description: 'actions, each with what it needs; an action that is not named is never granted',
  properties: Object.fromEntries(ACTIONS.map((action) => [action, ACTION_NEEDS_SCHEMA])),
} as const;

/** One action's answer. */
export interface ActionDecision {
  readonly action: Action;
  readonly granted: boolean;
  /** Everything that stands against it, in plain words; empty when granted. */
  readonly reasons: readonly string[];
}

/** What eligibility rests on. */
export interface EligibilityEvidence {
  readonly judged: readonly JudgedFinding[];
  readonly layers: readonly Layer[];
  readonly binding: Readonly<Record<NeededBinding, string>>;
  readonly posture: Posture | null;
  readonly caller: CallerContext;
}

/** Every action the policy names, in the order of `ACTIONS`. */
export function deriveEligibility(
  eligibility: Eligibility | undefined,
  evidence: EligibilityEvidence,
): readonly ActionDecision[] {
  if (eligibility === undefined) return [];
  const undecided = whyNotAccepted(evidence.judged);
  return ACTIONS.flatMap((action) => {
    const needs = eligibility[action];
    if (needs === undefined) return [];
    const reasons = [
      ...undecided,
      ...whyNotShown(needs, evidence),
      ...whyNotRelease(needs, evidence.posture),
      ...whyNotSaid(action, needs, evidence),
    ];
    return [{ action, granted: reasons.length === 0, reasons }];
  });
}

/** Rejections and open questions, each by its code once. */
function whyNotAccepted(judged: readonly JudgedFinding[]): readonly string[] {
  const reasonOf = ({ finding, severity }: JudgedFinding): string => {
    const verb = severity === 'reject' ? 'rejected' : 'undecided';
    return `${verb}: ${finding.code}, ${FINDING_CODES[finding.code].text}`;
  };
  const deciding = judged.filter(
    ({ severity }) => severity === 'reject' || severity === 'inconclusive',
  );
  return [...new Set(deciding.map(reasonOf))];
}

function whyNotShown(needs: ActionNeeds, { layers, binding }: EligibilityEvidence): string[] {
  const unsatisfied = layers
    .filter(({ layer, state }) => needs.layers.includes(layer) && state !== 'satisfied')
    .map(({ layer, state }) => `layer ${layer} is ${state}`);
  const unbound = needs.bound
    .filter((name) => binding[name] !== 'bound')
    .map((name) => `${name} is ${binding[name]}`);
  return [...unsatisfied, ...unbound];
}

function whyNotRelease({ release: needed }: ActionNeeds, posture: Posture | null): string[] {
  if (needed === null) return [];
  const recognised = posture?.recognised;
  if (recognised?.kind !== 'release') return ['the device runs no known release'];
  const { release, standing } = recognised;
  const reasons: string[] = [];
  if (!needed.stages.includes(release.stage)) {
    reasons.push(`release ${release.name} is ${release.stage}`);
  }
  const { maxReleasesBehind } = needed;
  if (maxReleasesBehind !== null && standing.releases > maxReleasesBehind) {
    reasons.push(
      `release ${release.name} is ${standing.releases} releases behind ${standing.latest}`,
    );
  }
  return reasons;
}

/** What the caller says, or fails to say. Absent is not good. */
function whyNotSaid(
  action: Action,
  needs: ActionNeeds,
  { caller, posture }: EligibilityEvidence,
): string[] {
  const reasons: string[] = [];
  if (caller.action !== null && caller.action !== action) {
    reasons.push(`the request asks for ${caller.action} only`);
  }
  const mayBe = needs.lifecycle ?? LIFECYCLE_STATES.filter(isInUse);
  if (caller.lifecycle === null ? needs.lifecycle !== null : !mayBe.includes(caller.lifecycle)) {
    reasons.push(`lifecycle is ${said(caller.lifecycle)}, not ${mayBe.join(' or ')}`);
  }
  if (needs.enrolled !== null && caller.enrolled !== needs.enrolled) {
    reasons.push(`enrolled is ${said(caller.enrolled)}, not ${needs.enrolled}`);
  }
  const release = posture?.release ?? null;
  const isElsewhere =
    caller.channel !== null && release !== null && caller.channel !== release.channel;
  if (isElsewhere || (needs.channel && caller.channel === null)) {
    reasons.push(`channel is ${said(caller.channel)}, not ${release?.channel ?? 'known'}`);
  }
  if (release?.stage === 'limited' && !release.cohorts.includes(caller.cohort ?? '')) {
    reasons.push(`cohort is ${said(caller.cohort)}, not ${release.cohorts.join(' or ')}`);
  }
  return reasons;
}

/** A device that is suspended, lost or retired gets nothing, whether or not an action asks. */
function isInUse(state: LifecycleState): boolean {
  return state === 'new' || state === 'active';
}

function said(value: string | boolean | null): string {
  return value === null ? 'not stated' : String(value);
}
