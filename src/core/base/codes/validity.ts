/** Stages `validity` and `revocation`: what time and the status lists do to a proven path. */
import type { CodeColumns, CodeEntry } from './entry.ts';

const DATED = {
  stage: 'validity',
  severity: 'reject',
  layer: 'hardware-integrity',
  failureClass: 'INVALID_TRUST_CHAIN',
  retryable: false,
  disclosure: 'caller',
} as const satisfies CodeColumns;

const LISTED = { ...DATED, stage: 'revocation' } as const satisfies CodeColumns;

const UNDECIDED = {
  ...LISTED,
  severity: 'inconclusive',
  failureClass: 'VERIFIER_UNAVAILABLE',
  retryable: true,
} as const satisfies CodeColumns;

const RESTORE_LIST =
  'restore the list: `attest revocation show` says what is stored, `attest revocation fetch` gets a new one, --revocation FILE gives one by hand';

export const VALIDITY_CODES = {
  NOT_YET_VALID: {
    ...DATED,
    retryable: true,
    text: 'a certificate above the leaf is not valid yet',
    why: 'its issuer did not vouch for it at the time of the evidence',
    remedy: "check the verifier's clock; otherwise the chain is not what it seems",
  },
  EXPIRED: {
    ...DATED,
    failureClass: 'STALE_ATTESTATION',
    retryable: true,
    text: 'a certificate of a remotely provisioned chain has expired',
    why: 'these certificates live for days or weeks on purpose: a short life bounds a leaked key',
    remedy:
      'let the device make a new key while online, so that it gets fresh certificates; for stored evidence judge it at the time it was received (--at, receivedAt)',
  },
  CERTIFICATE_REVOKED: {
    ...LISTED,
    text: 'a certificate of the chain is revoked',
    why: 'its key has leaked or must not be relied on; chains made with it pass every cryptographic check',
    remedy: 'refuse the device; its maker can say whether its keys can be provisioned anew',
  },
  CERTIFICATE_SUSPENDED: {
    ...LISTED,
    retryable: true,
    text: 'a certificate of the chain is suspended',
    why: 'its issuer withholds trust for now and may restore it',
    remedy: 'refuse for now and try again after the list changes',
  },
  CERTIFICATE_STATUS_UNKNOWN: {
    ...LISTED,
    text: 'a certificate of the chain is listed with a status that is not known',
    why: 'only certificates without normal status are listed, so an unknown word is no good news',
    remedy: 'refuse, and tell the operator: the list has a new kind of entry',
  },
  ATTESTATION_KEY_DENIED: {
    ...LISTED,
    text: 'a key of the chain, or of its anchor, is on a local deny list',
    why: 'the operator of this verifier knows the key to be leaked or withdrawn, whatever its certificates say',
    remedy: 'refuse the device; `attest revocation show` names the deny list that says so',
  },
  BOOT_KEY_LISTED: {
    ...LISTED,
    layer: 'verified-boot',
    failureClass: 'INELIGIBLE_BUILD',
    text: 'the verified boot key is on a local deny list',
    why: 'whoever holds the private half of a published boot key can sign a system that verifies',
    remedy: 'refuse the device until it runs a system signed with another key',
  },
  REVOCATION_LIST_UNAVAILABLE: {
    ...UNDECIDED,
    text: 'no revocation list covers the anchor of this chain',
    why: 'without a list a leaked key cannot be told from a good one',
    remedy: RESTORE_LIST,
  },
  REVOCATION_LIST_STALE: {
    ...UNDECIDED,
    text: 'the revocation list is older than the policy allows',
    why: 'a key that leaked since the list was made would be accepted',
    remedy: RESTORE_LIST,
  },
  REVOCATION_NOT_CHECKED: {
    ...LISTED,
    severity: 'review',
    failureClass: null,
    text: 'revocation was not checked, because the caller said so',
    why: 'a leaked key passes every other check',
    remedy: 'leave out --revocation none',
  },
} as const satisfies Record<string, CodeEntry>;
