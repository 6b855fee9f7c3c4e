/** Devices that are genuine and not good enough: security level and boot state (THREATS T33 to T36). */
import { makeName } from '../certificate.ts';
import { TAG } from '../key-description.ts';
import { changeParts } from '../plan.ts';
import { bootedAs, changeDescription, levels, moveToSoftware, withoutHardware } from './changes.ts';
import type { Defect } from './defect.ts';

const ROOT_OF_TRUST = 'hardwareEnforced.rootOfTrust';

export const BOOT_DEFECTS: readonly Defect[] = [
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
];
