/**
 * Stage `risk`: marks that spoofing tools leave (THREATS T26). Some genuine devices carry some of
 * them, so none decides by itself unless a policy says so.
 */
import type { CodeColumns, CodeEntry } from './entry.ts';

const SIGNAL = {
  stage: 'risk',
  severity: 'review',
  layer: null,
  failureClass: null,
  retryable: false,
  disclosure: 'operator',
} as const satisfies CodeColumns;

const LOOK =
  'look at other evidence about this device and account; never tell the device which mark it left';

export const RISK_CODES = {
  RISK_ROT_TAG_LAST: {
    ...SIGNAL,
    text: 'the root of trust stands behind tags it should precede',
    why: 'tools that rewrite a genuine record remove the root of trust and append their own',
    remedy: LOOK,
  },
  RISK_MODULEHASH_HW: {
    ...SIGNAL,
    text: 'moduleHash stands in the hardware list',
    why: 'real devices write it into the software list; a spoofing tool does not',
    remedy: LOOK,
  },
  RISK_LEAF_KEYCERTSIGN: {
    ...SIGNAL,
    severity: 'info',
    text: 'the leaf may sign certificates although its key is for signing data',
    why: 'tools that generate leaves do this; a few genuine phones do too',
    remedy: LOOK,
  },
  RISK_ZERO_BOOT_KEY: {
    ...SIGNAL,
    text: 'the boot state is Verified with an all-zero boot key or boot hash',
    why: 'spoofing tools leave zeros where they do not know the value; so do internal builds of makers',
    remedy: LOOK,
  },
  RISK_UNKNOWN_BOOT_KEY: {
    ...SIGNAL,
    severity: 'info',
    text: 'no known release for this model has this boot key',
    why: 'spoofing tools that invent a record draw a boot key at random; so does a new system',
    remedy: LOOK,
  },
  RISK_ATTEST_VERSION_PAIR: {
    ...SIGNAL,
    text: 'attestation and KeyMint version do not belong together',
    why: 'real hardware writes known pairs; made-up records often do not',
    remedy: LOOK,
  },
  RISK_PI_MANUFACTURER: {
    ...SIGNAL,
    text: 'the manufacturer in the provisioning information is not the attested one',
    why: 'the attestation key was provisioned for another device',
    remedy: LOOK,
  },
  RISK_CERTS_ISSUED_HIGH: {
    ...SIGNAL,
    severity: 'info',
    text: 'the device was issued far more certificates lately than others are',
    why: 'a device that serves attestations to others asks for many',
    remedy: LOOK,
  },
  RISK_ATTESTATION_KEY_VELOCITY: {
    ...SIGNAL,
    text: 'one attestation key vouched for far more keys today than devices make',
    why: 'a leaked attestation key that is sold or shared vouches for many accounts at once',
    remedy: LOOK,
  },
  RISK_CHALLENGE_TOO_LONG: {
    ...SIGNAL,
    text: 'the challenge is longer than a real keystore accepts',
    why: 'the record was not made by the Android Keystore',
    remedy: LOOK,
  },
} as const satisfies Record<string, CodeEntry>;
