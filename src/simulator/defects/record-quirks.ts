/** KeyDescriptions written in unusual ways, which are remarked upon (THREATS B11 to B19, B37). */
import { makeExtension } from '../certificate.ts';
import { ascii, utf8 } from '../der.ts';
import { integerField, octetsField, rawField, TAG } from '../key-description.ts';
import {
  bootedAs,
  changeDescription,
  changeHardware,
  changeSoftware,
  fromHex,
  hardware,
  rootOfTrust,
  software,
} from './changes.ts';
import type { Defect } from './defect.ts';
import { replaceExtension } from './extensions.ts';

const ROOT_OF_TRUST = 'hardwareEnforced.rootOfTrust';
const PROVISIONING_INFO = '1.3.6.1.4.1.11129.2.1.30';

export const RECORD_QUIRKS: readonly Defect[] = [
  {
    name: 'quirk-brand-of-other-type',
    rule: 'B22',
    summary: 'attestationIdBrand as UTF8String, on which nothing rests',
    expects: {
      code: 'K_FIELD_MALFORMED',
      cert: 0,
      field: 'hardwareEnforced.attestationIdBrand',
      severity: 'info',
    },
    apply: hardware(rawField(TAG.attestationIdBrand, utf8('Enigm'))),
  },
  {
    name: 'quirk-unknown-tag',
    rule: 'B16',
    summary: 'a tag of a later KeyMint',
    expects: { code: 'K_UNKNOWN_TAG', cert: 0, field: 'hardwareEnforced', severity: 'info' },
    apply: hardware(octetsField(799, ascii('later'))),
  },
  {
    name: 'quirk-tag-order',
    rule: 'B13',
    summary: 'patch levels of vendor and boot the wrong way round',
    expects: { code: 'K_TAG_ORDER', cert: 0, field: 'hardwareEnforced', severity: 'info' },
    apply: (plan) =>
      changeHardware(plan, (list) => [...list.slice(0, -2), ...list.slice(-2).toReversed()]),
  },
  {
    name: 'quirk-software-tag-order',
    rule: 'B14',
    summary: 'the software list the wrong way round',
    expects: { code: 'K_TAG_ORDER', cert: 0, field: 'softwareEnforced', severity: 'info' },
    apply: (plan) => changeSoftware(plan, (list) => list.toReversed()),
  },
  {
    name: 'quirk-locked-01',
    rule: 'B11',
    summary: 'deviceLocked as 01, as a generation of phones writes it',
    expects: { code: 'K_BOOL_NON_DER', cert: 0, field: ROOT_OF_TRUST, severity: 'info' },
    apply: bootedAs({ deviceLocked: 0x01 }),
  },
  {
    name: 'quirk-later-version',
    rule: 'B19',
    summary: 'attestation version 600',
    expects: {
      code: 'K_VERSION_UNKNOWN',
      cert: 0,
      field: 'attestationVersion',
      severity: 'info',
    },
    apply: (plan) =>
      changeDescription(plan, () => ({ attestationVersion: 600, keyMintVersion: 600 })),
  },
  {
    name: 'quirk-boot-hash-absent',
    rule: 'B18',
    summary: 'a root of trust of three elements in a version 400 record',
    expects: { code: 'K_BOOT_HASH_ABSENT', cert: 0, field: ROOT_OF_TRUST, severity: 'info' },
    apply: bootedAs({ verifiedBootHash: null }),
  },
  {
    name: 'quirk-root-of-trust-in-software',
    rule: 'T34',
    summary: 'a second root of trust in the software list',
    expects: {
      code: 'K_ROOT_OF_TRUST_IN_SOFTWARE',
      cert: 0,
      field: 'softwareEnforced.rootOfTrust',
      severity: 'info',
    },
    apply: software(rootOfTrust({})),
  },
  {
    name: 'quirk-creation-time-in-hardware',
    rule: 'T34',
    summary: 'the creation time in the hardware list',
    expects: {
      code: 'K_CREATION_TIME_IN_HARDWARE',
      cert: 0,
      field: 'hardwareEnforced.creationDateTime',
      severity: 'info',
    },
    apply: hardware(integerField(TAG.creationDateTime, 1_771_894_563_060)),
  },
  ...(
    [
      ['cut off', 'a101'],
      ['an array', '8101'],
      ['of indefinite length', 'bf0108ff'],
      ['with a key twice', 'a201080109'],
      ['larger than any', `a101591000${'00'.repeat(4096)}`],
    ] as const
  ).map(
    ([what, cbor]): Defect => ({
      name: `quirk-provisioning-info-${what.replaceAll(' ', '-')}`,
      rule: 'B37',
      summary: `a ProvisioningInfo that is ${what}`,
      expects: {
        code: 'PROVISIONING_INFO_MALFORMED',
        cert: 1,
        field: 'provisioningInfo',
        severity: 'info',
      },
      apply: (plan) => replaceExtension(plan, 1, makeExtension(PROVISIONING_INFO, fromHex(cbor))),
    }),
  ),
];
