/** Stage `keydesc`: the structure of KeyDescription, and remarks on how a device wrote it. */
import type { CodeColumns, CodeEntry } from './entry.ts';

const BROKEN = {
  stage: 'keydesc',
  severity: 'reject',
  layer: 'hardware-integrity',
  failureClass: 'INVALID_TRUST_CHAIN',
  retryable: false,
  disclosure: 'caller',
} as const satisfies CodeColumns;

const QUIRK = {
  ...BROKEN,
  severity: 'info',
  layer: null,
  failureClass: null,
} as const satisfies CodeColumns;

const REPORT_MODEL =
  'keep the chain and report the model to us; no genuine device is known to write this';
const NOTHING = 'nothing: genuine devices do this';

export const KEYDESC_CODES = {
  K_BAD_STRUCTURE: {
    ...BROKEN,
    text: 'the KeyDescription does not have the structure of its schema',
    why: 'what cannot be read must not be taken for absent',
    remedy: REPORT_MODEL,
  },
  K_BAD_ENUM: {
    ...BROKEN,
    text: 'a security level, boot state or key origin has a value that does not exist',
    why: 'an unknown value must not be taken for a good one',
    remedy: REPORT_MODEL,
  },
  K_DUPLICATE_TAG: {
    ...BROKEN,
    text: 'the same tag stands twice in one authorization list',
    why: 'readers differ in which one they take',
    remedy: REPORT_MODEL,
  },
  K_DUPLICATE_SET_MEMBER: {
    ...BROKEN,
    text: 'the same member stands twice in one set',
    why: 'a set with a repeated member is no set, and no device writes one',
    remedy: REPORT_MODEL,
  },
  K_TOO_MANY_VALUES: {
    ...BROKEN,
    text: 'a list of the KeyDescription has more members than any device writes',
    why: 'work is bounded before it is done',
    remedy: REPORT_MODEL,
  },
  K_FIELD_UNREADABLE: {
    ...BROKEN,
    text: 'a field on which decisions rest is not readable',
    why: 'what cannot be read must not be taken for absent',
    remedy: REPORT_MODEL,
  },
  ROOT_OF_TRUST_MALFORMED: {
    ...BROKEN,
    layer: 'verified-boot',
    text: 'the root of trust does not have the structure of its schema',
    why: 'boot state and lock state are read from it and must not be guessed',
    remedy: REPORT_MODEL,
  },
  APP_ID_MALFORMED: {
    ...BROKEN,
    layer: 'application',
    text: 'the application id does not have the structure of its schema',
    why: 'app identity is read from it and must not be guessed',
    remedy: REPORT_MODEL,
  },
  K_FIELD_MALFORMED: {
    ...QUIRK,
    text: 'a field has another type than its schema says and is left unread',
    why: 'a policy that needs the field will say so; the raw bytes are in the report',
    remedy: 'nothing, unless the field matters to you',
  },
  K_UNKNOWN_TAG: {
    ...QUIRK,
    text: 'an authorization list has a tag that is not known',
    why: 'newer KeyMint versions add tags; its bytes are kept in the report',
    remedy: 'update the verifier when a release knows the tag',
  },
  K_TAG_ORDER: {
    ...QUIRK,
    text: 'the tags of an authorization list are not in ascending order',
    why: 'some makers write them so; some spoofing tools do too',
    remedy: NOTHING,
  },
  K_BOOL_NON_DER: {
    ...QUIRK,
    text: 'deviceLocked is a true other than FF',
    why: 'seen on a whole generation of genuine phones; any octet but 00 means true',
    remedy: NOTHING,
  },
  K_VERSION_UNKNOWN: {
    ...QUIRK,
    text: 'the attestation version is not one known to this release',
    why: 'it is read leniently, as the newest known one',
    remedy: 'update the verifier when a release knows the version',
  },
  K_BOOT_HASH_ABSENT: {
    ...QUIRK,
    text: 'the root of trust has no verifiedBootHash although its version has the field',
    why: 'the exact OS image cannot be recognised without it',
    remedy: 'nothing, unless you recognise releases by their vbmeta digest',
  },
  K_ROOT_OF_TRUST_IN_SOFTWARE: {
    ...QUIRK,
    text: 'a root of trust stands in the list written by the operating system and is ignored',
    why: 'only the secure hardware can vouch for how the device booted',
    remedy: NOTHING,
  },
  K_CREATION_TIME_IN_HARDWARE: {
    ...QUIRK,
    text: 'the creation time stands in the hardware list',
    why: "the clock is the operating system's either way, so it proves nothing",
    remedy: NOTHING,
  },
  PROVISIONING_INFO_MALFORMED: {
    ...QUIRK,
    text: 'the provisioning information is not readable and is left out',
    why: 'it carries only hints about how many certificates the device was issued',
    remedy: NOTHING,
  },
} as const satisfies Record<string, CodeEntry>;
