/** How the device booted, each polarity by itself (THREATS T35 to T37). Hardware list only. */
import { type Finding, finding } from '../../base/index.ts';
import type { Recognised } from '../../reference/index.ts';
import type { PolicyRules } from '../policy.ts';
import type { Subject } from '../subject.ts';

const ROOT_OF_TRUST = 'hardwareEnforced.rootOfTrust';

export function checkRootOfTrust({ posture }: Subject): Finding[] {
  return posture.boot === null
    ? [finding('ROOT_OF_TRUST_MISSING', { cert: 0, field: ROOT_OF_TRUST })]
    : [];
}

export function checkDeviceLocked({ posture }: Subject): Finding[] {
  if (posture.boot === null || posture.boot.deviceLocked) return [];
  const place = { cert: 0, field: `${ROOT_OF_TRUST}.deviceLocked` };
  return [finding('DEVICE_UNLOCKED', place, { expected: true, got: false })];
}

export function checkBootState({ posture }: Subject, rule: PolicyRules['bootState']): Finding[] {
  if (posture.boot === null || rule.allowed.includes(posture.boot.state)) return [];
  const place = { cert: 0, field: `${ROOT_OF_TRUST}.verifiedBootState` };
  const expected = rule.allowed.join(', ');
  return [finding('BOOT_STATE_NOT_VERIFIED', place, { expected, got: posture.boot.state })];
}

/** A state that claims a key must come with one; an unlocked device has none to show. */
export function checkBootKey({ posture }: Subject): Finding[] {
  const { boot } = posture;
  const claimsKey = boot?.state === 'Verified' || boot?.state === 'SelfSigned';
  if (!claimsKey || !boot.keyIsBlank) return [];
  const place = { cert: 0, field: `${ROOT_OF_TRUST}.verifiedBootKey` };
  return [finding('BOOT_KEY_EMPTY', place, { got: boot.key })];
}

/** Keys whose private half is public make Verified and locked out of anyone's system (THREATS T37). */
export function checkBootKeyDenied(
  { posture: { boot } }: Subject,
  rule: PolicyRules['bootKeyDenied'],
): Finding[] {
  if (boot === null || !rule.keys.includes(boot.key)) return [];
  const place = { cert: 0, field: `${ROOT_OF_TRUST}.verifiedBootKey` };
  return [finding('BOOT_KEY_DENIED', place, { got: boot.key })];
}

/** A device without a root of trust has no key that could be allowed. */
export function checkBootKeyAllowed(
  { posture: { boot, recognised } }: Subject,
  rule: PolicyRules['bootKeyAllowed'],
): Finding[] {
  const isAllowed =
    (boot !== null && rule.keys.includes(boot.key)) ||
    (recognised !== null && rule.releases.includes(nameOf(recognised)));
  if (isAllowed) return [];
  const place = { cert: 0, field: `${ROOT_OF_TRUST}.verifiedBootKey` };
  return [finding('BOOT_KEY_NOT_ALLOWED', place, { got: boot?.key ?? null })];
}

function nameOf(recognised: Recognised): string {
  return recognised.kind === 'release' ? recognised.release.name : recognised.system.name;
}
