/** Whether a certificate may issue others: basicConstraints and keyUsage (RFC 5280 4.2.1.3, 4.2.1.9). */
import { type Effort, newEffort } from '../base/index.ts';
import {
  attempt,
  BOOLEAN,
  DerFault,
  DerReader,
  readBitString,
  readBoolean,
  readInteger,
  readLenientBitString,
  SEQUENCE,
} from '../der/index.ts';
import { type Certificate, extensionOf } from './certificate.ts';

/** keyCertSign is bit 5, counted from the most significant. */
const KEY_CERT_SIGN = 0x04;

/** Tag, length, unused bits, bits. */
const ONE_OCTET_BIT_STRING = 4;

export type IssuerRights = 'granted' | 'denied' | DerFault;

/**
 * Whether cA is TRUE and keyCertSign is set; a missing extension denies. pathLenConstraint is read but
 * not enforced (THREATS T05).
 */
export function readIssuerRights(certificate: Certificate, effort: Effort): IssuerRights {
  return attempt(() =>
    readIsCa(certificate, effort) && readMayCertSign(certificate, effort) ? 'granted' : 'denied',
  );
}

/**
 * Whether a leaf's keyUsage is keyCertSign and nothing else. Lenient: genuine leaves write the bits
 * in forms DER does not allow (THREATS B33), and the answer is only a signal.
 */
export function hasOnlyKeyCertSign(certificate: Certificate): boolean {
  const range = extensionOf(certificate, 'keyUsage');
  if (range === undefined) return false;
  // Most have one octet of bits, and no form of it can make another octet of this one.
  const isOneOctet = range.end - range.start === ONE_OCTET_BIT_STRING;
  if (isOneOctet && certificate.bytes[range.end - 1] !== KEY_CERT_SIGN) return false;
  const reader = new DerReader(certificate.bytes, newEffort(), range.start, range.end);
  if (attempt(() => readLenientBitString(reader)) instanceof DerFault) return false;
  const bits = certificate.bytes.subarray(reader.from + 1, reader.to);
  return bits[0] === KEY_CERT_SIGN && bits.subarray(1).every((octet) => octet === 0);
}

/** `BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL }` */
function readIsCa(certificate: Certificate, effort: Effort): boolean {
  const range = extensionOf(certificate, 'basicConstraints');
  if (range === undefined) return false;
  const reader = new DerReader(certificate.bytes, effort, range.start, range.end);
  reader.field = 'basicConstraints';
  const outer = reader.enter(SEQUENCE);
  const isCa = reader.nextIs(BOOLEAN) && readBoolean(reader);
  if (!reader.atEnd) readInteger(reader);
  reader.leave(outer);
  reader.expectEnd();
  return isCa;
}

/** `KeyUsage ::= BIT STRING` */
function readMayCertSign(certificate: Certificate, effort: Effort): boolean {
  const range = extensionOf(certificate, 'keyUsage');
  if (range === undefined) return false;
  const reader = new DerReader(certificate.bytes, effort, range.start, range.end);
  reader.field = 'keyUsage';
  readBitString(reader);
  const hasBits = reader.to - reader.from > 1;
  reader.expectEnd();
  return hasBits && ((certificate.bytes[reader.from + 1] as number) & KEY_CERT_SIGN) !== 0;
}
