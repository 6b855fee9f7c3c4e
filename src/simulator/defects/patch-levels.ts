/** Patch levels and releases (THREATS T36, T41, B21). */
import { octetString } from '../der.ts';
import { type Field, integerField, rawField, TAG, textField } from '../key-description.ts';
import { bootedAs, fromHex, hardware, withoutHardware } from './changes.ts';
import type { Defect } from './defect.ts';

const ROOT_OF_TRUST = 'hardwareEnforced.rootOfTrust';
const BOOT_KEY = new Uint8Array(32).fill(0x5a);
const ENIGM = 'enigm-development';
const PATCH_FIELDS = ['osPatchLevel', 'vendorPatchLevel', 'bootPatchLevel'] as const;

export const PATCH_DEFECTS: readonly Defect[] = [
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
];
