/** Stage `der`: bytes that are not the one encoding DER allows (X.690). */
import type { CodeColumns, CodeEntry } from './entry.ts';

const MALFORMED = {
  stage: 'der',
  severity: 'reject',
  layer: 'hardware-integrity',
  failureClass: 'INVALID_TRUST_CHAIN',
  retryable: false,
  disclosure: 'caller',
} as const satisfies CodeColumns;

const SEND_AS_IS =
  'send each certificate as the device returned it; if it is the device that writes this, keep the chain and report the model to us';

const ONE_ENCODING =
  'two readers that disagree about the same bytes can be played against each other, so only the one DER encoding is read';

export const DER_CODES = {
  DER_TRUNCATED: {
    ...MALFORMED,
    text: 'the input ends inside a value',
    why: 'a value that claims more bytes than there are is cut off or forged',
    remedy: SEND_AS_IS,
  },
  DER_INDEFINITE_LENGTH: {
    ...MALFORMED,
    text: 'a length is indefinite, which DER forbids',
    why: ONE_ENCODING,
    remedy: SEND_AS_IS,
  },
  DER_NON_MINIMAL_LENGTH: {
    ...MALFORMED,
    text: 'a length is not in its shortest form',
    why: ONE_ENCODING,
    remedy: SEND_AS_IS,
  },
  DER_LENGTH_TOO_LARGE: {
    ...MALFORMED,
    text: 'a length has more than four octets',
    why: 'no certificate needs it, and readers that fold such lengths into 32 bits loop or read elsewhere',
    remedy: SEND_AS_IS,
  },
  DER_BAD_TAG: {
    ...MALFORMED,
    text: 'a tag is not in its shortest form or its number is too large',
    why: 'a padded or overflowing tag number can be made to look like another field',
    remedy: SEND_AS_IS,
  },
  DER_UNEXPECTED_TAG: {
    ...MALFORMED,
    text: 'a value of another type stands where the structure requires one',
    why: 'the bytes are not the structure they are sent as',
    remedy: SEND_AS_IS,
  },
  DER_TRAILING_DATA: {
    ...MALFORMED,
    text: 'bytes follow the end of a structure',
    why: 'what one reader drops silently another may read',
    remedy: SEND_AS_IS,
  },
  DER_BAD_INTEGER: {
    ...MALFORMED,
    text: 'an INTEGER or ENUMERATED is empty, padded, or out of range',
    why: ONE_ENCODING,
    remedy: SEND_AS_IS,
  },
  DER_BAD_BOOLEAN: {
    ...MALFORMED,
    text: 'a BOOLEAN is neither 00 nor FF',
    why: 'above the leaf only Google or the anchor writes certificates, and they write DER',
    remedy: SEND_AS_IS,
  },
  DER_BAD_BIT_STRING: {
    ...MALFORMED,
    text: 'a BIT STRING is empty or its unused bits are wrong',
    why: ONE_ENCODING,
    remedy: SEND_AS_IS,
  },
  DER_BAD_OID: {
    ...MALFORMED,
    text: 'an OBJECT IDENTIFIER is empty, cut off, or padded',
    why: 'a padded or cut arc can be made to collide with a trusted identifier',
    remedy: SEND_AS_IS,
  },
  DER_BAD_TIME: {
    ...MALFORMED,
    text: 'a time is not a real moment in the form RFC 5280 requires',
    why: 'a date that rolls over or lacks its zone means different moments to different readers',
    remedy: SEND_AS_IS,
  },
} as const satisfies Record<string, CodeEntry>;
