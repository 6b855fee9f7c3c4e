/** How old OS, vendor and boot partitions are, as of the evidence (THREATS T41). */
import { type Finding, finding, type JudgedFinding } from '../../base/index.ts';
import { isAheadOf, isOlderThan, PATCH_FIELDS, type PatchField } from '../../posture/index.ts';
import type { PatchLevelRules, PolicyRules, RuleSeverity } from '../policy.ts';
import type { Subject } from '../subject.ts';

const PARTITIONS = {
  osPatchLevel: 'os',
  vendorPatchLevel: 'vendor',
  bootPatchLevel: 'boot',
} as const satisfies Record<PatchField, keyof PolicyRules['patchLevels']>;

/** Every question has a severity of its own. */
export function judgePatchLevels(
  subject: Subject,
  rules: PolicyRules['patchLevels'],
): JudgedFinding[] {
  const judged: JudgedFinding[] = [];
  for (const name of PATCH_FIELDS) {
    for (const [found, severity] of checkLevel(subject, name, rules[PARTITIONS[name]])) {
      if (severity !== 'ignore') judged.push({ finding: found, severity });
    }
  }
  return judged;
}

function checkLevel(
  { posture, evidenceDate }: Subject,
  name: PatchField,
  { missing, malformed, tooOld, floor, future }: PatchLevelRules,
): readonly (readonly [Finding, RuleSeverity])[] {
  const place = { cert: 0, field: `hardwareEnforced.${name}` };
  const level = posture.patchLevels[name];
  switch (level.state) {
    case 'absent':
      return [[finding('PATCH_LEVEL_MISSING', place), missing]];
    case 'zero':
      return [[finding('PATCH_LEVEL_ZERO', place, { got: 0 }), missing]];
    case 'malformed':
      return [[finding('PATCH_LEVEL_MALFORMED', place, { got: level.raw }), malformed]];
    case 'date': {
      const { raw: got } = level;
      const found: (readonly [Finding, RuleSeverity])[] = [];
      if (isOlderThan(level, tooOld.months, evidenceDate)) {
        found.push([finding('PATCH_LEVEL_TOO_OLD', place, { got }), tooOld.severity]);
      } else if (isAheadOf(level, future.months, evidenceDate)) {
        found.push([finding('PATCH_LEVEL_FUTURE', place, { got }), future.severity]);
      }
      if (floor.level !== null && isBelow(got, floor.level)) {
        const comparison = { expected: floor.level, got };
        found.push([finding('PATCH_LEVEL_BELOW_FLOOR', place, comparison), floor.severity]);
      }
      return found;
    }
  }
}

/** Compared to the day where both have one, else to the month. */
function isBelow(level: number, floor: number): boolean {
  const isToTheDay = level > MONTHS_END && floor > MONTHS_END;
  return isToTheDay ? level < floor : toMonth(level) < toMonth(floor);
}

/** Above every YYYYMM, below every YYYYMMDD. */
const MONTHS_END = 1_000_000;

function toMonth(level: number): number {
  return level > MONTHS_END ? Math.floor(level / 100) : level;
}
