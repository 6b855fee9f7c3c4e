/** Whether the device runs a release of the registry that the policy allows. */
import { type Finding, finding } from '../../base/index.ts';
import { PATCH_FIELDS } from '../../posture/index.ts';
import type { Release } from '../../reference/index.ts';
import type { PolicyRules } from '../policy.ts';
import type { Subject } from '../subject.ts';

const ROOT_OF_TRUST = { cert: 0, field: 'hardwareEnforced.rootOfTrust' };

export function checkRelease(subject: Subject, rule: PolicyRules['release']): Finding[] {
  if (!subject.knowsReleases) return [finding('REGISTRY_NOT_CONFIGURED')];
  const { release } = subject.posture;
  if (release === null) return [finding('RELEASE_UNKNOWN', ROOT_OF_TRUST)];
  return [
    ...checkAllowed(release, rule),
    ...checkModel(subject, release),
    ...checkPatchFloor(subject, release),
  ];
}

function checkAllowed(release: Release, rule: PolicyRules['release']): Finding[] {
  const isAllowed =
    rule.environments.includes(release.environment) && rule.stages.includes(release.stage);
  return isAllowed ? [] : [finding('RELEASE_NOT_ALLOWED', ROOT_OF_TRUST, { got: release.stage })];
}

/** Only a device whose keystore attests its model can contradict the release. */
function checkModel({ description }: Subject, release: Release): Finding[] {
  const model = description.hardwareEnforced.fields.attestationIdModel;
  if (model === undefined || release.models.includes(model)) return [];
  const place = { cert: 0, field: 'hardwareEnforced.attestationIdModel' };
  return [finding('RELEASE_MODEL_MISMATCH', place, { expected: release.models.join(', ') })];
}

/** A device reports at least the levels of the release it runs, or part of it was rolled back. */
function checkPatchFloor({ posture }: Subject, release: Release): Finding[] {
  return PATCH_FIELDS.flatMap((name) => {
    const level = posture.patchLevels[name];
    const place = { cert: 0, field: `hardwareEnforced.${name}` };
    const expected = release[name];
    if (level.state !== 'date') return [finding('RELEASE_PATCH_MISSING', place, { expected })];
    return toDay(level.raw) < toDay(expected)
      ? [finding('RELEASE_PATCH_OLDER', place, { expected, got: level.raw })]
      : [];
  });
}

/** YYYYMMDD; a level without a day is that month's first. */
function toDay(level: number): number {
  return level < 1_000_000 ? level * 100 : level;
}
