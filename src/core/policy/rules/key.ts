/** How the key came to be and what it may be used for (THREATS T38, T39). */
import { type Finding, finding } from '../../base/index.ts';
import { describeEnum } from '../../key-description/index.ts';
import type { PolicyRules } from '../policy.ts';
import type { Subject } from '../subject.ts';

export function checkKeyOrigin(
  { description }: Subject,
  rule: PolicyRules['keyOrigin'],
): Finding[] {
  const { origin } = description.hardwareEnforced.fields;
  const got = origin === undefined ? null : describeEnum('KeyOrigin', origin);
  if (got !== null && rule.allowed.includes(got)) return [];
  const place = { cert: 0, field: 'hardwareEnforced.origin' };
  return [finding('KEY_ORIGIN', place, { expected: rule.allowed.join(', '), got })];
}

export function checkKeyPurpose(
  { description }: Subject,
  { allowed, denied }: PolicyRules['keyPurpose'],
): Finding[] {
  const purposes = description.hardwareEnforced.fields.purpose ?? [];
  const place = { cert: 0, field: 'hardwareEnforced.purpose' };
  if (purposes.length === 0) return [finding('KEY_PURPOSE', place, { got: null })];
  return purposes.flatMap((purpose) => {
    const name = describeEnum('KeyPurpose', purpose);
    const isRefused = denied.includes(name) || (allowed !== 'any' && !allowed.includes(name));
    return isRefused ? [finding('KEY_PURPOSE', place, { got: name })] : [];
  });
}

const KEY_PLACE = { cert: 0, field: 'subjectPublicKeyInfo' };

/** The key of the certificate, with which the record was compared already (THREATS T32). */
export function checkKeyAlgorithm({ path }: Subject, rule: PolicyRules['keyAlgorithm']): Finding[] {
  const { algorithm } = path.leafKey;
  if (rule.allowed.includes(algorithm)) return [];
  const expected = rule.allowed.join(', ');
  return [finding('KEY_ALGORITHM', KEY_PLACE, { expected, got: algorithm })];
}

/** The parameter sets of ML-DSA have one size each, and every one of them is enough. */
export function checkKeySize({ path }: Subject, rule: PolicyRules['keySize']): Finding[] {
  const key = path.leafKey;
  if ('curve' in key) {
    const { curves } = rule;
    return curves === 'any' || curves.includes(key.curve)
      ? []
      : [finding('KEY_SIZE', KEY_PLACE, { expected: curves.join(', '), got: key.curve })];
  }
  const { minimumRsaBits } = rule;
  return 'soundForIssuing' in key && key.size < minimumRsaBits
    ? [finding('KEY_SIZE', KEY_PLACE, { expected: minimumRsaBits, got: key.size })]
    : [];
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

/** HardwareAuthenticatorType.aidl: a bit mask. */
const FINGERPRINT = 2;

/**
 * What the hardware asks before it uses the key. A mask with more than the biometric bit opens for a
 * PIN too, and no mask says which class of biometric it is (THREATS T39).
 */
export function checkUserAuthRequired(
  { description }: Subject,
  { factor, use }: PolicyRules['userAuthRequired'],
): Finding[] {
  const { noAuthRequired, userAuthType = 0, authTimeout } = description.hardwareEnforced.fields;
  const refuse = (field: string, expected: string, got: number | string | boolean) =>
    finding('USER_AUTH_POLICY', { cert: 0, field: `hardwareEnforced.${field}` }, { expected, got });
  if (noAuthRequired) return [refuse('noAuthRequired', 'user authentication', true)];
  if (userAuthType === 0) return [refuse('userAuthType', 'user authentication', 0)];
  const findings: Finding[] = [];
  if (factor === 'biometric' && userAuthType !== FINGERPRINT) {
    findings.push(refuse('userAuthType', 'biometric alone', String(userAuthType)));
  }
  if (use === 'each' && authTimeout !== undefined) {
    findings.push(refuse('authTimeout', 'each use', String(authTimeout)));
  }
  return findings;
}

/** Tag 303, or 703 of Keymaster 1 and 2. */
export function checkRollbackResistance({ description }: Subject): Finding[] {
  const { rollbackResistance, rollbackResistant } = description.hardwareEnforced.fields;
  if (rollbackResistance || rollbackResistant) return [];
  return [
    finding('ROLLBACK_RESISTANCE_MISSING', {
      cert: 0,
      field: 'hardwareEnforced.rollbackResistance',
    }),
  ];
}
