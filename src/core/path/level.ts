/** The security level that the maker's certificates name for the keys below them (THREATS T33). */
import type { SecurityLevel } from '../anchors/index.ts';
import type { Certificate } from '../x509/index.ts';
import type { Layout } from './layout.ts';

/** `unnamed` where a TEE's certificates need not say; `unknown` where they must and do not. */
export type CertifiedLevel = SecurityLevel | 'unnamed' | 'unknown';

/** Reads the level from the subjects of verified certificates. */
export function deriveCertifiedLevel(
  belowAnchor: readonly Certificate[],
  layout: Layout,
): CertifiedLevel {
  const { certificates, attribute, values, alwaysNamed } = layout.record.securityLevel;
  const naming = belowAnchor.slice(layout.attestationAt, layout.attestationAt + certificates);
  let level: CertifiedLevel = alwaysNamed ? 'unknown' : 'unnamed';
  for (const { subject } of naming) {
    for (const { type, value } of subject.attributes) {
      if (type !== attribute || value === null) continue;
      const named = Object.entries(values).find(
        ([word]) => word.toLowerCase() === value.toLowerCase(),
      )?.[1];
      if (named === 'StrongBox') return named;
      level = named ?? level;
    }
  }
  return level;
}
