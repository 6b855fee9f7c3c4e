/** Keys that are genuine and not good enough (THREATS T32, T38, T39). */
import { integerField, nullField, setField, TAG } from '../key-description.ts';
import { hardware, moveToSoftware, software, withoutHardware } from './changes.ts';
import type { Defect } from './defect.ts';

export const KEY_DEFECTS: readonly Defect[] = [
  {
    name: 'imported-key',
    rule: 'T38',
    summary: 'a key that was imported, so that its importer knows it',
    expects: { code: 'KEY_ORIGIN', cert: 0, field: 'hardwareEnforced.origin' },
    apply: hardware(integerField(TAG.origin, 2)),
  },
  {
    name: 'no-origin',
    rule: 'T38',
    summary: 'a key without origin',
    expects: { code: 'KEY_ORIGIN', cert: 0, field: 'hardwareEnforced.origin' },
    apply: withoutHardware(TAG.origin),
  },
  {
    name: 'origin-only-in-software',
    rule: 'T34',
    summary: 'the origin in the list that the operating system writes',
    expects: { code: 'KEY_ORIGIN', cert: 0, field: 'hardwareEnforced.origin' },
    apply: moveToSoftware(TAG.origin),
  },
  {
    name: 'attesting-leaf',
    rule: 'T38',
    summary: 'a leaf that is an ATTEST_KEY itself',
    expects: { code: 'KEY_PURPOSE', cert: 0, field: 'hardwareEnforced.purpose' },
    apply: hardware(setField(TAG.purpose, [7])),
  },
  {
    name: 'no-purpose',
    rule: 'T34',
    summary: 'purposes only in the list that the operating system writes',
    expects: { code: 'KEY_PURPOSE', cert: 0, field: 'hardwareEnforced.purpose' },
    apply: moveToSoftware(TAG.purpose),
  },
  {
    name: 'all-applications',
    rule: 'T38',
    summary: 'a key that every app may use',
    expects: { code: 'ALL_APPLICATIONS', cert: 0, field: 'hardwareEnforced.allApplications' },
    apply: hardware(nullField(TAG.allApplications)),
  },
  {
    name: 'all-applications-in-software',
    rule: 'T38',
    summary: 'the same in the software list',
    expects: { code: 'ALL_APPLICATIONS', cert: 0, field: 'softwareEnforced.allApplications' },
    apply: software(nullField(TAG.allApplications)),
  },
  {
    name: 'device-unique',
    rule: 'T38',
    summary: 'device-unique attestation under a shared anchor',
    expects: {
      code: 'DEVICE_UNIQUE_ATTESTATION',
      cert: 0,
      field: 'hardwareEnforced.deviceUniqueAttestation',
    },
    apply: hardware(nullField(TAG.deviceUniqueAttestation)),
  },
  {
    name: 'contradictory-user-auth',
    rule: 'T39',
    summary: 'a key that both needs and does not need user authentication',
    expects: { code: 'USER_AUTH_CONTRADICTORY', cert: 0, field: 'hardwareEnforced.userAuthType' },
    apply: hardware(integerField(TAG.userAuthType, 2)),
  },
  {
    name: 'other-key-size',
    rule: 'T32',
    summary: 'a record that describes a P-384 key in a certificate of a P-256 key',
    expects: { code: 'KEY_PARAMS_INCONSISTENT', cert: 0, field: 'hardwareEnforced.keySize' },
    apply: hardware(integerField(TAG.keySize, 384)),
  },
  {
    name: 'other-curve',
    rule: 'T32',
    summary: 'a record that names another curve than the certificate’s key has',
    expects: { code: 'KEY_PARAMS_INCONSISTENT', cert: 0, field: 'hardwareEnforced.ecCurve' },
    apply: hardware(integerField(TAG.ecCurve, 2)),
  },
  {
    name: 'other-algorithm',
    rule: 'T32',
    summary: 'a record of an RSA key in a certificate of an EC key',
    expects: { code: 'KEY_PARAMS_INCONSISTENT', cert: 0, field: 'hardwareEnforced.algorithm' },
    apply: hardware(integerField(TAG.algorithm, 1)),
  },
  {
    name: 'other-ml-dsa-variant',
    rule: 'T32',
    summary: 'a record of an ML-DSA-87 key in a certificate of an ML-DSA-65 key',
    attest: { kind: 'ML_DSA_65' },
    expects: { code: 'KEY_PARAMS_INCONSISTENT', cert: 0, field: 'hardwareEnforced.mlDsaVariant' },
    apply: hardware(integerField(TAG.mlDsaVariant, 2)),
  },
];
