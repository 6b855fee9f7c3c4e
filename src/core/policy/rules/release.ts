/** Whether the device runs a release of the registry that the policy allows. */
import { type Finding, finding } from '../../base/index.ts';
import { bootStatesOf, PATCH_FIELDS } from '../../posture/index.ts';
import type { Release } from '../../reference/index.ts';
import type { PolicyRules } from '../policy.ts';
import type { Subject } from '../subject.ts';

const ROOT_OF_TRUST = { cert: 0, field: 'hardwareEnforced.rootOfTrust' };

export function checkRelease(subject: Subject, rule: PolicyRules['release']): Finding[] {
  if (subject.registryIsExpired) return [finding('REGISTRY_EXPIRED')];
  if (!subject.knowsReleases) return [finding('REGISTRY_NOT_CONFIGURED')];
  return [...checkRecognised(subject, rule), ...checkBootStateOfRecord(subject)];
}

function checkRecognised(subject: Subject, rule: PolicyRules['release']): Finding[] {
  const { recognised } = subject.posture;
  if (recognised === null) return [finding('RELEASE_UNKNOWN', ROOT_OF_TRUST)];
  if (recognised.kind === 'system') {
    return [finding('RELEASE_KEY_ONLY', ROOT_OF_TRUST, { got: recognised.system.name })];
  }
  const { release } = recognised;
  return [
    ...checkAllowed(release, rule),
    ...checkModel(subject, release),
    ...checkOsVersion(subject, release),
    ...checkPatchFloor(subject, release),
  ];
}

/**
 * A maker's key boots Verified, a key the user installed SelfSigned (AOSP, Verified Boot flow). Unverified
 * and Failed vouch for no key, and are the boot state rule's.
 */
function checkBootStateOfRecord({ posture: { boot, recognised } }: Subject): Finding[] {
  const claimsKey = boot?.state === 'Verified' || boot?.state === 'SelfSigned';
  if (!claimsKey || recognised === null) return [];
  const states = bootStatesOf(recognised);
  if (states.includes(boot.state)) return [];
  const place = { cert: 0, field: `${ROOT_OF_TRUST.field}.verifiedBootState` };
  return [finding('RELEASE_BOOT_STATE', place, { expected: states.join(', '), got: boot.state })];
}

/** The digest of a build fixes its OS version: another one is an impossible combination. */
function checkOsVersion({ description }: Subject, { osVersion }: Release): Finding[] {
  const reported = description.hardwareEnforced.fields.osVersion;
  if (reported === osVersion) return [];
  const place = { cert: 0, field: 'hardwareEnforced.osVersion' };
  const got = reported === undefined ? null : String(reported);
  return [finding('RELEASE_OS_VERSION', place, { expected: osVersion, got })];
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
    if (toDay(level.raw) === toDay(expected)) return [];
    const code = toDay(level.raw) < toDay(expected) ? 'RELEASE_PATCH_OLDER' : 'RELEASE_PATCH_NEWER';
    return [finding(code, place, { expected, got: level.raw })];
  });
}

/** YYYYMMDD; a level without a day is that month's first. */
function toDay(level: number): number {
  return level < 1_000_000 ? level * 100 : level;
}
