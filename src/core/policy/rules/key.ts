/** How the key came to be and what it may be used for (THREATS T38, T39). */
import { type Finding, finding } from '../../base/index.ts';
import { describeEnum, ORIGIN_GENERATED } from '../../key-description/index.ts';
import type { PolicyRules } from '../policy.ts';
import type { Subject } from '../subject.ts';

export function checkKeyOrigin({ description }: Subject): Finding[] {
  const { origin } = description.hardwareEnforced.fields;
  if (origin === ORIGIN_GENERATED) return [];
  const got = origin === undefined ? null : describeEnum('KeyOrigin', origin);
  const place = { cert: 0, field: 'hardwareEnforced.origin' };
  return [finding('KEY_ORIGIN', place, { expected: 'GENERATED', got })];
}

export function checkKeyPurpose(
  { description }: Subject,
  rule: PolicyRules['keyPurpose'],
): Finding[] {
  const purposes = description.hardwareEnforced.fields.purpose ?? [];
  const place = { cert: 0, field: 'hardwareEnforced.purpose' };
  if (purposes.length === 0) return [finding('KEY_PURPOSE', place, { got: null })];
  return purposes.flatMap((purpose) => {
    const name = describeEnum('KeyPurpose', purpose);
    return rule.denied.includes(name) ? [finding('KEY_PURPOSE', place, { got: name })] : [];
  });
}

/** In either list: Keymaster 1 and 2 wrote it where they pleased (THREATS T38). */
export function checkAllApplications({ description }: Subject): Finding[] {
  return (['softwareEnforced', 'hardwareEnforced'] as const).flatMap((list) =>
    description[list].fields.allApplications
      ? [finding('ALL_APPLICATIONS', { cert: 0, field: `${list}.allApplications` })]
      : [],
  );
}

export function checkDeviceUnique({ description }: Subject): Finding[] {
  return (['softwareEnforced', 'hardwareEnforced'] as const).flatMap((list) =>
    description[list].fields.deviceUniqueAttestation
      ? [
          finding('DEVICE_UNIQUE_ATTESTATION', {
            cert: 0,
            field: `${list}.deviceUniqueAttestation`,
          }),
        ]
      : [],
  );
}

/** HardwareAuthenticatorType NONE (0) beside noAuthRequired is no contradiction. */
export function checkUserAuth({ description }: Subject): Finding[] {
  const { noAuthRequired, userAuthType } = description.hardwareEnforced.fields;
  const contradicts = noAuthRequired && userAuthType !== undefined && userAuthType !== 0;
  return contradicts
    ? [finding('USER_AUTH_CONTRADICTORY', { cert: 0, field: 'hardwareEnforced.userAuthType' })]
    : [];
}
