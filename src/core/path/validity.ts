/**
 * Dates, judged at the time of the evidence (THREATS T12 to T15). The leaf and ATTEST_KEYs carry the
 * device's clock and the anchor is pinned by key: none of them is ever dated. Every certificate is
 * compared with the one moment, never with its issuer's window.
 */
import { type Finding, finding, toRfc3339 } from '../base/index.ts';
import type { Certificate } from '../x509/index.ts';
import type { VerifiedPath } from './path.ts';

/** Findings about the certificates between leaf and anchor. `evidenceTime`: milliseconds since 1970. */
export function checkValidity(path: VerifiedPath, evidenceTime: number): readonly Finding[] {
  const { attestationAt, record } = path.layout;
  const findings: Finding[] = [];
  for (let cert = attestationAt; cert < attestationAt + record.issuers; cert += 1) {
    const { notBefore, notAfter } = path.certificates[cert] as Certificate;
    if (evidenceTime < notBefore) {
      const expected = toRfc3339(notBefore);
      const got = toRfc3339(evidenceTime);
      findings.push(finding('NOT_YET_VALID', { cert, field: 'notBefore' }, { expected, got }));
    }
    // RFC 5280 4.1.2.5: valid through notAfter.
    if (record.expiry === 'enforced' && evidenceTime > notAfter) {
      const expected = toRfc3339(notAfter);
      const got = toRfc3339(evidenceTime);
      findings.push(finding('EXPIRED', { cert, field: 'notAfter' }, { expected, got }));
    }
  }
  return findings;
}
