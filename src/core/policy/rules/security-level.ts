/** Where key and attestation are kept (THREATS T33). */
import { type Finding, finding } from '../../base/index.ts';
import type { PolicyRules } from '../policy.ts';
import type { Subject } from '../subject.ts';

export function checkSecurityLevel(
  { description, posture }: Subject,
  rule: PolicyRules['securityLevel'],
): Finding[] {
  const { attestationSecurityLevel, keyMintSecurityLevel } = description;
  const findings: Finding[] = [];
  if (posture.securityLevel === 'Software') {
    const field =
      attestationSecurityLevel === 'Software' ? 'attestationSecurityLevel' : 'keyMintSecurityLevel';
    findings.push(finding('SECURITY_LEVEL_SOFTWARE', { cert: 0, field }));
  }
  if (posture.securityLevel === 'TrustedEnvironment' && rule.minimum === 'StrongBox') {
    const place = { cert: 0, field: 'keyMintSecurityLevel' };
    const comparison = { expected: rule.minimum, got: posture.securityLevel };
    findings.push(finding('SECURITY_LEVEL_TOO_LOW', place, comparison));
  }
  if (attestationSecurityLevel !== keyMintSecurityLevel) {
    findings.push(
      finding(
        'SECURITY_LEVEL_MISMATCH',
        { cert: 0, field: 'keyMintSecurityLevel' },
        { expected: attestationSecurityLevel, got: keyMintSecurityLevel },
      ),
    );
  }
  return findings;
}

/** The certificate is what the maker signed; a TEE's certificates need not name it. */
export function checkCertifiedLevel({ path, description }: Subject): Finding[] {
  const { certifiedLevel } = path;
  const claimed = description.attestationSecurityLevel;
  const agrees =
    certifiedLevel === claimed || (certifiedLevel === 'unnamed' && claimed !== 'StrongBox');
  if (agrees) return [];
  const place = { cert: 0, field: 'attestationSecurityLevel' };
  return [
    finding('SECURITY_LEVEL_CHAIN_MISMATCH', place, { expected: certifiedLevel, got: claimed }),
  ];
}
