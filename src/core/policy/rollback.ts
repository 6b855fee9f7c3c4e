/**
 * Whether the device runs something older than was seen before, or than its own release: against floors
 * of the caller, against the registry, and against combinations that cannot be.
 */
import { type Finding, type FindingCode, finding, type JudgedFinding } from '../base/index.ts';
import type { DeviceDescription } from '../key-description/index.ts';
import { isBefore, type PatchField, type Posture, parsePatchLevel } from '../posture/index.ts';
import type { CallerContext, Floor, FloorLevels } from './caller-context.ts';
import type { Policy } from './policy.ts';

/** What a device was compared with. */
export type RollbackBasis = Floor['source'] | 'registry';

export interface Rollback {
  /** `not_checked`: there was nothing to compare with. Never a proof that none happened. */
  readonly state: 'visible' | 'not_visible' | 'not_checked';
  readonly against: readonly RollbackBasis[];
  /** Codes that show it. */
  readonly findings: readonly FindingCode[];
}

/** Nothing was compared. */
export const ROLLBACK_NOT_CHECKED: Rollback = Object.freeze({
  state: 'not_checked',
  against: [],
  findings: [],
});

const FIELDS = ['osVersion', 'osPatchLevel', 'vendorPatchLevel', 'bootPatchLevel'] as const;

/** Compares what a device reports with every floor of the request. */
export function checkFloors(
  { hardwareEnforced }: DeviceDescription,
  posture: Posture,
  floors: readonly Floor[],
): readonly Finding[] {
  if (floors.length === 0) return [];
  return FIELDS.flatMap((field) => {
    const levels = floors.flatMap((floor) => floor.levels[field] ?? []);
    const broken = levels.flatMap((level) =>
      field === 'osVersion'
        ? compareVersion(hardwareEnforced.fields.osVersion, level)
        : comparePatchLevel(posture, field, level),
    );
    // Floors of several sources about one field: one finding says it.
    return broken.slice(0, 1);
  });
}

function compareVersion(reported: number | bigint | undefined, expected: number): Finding[] {
  const place = { cert: 0, field: 'hardwareEnforced.osVersion' };
  if (reported === undefined || reported === 0) {
    return [finding('ROLLBACK_LEVEL_LOST', place, { expected, got: reported ?? null })];
  }
  return reported < expected
    ? [finding('ROLLBACK_BELOW_FLOOR', place, { expected, got: String(reported) })]
    : [];
}

/** A floor that is no date itself cannot be met: whoever keeps such floors must hear of it. */
function comparePatchLevel(posture: Posture, field: PatchField, expected: number): Finding[] {
  const place = { cert: 0, field: `hardwareEnforced.${field}` };
  const level = posture.patchLevels[field];
  const floor = parsePatchLevel(expected);
  if (level.state !== 'date' || floor.state !== 'date') {
    const got = level.state === 'absent' ? null : level.state === 'zero' ? 0 : level.raw;
    return [finding('ROLLBACK_LEVEL_LOST', place, { expected, got })];
  }
  return isBefore(level, floor)
    ? [finding('ROLLBACK_BELOW_FLOOR', place, { expected, got: level.raw })]
    : [];
}

/**
 * Whether a device may run a release that is limited to cohorts. Attestation does not show the cohort:
 * only the caller knows it, and a policy that does not look at releases does not ask.
 */
export function checkCohort(
  { release }: Posture,
  { cohort }: Pick<CallerContext, 'cohort'>,
  { rules }: Policy,
): readonly JudgedFinding[] {
  if (release?.stage !== 'limited' || rules.release.severity === 'ignore') return [];
  const place = { field: 'context.cohort' };
  if (cohort === null) {
    return [{ finding: finding('RELEASE_COHORT_NOT_GIVEN', place), severity: 'review' }];
  }
  if (release.cohorts.includes(cohort)) return [];
  const expected = release.cohorts.join(', ');
  return [
    {
      finding: finding('RELEASE_COHORT', place, { expected }),
      severity: rules.release.severity,
    },
  ];
}

/** Findings that show a rollback, whoever raised them. */
const SHOWS_ROLLBACK: ReadonlySet<FindingCode> = new Set<FindingCode>([
  'ROLLBACK_BELOW_FLOOR',
  'ROLLBACK_LEVEL_LOST',
  'RELEASE_PATCH_OLDER',
  'RELEASE_PATCH_MISSING',
  'RELEASE_OS_VERSION',
  'RELEASE_BOOT_STATE',
]);

/**
 * What is to be said of rollback, from what was compared and what was found. A policy without a release
 * rule compares nothing with the registry.
 */
export function deriveRollback(
  posture: Posture,
  { floors }: Pick<CallerContext, 'floors'>,
  { rules }: Policy,
  judged: readonly JudgedFinding[],
): Rollback {
  const against: RollbackBasis[] = [];
  for (const { source, levels } of floors) {
    if (Object.keys(levels).length > 0 && !against.includes(source)) against.push(source);
  }
  if (posture.release !== null && rules.release.severity !== 'ignore') against.push('registry');
  const findings: FindingCode[] = [];
  for (const { finding: each } of judged) {
    if (SHOWS_ROLLBACK.has(each.code) && !findings.includes(each.code)) findings.push(each.code);
  }
  if (findings.length > 0) return { state: 'visible', against, findings };
  return { state: against.length > 0 ? 'not_visible' : 'not_checked', against, findings };
}

/**
 * The floor an earlier report on the same device sets: the levels it showed, in the form devices report
 * them. What it did not show, or showed as 0, sets none.
 */
export function floorOfReport(report: {
  readonly keyDescription: {
    readonly hardwareEnforced: Readonly<Record<string, unknown>>;
  } | null;
}): FloorLevels {
  const shown = report.keyDescription?.hardwareEnforced ?? {};
  const levels: Partial<Record<(typeof FIELDS)[number], number>> = {};
  for (const field of FIELDS) {
    const value = shown[field];
    if (typeof value !== 'number' || value === 0) continue;
    if (field !== 'osVersion' && parsePatchLevel(value).state !== 'date') continue;
    levels[field] = value;
  }
  return levels;
}
