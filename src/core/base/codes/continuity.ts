/** Stage `key`: what an enrolment record says against the evidence that comes back with it. */
import type { CodeColumns, CodeEntry } from './entry.ts';

const CHANGED = {
  stage: 'key',
  severity: 'reject',
  layer: null,
  failureClass: 'ELIGIBILITY_FAILURE',
  retryable: false,
  disclosure: 'caller',
} as const satisfies CodeColumns;

const ENROL_AGAIN =
  'find out why; if the change is legitimate, enrol the device again under your own rules';

export const CONTINUITY_CODES = {
  ENROLMENT_RECORD_INVALID: {
    ...CHANGED,
    text: 'the enrolment record is none that this service signed, or holds no longer',
    why: 'a record that cannot be verified says nothing about the device that enrolled',
    remedy:
      'send the record as it was returned, to a service with the same keys, before it expires',
  },
  ENROLMENT_HANDLE_MISMATCH: {
    ...CHANGED,
    text: 'the enrolment record belongs to another handle than the request names',
    why: 'the record of one device must not vouch for another',
    remedy: 'send the record together with the handle it was made for',
  },
  ENROLMENT_KEY_CHANGED: {
    ...CHANGED,
    severity: 'review',
    text: 'the attested key is not the one that enrolled',
    why: 'KeyMint attests a key when it is made, so fresh evidence has a new key: only a signature by the enrolled key links the two',
    remedy: 'ask for a signature by the enrolled key over what comes with the new one',
  },
  ENROLMENT_LEVEL_LOWER: {
    ...CHANGED,
    text: 'the security level is lower than at enrolment',
    why: 'the device showed that it can do better: less is a downgrade',
    remedy: ENROL_AGAIN,
  },
  ENROLMENT_BOOT_KEY_CHANGED: {
    ...CHANGED,
    layer: 'verified-boot',
    text: 'the boot key belongs to another family than at enrolment',
    why: 'another operating system, or another device, answers',
    remedy: ENROL_AGAIN,
  },
  ENROLMENT_PATCH_ROLLBACK: {
    ...CHANGED,
    layer: 'verified-boot',
    failureClass: 'INELIGIBLE_BUILD',
    text: 'a patch level is older than at enrolment, or gone',
    why: 'updates go forward; going back reopens what was closed',
    remedy: 'install the latest update on the device and attest again',
  },
  ENROLMENT_SIGNERS_CHANGED: {
    ...CHANGED,
    layer: 'application',
    text: 'the application is signed by others than at enrolment',
    why: 'an application that changes hands is another application',
    remedy: ENROL_AGAIN,
  },
} as const satisfies Record<string, CodeEntry>;
