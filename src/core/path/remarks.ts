/** Remarks on how genuine devices encode their certificates: tolerated, and said so. */
import { type Finding, finding } from '../base/index.ts';
import type { Certificate } from '../x509/index.ts';

/** The quirks of each certificate, leaf first. */
export function remarkOn(belowAnchor: readonly Certificate[]): readonly Finding[] {
  const remarks: Finding[] = [];
  for (let cert = 0; cert < belowAnchor.length; cert += 1) {
    const certificate = belowAnchor[cert] as Certificate;
    const { signatureAlgorithm, signatureParameters, extensions } = certificate;
    const { keyAlgorithm } = signatureAlgorithm;
    if (keyAlgorithm === 'EC' && signatureParameters === 'null') {
      remarks.push(finding('X_ECDSA_NULL_PARAMETERS', { cert }));
    }
    if (keyAlgorithm === 'RSA' && signatureParameters === 'absent') {
      remarks.push(finding('X_RSA_PARAMETERS_ABSENT', { cert }));
    }
    if (extensions.lenientCriticalAt >= 0) {
      const offset = extensions.lenientCriticalAt;
      remarks.push(finding('X_CRITICAL_BOOL_NON_DER', { cert, offset, field: 'extensions' }));
    }
  }
  return remarks;
}
