/**
 * What every issuing certificate must be, apart from being signed (THREATS T04, B10, B12, B25, T48).
 * ATTEST_KEY certificates are written by the device like leaves: their rights and serials are not read.
 */
import {
  type Effort,
  type Finding,
  finding,
  isAllZero,
  MAX_SERIAL_BYTES,
  type Result,
  refusal,
  success,
} from '../base/index.ts';
import { DerFault } from '../der/index.ts';
import { type Certificate, mayIssue, readIssuerRights, sliceOf } from '../x509/index.ts';
import type { Layout } from './layout.ts';

/** Checks every certificate that issued another. Gives the remarks about what was tolerated. */
export function checkIssuers(
  belowAnchor: readonly Certificate[],
  layout: Layout,
  effort: Effort,
): Result<readonly Finding[]> {
  const remarks: Finding[] = [];
  for (let cert = 1; cert < belowAnchor.length; cert += 1) {
    const certificate = belowAnchor[cert] as Certificate;
    const broken =
      checkAnyIssuer(certificate, cert) ??
      (cert < layout.attestationAt
        ? undefined
        : (checkMakersCertificate(certificate, cert) ??
          checkRights(certificate, cert, layout, effort, remarks)));
    if (broken !== undefined) return refusal(broken);
  }
  return success(remarks);
}

function checkAnyIssuer(certificate: Certificate, cert: number): Finding | undefined {
  if (!mayIssue(certificate.publicKey)) {
    return finding('ISSUER_KEY_NOT_ALLOWED', {
      cert,
      offset: certificate.spki.start,
      field: 'subjectPublicKeyInfo',
    });
  }
  const offset = certificate.extensions.unknownCriticalAt;
  if (offset >= 0) {
    return finding('UNKNOWN_CRITICAL_EXTENSION', { cert, offset, field: 'extensions' });
  }
  return undefined;
}

/** Certificates a maker wrote are DER throughout, and their serials are what lists name. */
function checkMakersCertificate(certificate: Certificate, cert: number): Finding | undefined {
  const offset = certificate.extensions.lenientCriticalAt;
  if (offset >= 0) return finding('DER_BAD_BOOLEAN', { cert, offset, field: 'extensions' });
  const serial = sliceOf(certificate, certificate.serial);
  const isSound =
    (serial[0] as number) < 0x80 && !isAllZero(serial) && serial.length <= MAX_SERIAL_BYTES;
  return isSound
    ? undefined
    : finding('X_BAD_SERIAL', {
        cert,
        offset: certificate.serial.start,
        field: 'serialNumber',
      });
}

function checkRights(
  certificate: Certificate,
  cert: number,
  layout: Layout,
  effort: Effort,
  remarks: Finding[],
): Finding | undefined {
  const rights = readIssuerRights(certificate, effort);
  if (rights === 'granted') return undefined;
  if (rights instanceof DerFault) {
    return finding(rights.code, { cert, offset: rights.offset, field: rights.field });
  }
  const isTolerated =
    cert === layout.attestationAt && layout.record.attestationWithoutCaFlag === 'tolerated';
  if (!isTolerated) return finding('ISSUER_NOT_CA', { cert });
  remarks.push(finding('ATTESTATION_CERT_NOT_CA', { cert }));
  return undefined;
}
