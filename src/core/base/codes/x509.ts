/** Stage `x509`: one certificate by itself (RFC 5280 section 4). */
import type { CodeColumns, CodeEntry } from './entry.ts';

const BROKEN = {
  stage: 'x509',
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

const SEND_AS_IS =
  'send the chain as the device returned it; no genuine device is known to do this';
const NOTHING = 'nothing: genuine devices do this and it changes no meaning';

export const X509_CODES = {
  X_NOT_V3: {
    ...BROKEN,
    text: 'the certificate is not version 3',
    why: 'only version 3 carries the extensions that say what a certificate may do',
    remedy: SEND_AS_IS,
  },
  X_BAD_SERIAL: {
    ...BROKEN,
    text: 'the serial number of an issuer is zero, negative, or longer than 20 octets',
    why: 'revocation is looked up by serial number, so a serial must have one meaning',
    remedy: SEND_AS_IS,
  },
  X_BAD_NAME: {
    ...BROKEN,
    text: 'a distinguished name is not a sequence of single attributes',
    why: 'names decide the kind of chain, so they must be readable in one way',
    remedy: SEND_AS_IS,
  },
  X_BAD_PUBLIC_KEY: {
    ...BROKEN,
    text: 'the public key is not readable',
    why: 'without its key a certificate vouches for nothing',
    remedy: SEND_AS_IS,
  },
  X_ALG_MISMATCH: {
    ...BROKEN,
    text: 'the signature algorithm differs inside and outside the signed part',
    why: 'the outer one is not signed; a difference is an attempt to choose the check',
    remedy: SEND_AS_IS,
  },
  X_ALG_PARAMETERS: {
    ...BROKEN,
    text: 'the signature algorithm has parameters it must not have',
    why: 'parameters change what is verified; only absent and NULL are known to be harmless',
    remedy: SEND_AS_IS,
  },
  SIGNATURE_ALGORITHM: {
    ...BROKEN,
    text: 'the signature algorithm is not one of those allowed',
    why: 'SHA-1, MD5 and unknown algorithms do not bind a certificate to its issuer',
    remedy: 'the device is not supported; no genuine chain uses this algorithm',
  },
  ISSUER_KEY_NOT_ALLOWED: {
    ...BROKEN,
    text: 'an issuing key is of a kind or size that is not allowed',
    why: 'weak or exotic issuing keys can be forged, or cost more to check than they prove',
    remedy:
      'the device is not supported; issuers have P-256, P-384, P-521 or RSA keys of 2048 to 8192 bits',
  },
  X_TOO_MANY_EXTENSIONS: {
    ...BROKEN,
    text: 'the certificate has more extensions than any device writes',
    why: 'work is bounded before it is done',
    remedy: SEND_AS_IS,
  },
  DUPLICATE_EXTENSION: {
    ...BROKEN,
    text: 'the same extension stands twice in one certificate',
    why: 'readers differ in which one they take, which lets a forged one hide behind a true one',
    remedy: SEND_AS_IS,
  },
  UNKNOWN_CRITICAL_EXTENSION: {
    ...BROKEN,
    text: 'an issuer carries a critical extension that is not known',
    why: 'critical means: do not rely on this certificate unless you understand the extension',
    remedy: SEND_AS_IS,
  },
  X_CRITICAL_BOOL_NON_DER: {
    ...QUIRK,
    text: 'the leaf encodes a critical flag as a true other than FF',
    why: 'seen on genuine phones; any octet but 00 means true',
    remedy: NOTHING,
  },
  X_ECDSA_NULL_PARAMETERS: {
    ...QUIRK,
    text: 'an ECDSA algorithm identifier carries NULL parameters',
    why: 'seen on genuine StrongBox chips; the parameters say nothing',
    remedy: NOTHING,
  },
  X_RSA_PARAMETERS_ABSENT: {
    ...QUIRK,
    text: 'an RSA algorithm identifier lacks its NULL parameters',
    why: 'seen on genuine phones; the parameters say nothing',
    remedy: NOTHING,
  },
} as const satisfies Record<string, CodeEntry>;
