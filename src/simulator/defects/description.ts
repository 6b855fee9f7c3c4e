/** Defects and quirks of how a KeyDescription is written (THREATS B11 to B23, B37, B38, T43). */
import { makeExtension } from '../certificate.ts';
import {
  ascii,
  type Bytes,
  boolean,
  concat,
  elementsOf,
  enumerated,
  integer,
  nullValue,
  octetString,
  sequence,
  setOf,
  split,
  utf8,
} from '../der.ts';
import {
  applicationIdField,
  type Field,
  integerField,
  nullField,
  octetsField,
  type RootOfTrustValues,
  rawField,
  rootOfTrustField,
  setField,
  TAG,
  withField,
} from '../key-description.ts';
import { change } from '../plan.ts';
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
const APPLICATION_ID = 'softwareEnforced.attestationApplicationId';
const BOOT_KEY = new Uint8Array(32).fill(0x5a);
const BOOT_HASH = new Uint8Array(32).fill(0xa5);
const PROVISIONING_INFO = '1.3.6.1.4.1.11129.2.1.30';

export const DESCRIPTION_DEFECTS: readonly Defect[] = [
  {
    name: 'description-trailing-bytes',
    rule: 'B03',
    summary: 'bytes behind the KeyDescription in its extension',
    expects: { code: 'DER_TRAILING_DATA', cert: 0, field: 'keyDescription' },
    apply: editDescription((der) => concat(der, nullValue())),
  },
  {
    name: 'description-nine-elements',
    rule: 'B18',
    summary: 'a KeyDescription of nine elements',
    expects: { code: 'K_BAD_STRUCTURE', cert: 0, field: 'keyDescription' },
    apply: editDescription((der) => sequence(...elementsOf(split(der).content), nullValue())),
  },
  {
    name: 'description-seven-elements',
    rule: 'B18',
    summary: 'a KeyDescription without its hardware list',
    expects: { code: 'K_BAD_STRUCTURE', cert: 0, field: 'hardwareEnforced' },
    apply: editDescription((der) => sequence(...elementsOf(split(der).content).slice(0, -1))),
  },
  {
    name: 'level-as-integer',
    rule: 'B20',
    summary: 'a security level written as INTEGER',
    expects: { code: 'K_BAD_STRUCTURE', cert: 0, field: 'attestationSecurityLevel' },
    apply: editDescription((der) =>
      sequence(...elementsOf(split(der).content).with(1, integer(1))),
    ),
  },
  {
    name: 'untagged-field',
    rule: 'B22',
    summary: 'a field without its tag',
    expects: { code: 'K_BAD_STRUCTURE', cert: 0, field: 'hardwareEnforced' },
    apply: (plan) => changeHardware(plan, (list) => [...list, { tag: 0, der: integer(1) }]),
  },
  {
    name: 'unknown-security-level',
    rule: 'B20',
    summary: 'security level 3',
    expects: { code: 'K_BAD_ENUM', cert: 0, field: 'attestationSecurityLevel' },
    apply: (plan) => changeDescription(plan, () => ({ attestationSecurityLevel: 3 })),
  },
  {
    name: 'unknown-boot-state',
    rule: 'B20',
    summary: 'boot state 7',
    expects: { code: 'K_BAD_ENUM', cert: 0, field: ROOT_OF_TRUST },
    apply: bootedAs({ verifiedBootState: 7 }),
  },
  {
    name: 'unknown-origin',
    rule: 'B20',
    summary: 'key origin 9',
    expects: { code: 'K_BAD_ENUM', cert: 0, field: 'hardwareEnforced.origin' },
    apply: hardware(integerField(TAG.origin, 9)),
  },
  {
    name: 'aliased-boot-state',
    rule: 'B05',
    summary: 'boot state 2^32, which 32-bit readers take for Verified',
    expects: { code: 'ROOT_OF_TRUST_MALFORMED', cert: 0, field: ROOT_OF_TRUST },
    apply: hardware(
      rawField(
        TAG.rootOfTrust,
        sequence(
          octetString(BOOT_KEY),
          boolean(0xff),
          concat(
            Uint8Array.of(0x0a),
            split(integer(2 ** 32)).length,
            split(integer(2 ** 32)).content,
          ),
          octetString(BOOT_HASH),
        ),
      ),
    ),
  },
  {
    name: 'duplicate-tag',
    rule: 'B15',
    summary: 'two roots of trust in the hardware list',
    expects: { code: 'K_DUPLICATE_TAG', cert: 0, field: 'hardwareEnforced' },
    apply: (plan) => changeHardware(plan, (list) => [...list, rootOfTrust({})]),
  },
  {
    name: 'duplicate-unknown-tag',
    rule: 'B15',
    summary: 'an unknown tag twice',
    expects: { code: 'K_DUPLICATE_TAG', cert: 0, field: 'hardwareEnforced' },
    apply: (plan) => changeHardware(plan, (list) => [...list, nullField(800), nullField(800)]),
  },
  {
    name: 'duplicate-set-member',
    rule: 'B17',
    summary: 'the same purpose twice',
    expects: { code: 'K_DUPLICATE_SET_MEMBER', cert: 0, field: 'hardwareEnforced.purpose' },
    apply: hardware(setField(TAG.purpose, [2, 2])),
  },
  {
    name: 'endless-list',
    rule: 'T49',
    summary: 'two hundred and fifty-seven unknown tags',
    expects: { code: 'K_TOO_MANY_VALUES', cert: 0, field: 'softwareEnforced' },
    apply: (plan) =>
      changeSoftware(plan, () => Array.from({ length: 257 }, (_, at) => nullField(1000 + at))),
  },
  {
    name: 'endless-set',
    rule: 'T49',
    summary: 'sixty-five digests',
    expects: { code: 'K_TOO_MANY_VALUES', cert: 0, field: 'hardwareEnforced.digest' },
    apply: hardware(
      setField(
        TAG.digest,
        Array.from({ length: 65 }, (_, at) => at),
      ),
    ),
  },
  {
    name: 'endless-packages',
    rule: 'B38',
    summary: 'an application id of sixty-five packages',
    expects: { code: 'K_TOO_MANY_VALUES', cert: 0, field: APPLICATION_ID },
    apply: software(
      applicationIdField(
        Array.from({ length: 65 }, (_, at) => ({ name: `a.b${at}`, version: 1 })),
        [],
      ),
    ),
  },
  {
    name: 'endless-signers',
    rule: 'B38',
    summary: 'an application id of seventeen signer digests',
    expects: { code: 'K_TOO_MANY_VALUES', cert: 0, field: APPLICATION_ID },
    apply: software(
      applicationIdField(
        [{ name: 'a.b', version: 1 }],
        Array.from({ length: 17 }, (_, at) => new Uint8Array(32).fill(at)),
      ),
    ),
  },
  ...(
    ['purpose', 'algorithm', 'keySize', 'digest', 'ecCurve', 'origin', 'userAuthType'] as const
  ).map(
    (name): Defect => ({
      name: `unreadable-${name}`,
      rule: 'B22',
      summary: `${name} as an OCTET STRING`,
      expects: { code: 'K_FIELD_UNREADABLE', cert: 0, field: `hardwareEnforced.${name}` },
      apply: hardware(rawField(TAG[name], octetString(ascii('?')))),
    }),
  ),
  {
    name: 'negative-origin',
    rule: 'B05',
    summary: 'a negative key origin',
    expects: { code: 'K_FIELD_UNREADABLE', cert: 0, field: 'hardwareEnforced.origin' },
    apply: hardware(integerField(TAG.origin, -1)),
  },
  {
    name: 'huge-origin',
    rule: 'B05',
    summary: 'a key origin of ten octets',
    expects: { code: 'K_FIELD_UNREADABLE', cert: 0, field: 'hardwareEnforced.origin' },
    apply: hardware(rawField(TAG.origin, integer(2n ** 72n))),
  },
  {
    name: 'two-values-in-one-tag',
    rule: 'B03',
    summary: 'a second value behind the key origin in its tag',
    expects: { code: 'K_FIELD_UNREADABLE', cert: 0, field: 'hardwareEnforced.origin' },
    apply: hardware(rawField(TAG.origin, integer(0), integer(2))),
  },
  {
    name: 'broken-null-field',
    rule: 'B22',
    summary: 'noAuthRequired with content',
    expects: { code: 'K_FIELD_UNREADABLE', cert: 0, field: 'hardwareEnforced.noAuthRequired' },
    apply: hardware(rawField(TAG.noAuthRequired, Uint8Array.of(0x05, 0x01, 0x00))),
  },
  {
    name: 'root-of-trust-five-elements',
    rule: 'B18',
    summary: 'a root of trust of five elements',
    expects: { code: 'ROOT_OF_TRUST_MALFORMED', cert: 0, field: ROOT_OF_TRUST },
    apply: hardware(
      rawField(
        TAG.rootOfTrust,
        sequence(
          octetString(BOOT_KEY),
          boolean(0xff),
          enumerated(0),
          octetString(BOOT_HASH),
          nullValue(),
        ),
      ),
    ),
  },
  {
    name: 'root-of-trust-two-elements',
    rule: 'B18',
    summary: 'a root of trust without boot state',
    expects: { code: 'ROOT_OF_TRUST_MALFORMED', cert: 0, field: ROOT_OF_TRUST },
    apply: hardware(rawField(TAG.rootOfTrust, sequence(octetString(BOOT_KEY), boolean(0xff)))),
  },
  {
    name: 'root-of-trust-no-sequence',
    rule: 'B22',
    summary: 'a root of trust that is an OCTET STRING',
    expects: { code: 'ROOT_OF_TRUST_MALFORMED', cert: 0, field: ROOT_OF_TRUST },
    apply: hardware(octetsField(TAG.rootOfTrust, BOOT_KEY)),
  },
  {
    name: 'locked-two-octets',
    rule: 'B11',
    summary: 'deviceLocked of two octets',
    expects: { code: 'ROOT_OF_TRUST_MALFORMED', cert: 0, field: ROOT_OF_TRUST },
    apply: hardware(
      rawField(
        TAG.rootOfTrust,
        sequence(
          octetString(BOOT_KEY),
          Uint8Array.of(0x01, 0x02, 0xff, 0xff),
          enumerated(0),
          octetString(BOOT_HASH),
        ),
      ),
    ),
  },
  {
    name: 'malformed-root-of-trust-in-software',
    rule: 'T34',
    summary: 'a broken root of trust in the software list',
    expects: {
      code: 'ROOT_OF_TRUST_MALFORMED',
      cert: 0,
      field: 'softwareEnforced.rootOfTrust',
    },
    apply: software(rawField(TAG.rootOfTrust, sequence())),
  },
  {
    name: 'package-name-not-utf8',
    rule: 'B23',
    summary: 'a package name that is not UTF-8',
    expects: { code: 'APP_ID_MALFORMED', cert: 0, field: APPLICATION_ID },
    apply: software(
      octetsField(
        TAG.attestationApplicationId,
        sequence(
          setOf(sequence(octetString(fromHex('6f7267ff')), integer(1))),
          setOf(octetString(BOOT_HASH)),
        ),
      ),
    ),
  },
  {
    name: 'application-id-trailing-bytes',
    rule: 'B03',
    summary: 'bytes behind the application id in its OCTET STRING',
    expects: { code: 'APP_ID_MALFORMED', cert: 0, field: APPLICATION_ID },
    apply: software(
      octetsField(TAG.attestationApplicationId, concat(sequence(setOf(), setOf()), nullValue())),
    ),
  },
  {
    name: 'huge-package-version',
    rule: 'B38',
    summary: 'a package version of ten octets',
    expects: { code: 'APP_ID_MALFORMED', cert: 0, field: APPLICATION_ID },
    apply: software(
      octetsField(
        TAG.attestationApplicationId,
        sequence(setOf(sequence(octetString(ascii('a.b')), integer(2n ** 72n))), setOf()),
      ),
    ),
  },
  {
    name: 'short-signer-digest',
    rule: 'B38',
    summary: 'a signer digest of 31 bytes',
    expects: { code: 'APP_ID_MALFORMED', cert: 0, field: APPLICATION_ID },
    apply: software(applicationIdField([{ name: 'a.b', version: 1 }], [new Uint8Array(31)])),
  },
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

type Apply = Defect['apply'];

function editDescription(edit: (der: Bytes) => Bytes): Apply {
  return (plan) => {
    change(plan, 0, { editDescription: edit });
  };
}

function hardware(replacement: Field): Apply {
  return (plan) => changeHardware(plan, (list) => withField(list, replacement));
}

function bootedAs(changes: Partial<RootOfTrustValues>): Apply {
  return (plan) => changeRootOfTrust(plan, changes);
}

function software(replacement: Field): Apply {
  return (plan) => changeSoftware(plan, (list) => withField(list, replacement));
}

/** A locked, verified root of trust but for what is given. */
function rootOfTrust(changes: Partial<Parameters<typeof rootOfTrustField>[0]>): Field {
  return rootOfTrustField({
    verifiedBootKey: BOOT_KEY,
    deviceLocked: 0xff,
    verifiedBootState: 0,
    verifiedBootHash: BOOT_HASH,
    ...changes,
  });
}
