/** How old OS, vendor and boot partitions are, as of the evidence (THREATS T41). */
import { type Finding, finding } from '../../base/index.ts';
import { isAheadOf, isOlderThan, PATCH_FIELDS } from '../../posture/index.ts';
import type { PolicyRules } from '../policy.ts';
import type { Subject } from '../subject.ts';

export function checkPatchLevels(
  { posture, evidenceDate }: Subject,
  { maxAgeMonths, maxFutureMonths }: PolicyRules['patchLevels'],
): Finding[] {
  const findings: Finding[] = [];
  for (const name of PATCH_FIELDS) {
    const place = { cert: 0, field: `hardwareEnforced.${name}` };
    const level = posture.patchLevels[name];
    switch (level.state) {
      case 'absent':
        findings.push(finding('PATCH_LEVEL_MISSING', place));
        break;
      case 'zero':
        findings.push(finding('PATCH_LEVEL_ZERO', place, { got: 0 }));
        break;
      case 'malformed':
        findings.push(finding('PATCH_LEVEL_MALFORMED', place, { got: level.raw }));
        break;
      case 'date':
        if (isOlderThan(level, maxAgeMonths, evidenceDate)) {
          findings.push(finding('PATCH_LEVEL_TOO_OLD', place, { got: level.raw }));
        } else if (isAheadOf(level, maxFutureMonths, evidenceDate)) {
          findings.push(finding('PATCH_LEVEL_FUTURE', place, { got: level.raw }));
        }
        break;
    }
  }
  return findings;
}
