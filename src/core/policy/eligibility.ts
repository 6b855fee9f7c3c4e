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
  readonly caller: Omit<CallerContext, 'handle'>;
}

/** Every action the policy names, in the order of `ACTIONS`. */
export function deriveEligibility(
  eligibility: Eligibility | undefined,
  evidence: EligibilityEvidence,
): readonly ActionDecision[] {
  if (eligibility === undefined) return [];
  return decide(eligibility, whyNotAccepted(evidence.judged), evidence);
}

function decide(
  eligibility: Eligibility,
  undecided: readonly string[],
  evidence: EligibilityEvidence,
): readonly ActionDecision[] {
  const weak = new Map<LayerId, string>();
  for (const { layer, state } of evidence.layers) {
    if (state !== 'satisfied') weak.set(layer, `layer ${layer} is ${state}`);
  }
  const decisions: ActionDecision[] = [];
  for (const action of ACTIONS) {
    const needs = eligibility[action];
    if (needs === undefined) continue;
    const reasons = [...undecided];
    addNotShown(needs, weak, evidence.binding, reasons);
    addNotRelease(needs, evidence.posture, reasons);
    addNotSaid(action, needs, evidence, reasons);
    decisions.push({ action, granted: reasons.length === 0, reasons });
  }
  return decisions;
}

const NONE: readonly string[] = [];

function isOpen({ severity }: JudgedFinding): boolean {
  return severity === 'reject' || severity === 'inconclusive';
}

/** Rejections and open questions, each by its code once. */
function whyNotAccepted(judged: readonly JudgedFinding[]): readonly string[] {
  if (!judged.some(isOpen)) return NONE;
  const reasons = new Set<string>();
  for (const { finding, severity } of judged) {
    if (severity !== 'reject' && severity !== 'inconclusive') continue;
    const verb = severity === 'reject' ? 'rejected' : 'undecided';
    reasons.add(`${verb}: ${finding.code}, ${FINDING_CODES[finding.code].text}`);
  }
  return [...reasons];
}

function addNotShown(
  needs: ActionNeeds,
  weak: ReadonlyMap<LayerId, string>,
  binding: EligibilityEvidence['binding'],
  reasons: string[],
): void {
  for (const layer of needs.layers) {
    const reason = weak.get(layer);
    if (reason !== undefined) reasons.push(reason);
  }
  for (const name of needs.bound) {
    if (binding[name] !== 'bound') reasons.push(`${name} is ${binding[name]}`);
  }
}

function addNotRelease(
  { release: needed }: ActionNeeds,
  posture: Posture | null,
  reasons: string[],
): void {
  if (needed === null) return;
  const recognised = posture?.recognised;
  if (recognised?.kind !== 'release') {
    reasons.push('the device runs no known release');
    return;
  }
  const { release, standing } = recognised;
  if (!needed.stages.includes(release.stage)) {
    reasons.push(`release ${release.name} is ${release.stage}`);
  }
  const { maxReleasesBehind } = needed;
  if (maxReleasesBehind !== null && standing.releases > maxReleasesBehind) {
    reasons.push(
      `release ${release.name} is ${standing.releases} releases behind ${standing.latest}`,
    );
  }
}

/** States of a device in use: one that is suspended, lost or retired gets nothing, asked or not. */
const IN_USE: readonly LifecycleState[] = ['new', 'active'];

/** What the caller says, or fails to say. Absent is not good. */
function addNotSaid(
  action: Action,
  needs: ActionNeeds,
  { caller, posture }: EligibilityEvidence,
  reasons: string[],
): void {
  const { lifecycle, enrolled, channel, cohort } = caller;
  if (caller.action !== null && caller.action !== action) {
    reasons.push(`the request asks for ${caller.action} only`);
  }
  const mayBe = needs.lifecycle ?? IN_USE;
  if (lifecycle === null ? needs.lifecycle !== null : !mayBe.includes(lifecycle)) {
    reasons.push(`lifecycle is ${said(lifecycle)}, not ${anyOf(mayBe)}`);
  }
  if (needs.enrolled !== null && enrolled !== needs.enrolled) {
    reasons.push(`enrolled is ${said(enrolled)}, not ${needs.enrolled}`);
  }
  const release = posture?.release ?? null;
  const isElsewhere = channel !== null && release !== null && channel !== release.channel;
  if (isElsewhere || (needs.channel && channel === null)) {
    reasons.push(`channel is ${said(channel)}, not ${release?.channel ?? 'known'}`);
  }
  if (release?.stage === 'limited' && !release.cohorts.includes(cohort ?? '')) {
    reasons.push(`cohort is ${said(cohort)}, not ${release.cohorts.join(' or ')}`);
  }
}

/** The words of a list, put together once for a policy that lives as long as the service. */
const WORDS = new WeakMap<readonly string[], string>();

function anyOf(values: readonly string[]): string {
  let words = WORDS.get(values);
  if (words === undefined) {
    words = values.join(' or ');
    WORDS.set(values, words);
  }
  return words;
}

function said(value: string | boolean | null): string {
  return value === null ? 'not stated' : String(value);
}
