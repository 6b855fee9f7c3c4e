/** Marks that spoofing tools leave (THREATS T26). */
import { makeExtension } from '../certificate.ts';
import { bitString } from '../der.ts';
import { octetsField, TAG, withoutField } from '../key-description.ts';
import {
  type Apply,
  bootedAs,
  changeDescription,
  changeHardware,
  fromHex,
  hardware,
} from './changes.ts';
import type { Defect } from './defect.ts';
import { replaceExtension } from './extensions.ts';

const ROOT_OF_TRUST = 'hardwareEnforced.rootOfTrust';
const BOOT_HASH = new Uint8Array(32).fill(0xa5);

export const RISK_DEFECTS: readonly Defect[] = [
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

function provisioningInfo(cbor: string): Apply {
  return (plan) =>
    replaceExtension(
      plan,
      1,
      makeExtension('1.3.6.1.4.1.11129.2.1.30', fromHex(cbor.replaceAll(' ', ''))),
    );
}
