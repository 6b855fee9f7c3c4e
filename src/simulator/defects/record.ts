/** KeyDescriptions that cannot be read (THREATS B03 to B38). */
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
} from '../der.ts';
import {
  applicationIdField,
  integerField,
  nullField,
  octetsField,
  rawField,
  setField,
  TAG,
} from '../key-description.ts';
import { change } from '../plan.ts';
import {
  type Apply,
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

const ROOT_OF_TRUST = 'hardwareEnforced.rootOfTrust';
const APPLICATION_ID = 'softwareEnforced.attestationApplicationId';
const BOOT_KEY = new Uint8Array(32).fill(0x5a);
const BOOT_HASH = new Uint8Array(32).fill(0xa5);

export const RECORD_DEFECTS: readonly Defect[] = [
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
    name: 'duplicate-package',
    rule: 'B17',
    summary: 'the same package twice in the application id',
    expects: { code: 'K_DUPLICATE_SET_MEMBER', cert: 0, field: APPLICATION_ID },
    apply: software(
      applicationIdField(
        [
          { name: 'a.b', version: 1 },
          { name: 'a.b', version: 1 },
        ],
        [BOOT_HASH],
      ),
    ),
  },
  {
    name: 'duplicate-signer',
    rule: 'B17',
    summary: 'the same signer digest twice in the application id',
    expects: { code: 'K_DUPLICATE_SET_MEMBER', cert: 0, field: APPLICATION_ID },
    apply: software(applicationIdField([{ name: 'a.b', version: 1 }], [BOOT_HASH, BOOT_HASH])),
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
    name: 'origin-of-65-bits',
    rule: 'B05',
    summary: 'a key origin of 2^64, which is wider than any KeyMint integer',
    expects: { code: 'K_FIELD_UNREADABLE', cert: 0, field: 'hardwareEnforced.origin' },
    apply: hardware(rawField(TAG.origin, integer(2n ** 64n))),
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
];

function editDescription(edit: (der: Bytes) => Bytes): Apply {
  return (plan) => {
    change(plan, 0, { editDescription: edit });
  };
}
