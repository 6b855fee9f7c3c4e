/** Devices and keys that are genuine and not good enough, and marks of spoofing tools (T26, T32 to T41). */
import { makeExtension, makeName } from '../certificate.ts';
import { bitString, octetString } from '../der.ts';
import {
  type Field,
  integerField,
  nullField,
  octetsField,
  type RootOfTrustValues,
  rawField,
  setField,
  TAG,
  textField,
  withField,
  withoutField,
} from '../key-description.ts';
import { changeParts } from '../plan.ts';
import {
  changeDescription,
  changeHardware,
  changeRootOfTrust,
  changeSoftware,
  type Defect,
  fromHex,
} from './defect.ts';
import { replaceExtension } from './extensions.ts';

const ROOT_OF_TRUST = 'hardwareEnforced.rootOfTrust';
const BOOT_KEY = new Uint8Array(32).fill(0x5a);
const BOOT_HASH = new Uint8Array(32).fill(0xa5);
const ENIGM = 'enigm-development';

const PATCH_FIELDS = ['osPatchLevel', 'vendorPatchLevel', 'bootPatchLevel'] as const;

export const POSTURE_DEFECTS: readonly Defect[] = [
  {
    name: 'software-key',
    rule: 'T33',
    summary: 'key and attestation kept by software',
    expects: { code: 'SECURITY_LEVEL_SOFTWARE', cert: 0, field: 'attestationSecurityLevel' },
    apply: levels(0, 0),
  },
  {
    name: 'software-attestation-of-hardware-key',
    rule: 'T33',
    summary: 'an attestation by software of a key in the TEE',
    expects: { code: 'SECURITY_LEVEL_MISMATCH', cert: 0, field: 'keyMintSecurityLevel' },
    apply: levels(0, 1),
  },
  {
    name: 'strongbox-key-attested-by-tee',
    rule: 'T33',
    summary: 'an attestation by the TEE of a key in StrongBox',
    expects: { code: 'SECURITY_LEVEL_MISMATCH', cert: 0, field: 'keyMintSecurityLevel' },
    apply: levels(1, 2),
  },
  {
    name: 'software-kept-key',
    rule: 'T33',
    summary: 'a key kept by software, attested by the TEE',
    expects: { code: 'SECURITY_LEVEL_SOFTWARE', cert: 0, field: 'keyMintSecurityLevel' },
    apply: levels(1, 0),
  },
  {
    name: 'level-not-named',
    rule: 'T33',
    summary: 'a remotely provisioned attestation certificate that names no level',
    expects: { code: 'SECURITY_LEVEL_CHAIN_MISMATCH', cert: 0, field: 'attestationSecurityLevel' },
    apply: (plan) => {
      const subject = makeName({ CN: 'feedfacefeedfacefeedfacefeedface', O: 'Something' });
      changeParts(plan, 1, { subject });
      changeParts(plan, 0, { issuer: subject });
    },
  },
  {
    name: 'strongbox-claim-on-tee-chain',
    rule: 'T33',
    summary: 'a StrongBox record under a TEE’s certificates',
    expects: { code: 'SECURITY_LEVEL_CHAIN_MISMATCH', cert: 0, field: 'attestationSecurityLevel' },
    apply: levels(2, 2),
  },
  {
    name: 'strongbox-claim-on-silent-chain',
    rule: 'T33',
    summary: 'a StrongBox record under factory certificates that name no level',
    device: { provisioning: 'factory' },
    expects: { code: 'SECURITY_LEVEL_CHAIN_MISMATCH', cert: 0, field: 'attestationSecurityLevel' },
    apply: (plan) => {
      const [issuer, lower] = [
        makeName({ serialNumber: '90e8da3cadfc7820' }),
        makeName({ serialNumber: 'ab12' }),
      ];
      changeParts(plan, 2, { subject: issuer });
      changeParts(plan, 1, { subject: lower, issuer });
      changeParts(plan, 0, { issuer: lower });
      changeDescription(plan, () => ({ attestationSecurityLevel: 2, keyMintSecurityLevel: 2 }));
    },
  },
  {
    name: 'tee-claim-on-strongbox-chain',
    rule: 'T33',
    summary: 'a TEE record under StrongBox certificates',
    device: { provisioning: 'factory', level: 'StrongBox' },
    expects: { code: 'SECURITY_LEVEL_CHAIN_MISMATCH', cert: 0, field: 'attestationSecurityLevel' },
    apply: levels(1, 1),
  },
  {
    name: 'no-root-of-trust',
    rule: 'T35',
    summary: 'no root of trust in the hardware list',
    expects: { code: 'ROOT_OF_TRUST_MISSING', cert: 0, field: ROOT_OF_TRUST },
    apply: withoutHardware(TAG.rootOfTrust),
  },
  {
    name: 'root-of-trust-only-in-software',
    rule: 'T34',
    summary: 'the root of trust in the list that the operating system writes',
    expects: { code: 'ROOT_OF_TRUST_MISSING', cert: 0, field: ROOT_OF_TRUST },
    apply: moveToSoftware(TAG.rootOfTrust),
  },
  {
    name: 'unlocked',
    rule: 'T36',
    summary: 'an unlocked device that still reports Verified',
    expects: { code: 'DEVICE_UNLOCKED', cert: 0, field: `${ROOT_OF_TRUST}.deviceLocked` },
    apply: bootedAs({ deviceLocked: 0x00 }),
  },
  ...(
    [
      [1, 'self-signed', 'SelfSigned, a boot key the user installed'],
      [2, 'unverified', 'Unverified'],
      [3, 'boot-failed', 'Failed'],
    ] as const
  ).map(
    ([verifiedBootState, name, what]): Defect => ({
      name,
      rule: 'T36',
      summary: `a locked device whose boot state is ${what}`,
      expects: {
        code: 'BOOT_STATE_NOT_VERIFIED',
        cert: 0,
        field: `${ROOT_OF_TRUST}.verifiedBootState`,
      },
      apply: bootedAs({ verifiedBootState }),
    }),
  ),
  {
    name: 'zero-boot-key',
    rule: 'T36',
    summary: 'Verified and locked with a boot key of zeros, as a maker’s internal builds',
    expects: { code: 'BOOT_KEY_EMPTY', cert: 0, field: `${ROOT_OF_TRUST}.verifiedBootKey` },
    apply: bootedAs({ verifiedBootKey: new Uint8Array(32) }),
  },
  {
    name: 'empty-boot-key',
    rule: 'T36',
    summary: 'Verified and locked with an empty boot key',
    expects: { code: 'BOOT_KEY_EMPTY', cert: 0, field: `${ROOT_OF_TRUST}.verifiedBootKey` },
    apply: bootedAs({ verifiedBootKey: new Uint8Array(0) }),
  },
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
  ...PATCH_FIELDS.flatMap((name): Defect[] => {
    const place = { cert: 0, field: `hardwareEnforced.${name}`, severity: 'review' } as const;
    const dated = (yearMonth: number): Field =>
      integerField(TAG[name], name === 'osPatchLevel' ? yearMonth : yearMonth * 100 + 5);
    return [
      {
        name: `${name}-missing`,
        rule: 'T41',
        summary: `no ${name}`,
        expects: { code: 'PATCH_LEVEL_MISSING', ...place },
        apply: withoutHardware(TAG[name]),
      },
      {
        name: `${name}-zero`,
        rule: 'T41',
        summary: `a ${name} of 0, as some genuine devices report`,
        expects: { code: 'PATCH_LEVEL_ZERO', ...place },
        apply: hardware(integerField(TAG[name], 0)),
      },
      {
        name: `${name}-month-13`,
        rule: 'B21',
        summary: `a ${name} with month 13`,
        expects: { code: 'PATCH_LEVEL_MALFORMED', ...place },
        apply: hardware(dated(202613)),
      },
      {
        name: `${name}-old`,
        rule: 'T41',
        summary: `a ${name} of 2019`,
        expects: { code: 'PATCH_LEVEL_TOO_OLD', ...place },
        apply: hardware(dated(201906)),
      },
      {
        name: `${name}-future`,
        rule: 'T41',
        summary: `a ${name} of 2099`,
        expects: { code: 'PATCH_LEVEL_FUTURE', ...place },
        apply: hardware(dated(209901)),
      },
    ];
  }),
  {
    name: 'patch-level-of-other-type',
    rule: 'B21',
    summary: 'a vendor patch level written as an OCTET STRING',
    expects: {
      code: 'PATCH_LEVEL_MALFORMED',
      cert: 0,
      field: 'hardwareEnforced.vendorPatchLevel',
      severity: 'review',
    },
    apply: hardware(rawField(TAG.vendorPatchLevel, octetString(fromHex('32303236')))),
  },
  {
    name: 'unknown-release',
    rule: 'T36',
    summary: 'a locked, verified device whose build no registry knows: a stock phone',
    policy: ENIGM,
    expects: { code: 'RELEASE_UNKNOWN', cert: 0, field: ROOT_OF_TRUST },
    apply: bootedAs({ verifiedBootKey: BOOT_KEY }),
  },
  {
    name: 'release-of-other-model',
    rule: 'T36',
    summary: 'a known release on a device of another model',
    policy: ENIGM,
    expects: {
      code: 'RELEASE_MODEL_MISMATCH',
      cert: 0,
      field: 'hardwareEnforced.attestationIdModel',
    },
    apply: hardware(textField(TAG.attestationIdModel, 'Some other phone')),
  },
  {
    name: 'release-patch-missing',
    rule: 'T41',
    summary: 'a known release that reports no boot patch level',
    policy: ENIGM,
    expects: {
      code: 'RELEASE_PATCH_MISSING',
      cert: 0,
      field: 'hardwareEnforced.bootPatchLevel',
    },
    apply: withoutHardware(TAG.bootPatchLevel),
  },
  {
    name: 'release-patch-older',
    rule: 'T41',
    summary: 'a known release with a boot patch level older than its own',
    policy: ENIGM,
    expects: { code: 'RELEASE_PATCH_OLDER', cert: 0, field: 'hardwareEnforced.bootPatchLevel' },
    apply: hardware(integerField(TAG.bootPatchLevel, 20260101)),
  },
  {
    name: 'risk-root-of-trust-last',
    rule: 'T26',
    summary: 'the root of trust appended behind the patch levels',
    expects: { code: 'RISK_ROT_TAG_LAST', cert: 0, field: ROOT_OF_TRUST, severity: 'review' },
    apply: (plan) =>
      changeHardware(plan, (list) => [
        ...withoutField(list, TAG.rootOfTrust),
        ...list.filter(({ tag }) => tag === TAG.rootOfTrust),
      ]),
  },
  {
    name: 'risk-module-hash-in-hardware',
    rule: 'T26',
    summary: 'moduleHash in the hardware list',
    expects: {
      code: 'RISK_MODULEHASH_HW',
      cert: 0,
      field: 'hardwareEnforced.moduleHash',
      severity: 'review',
    },
    apply: hardware(octetsField(TAG.moduleHash, BOOT_HASH)),
  },
  {
    name: 'risk-leaf-may-certify',
    rule: 'T26',
    summary: 'a leaf whose keyUsage is keyCertSign',
    expects: { code: 'RISK_LEAF_KEYCERTSIGN', cert: 0, field: 'keyUsage', severity: 'info' },
    apply: (plan) =>
      replaceExtension(
        plan,
        0,
        makeExtension('2.5.29.15', bitString(Uint8Array.of(0x04), 2), true),
      ),
  },
  {
    name: 'risk-zero-boot-hash',
    rule: 'T26',
    summary: 'Verified with a boot hash of zeros',
    expects: {
      code: 'RISK_ZERO_BOOT_KEY',
      cert: 0,
      field: `${ROOT_OF_TRUST}.verifiedBootHash`,
      severity: 'review',
    },
    apply: bootedAs({ verifiedBootHash: new Uint8Array(32) }),
  },
  {
    name: 'risk-version-pair',
    rule: 'T26',
    summary: 'attestation version 400 from KeyMint 300',
    expects: {
      code: 'RISK_ATTEST_VERSION_PAIR',
      cert: 0,
      field: 'keyMintVersion',
      severity: 'review',
    },
    apply: (plan) => changeDescription(plan, () => ({ keyMintVersion: 300 })),
  },
  {
    name: 'risk-other-manufacturer',
    rule: 'T26',
    summary: 'an attestation key that was provisioned for another maker’s device',
    expects: {
      code: 'RISK_PI_MANUFACTURER',
      cert: 1,
      field: 'provisioningInfo',
      severity: 'review',
    },
    // CBOR {1: 8, 3: "Other"}
    apply: provisioningInfo('a201080365 4f74686572'),
  },
  {
    name: 'risk-many-certificates',
    rule: 'T26',
    summary: 'a device that was issued 4,096 certificates in a month',
    expects: {
      code: 'RISK_CERTS_ISSUED_HIGH',
      cert: 1,
      field: 'provisioningInfo',
      severity: 'info',
    },
    // CBOR {1: 4096}
    apply: provisioningInfo('a101191000'),
  },
  {
    name: 'risk-long-challenge',
    rule: 'T26',
    summary: 'a challenge of 129 bytes',
    expects: {
      code: 'RISK_CHALLENGE_TOO_LONG',
      cert: 0,
      field: 'attestationChallenge',
      severity: 'review',
    },
    apply: (plan) =>
      changeDescription(plan, () => ({ attestationChallenge: new Uint8Array(129).fill(7) })),
  },
];

type Apply = Defect['apply'];

function levels(attestationSecurityLevel: number, keyMintSecurityLevel: number): Apply {
  return (plan) =>
    changeDescription(plan, () => ({ attestationSecurityLevel, keyMintSecurityLevel }));
}

function hardware(replacement: Field): Apply {
  return (plan) => changeHardware(plan, (list) => withField(list, replacement));
}

function software(replacement: Field): Apply {
  return (plan) => changeSoftware(plan, (list) => withField(list, replacement));
}

function withoutHardware(tag: number): Apply {
  return (plan) => changeHardware(plan, (list) => withoutField(list, tag));
}

function moveToSoftware(tag: number): Apply {
  return (plan) =>
    changeDescription(plan, ({ softwareEnforced, hardwareEnforced }) => ({
      softwareEnforced: withField(
        softwareEnforced,
        hardwareEnforced.find((each) => each.tag === tag) as Field,
      ),
      hardwareEnforced: withoutField(hardwareEnforced, tag),
    }));
}

function bootedAs(changes: Partial<RootOfTrustValues>): Apply {
  return (plan) => changeRootOfTrust(plan, changes);
}

function provisioningInfo(cbor: string): Apply {
  return (plan) =>
    replaceExtension(
      plan,
      1,
      makeExtension('1.3.6.1.4.1.11129.2.1.30', fromHex(cbor.replaceAll(' ', ''))),
    );
}
