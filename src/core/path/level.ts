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
  const last = Math.min(layout.attestationAt + certificates, belowAnchor.length);
  let level: CertifiedLevel = alwaysNamed ? 'unknown' : 'unnamed';
  for (let cert = layout.attestationAt; cert < last; cert += 1) {
    const { subject } = belowAnchor[cert] as Certificate;
    for (const { type, value } of subject.attributes) {
      if (type !== attribute || value === null) continue;
      const named = wordsOf(values).get(value.toLowerCase());
      if (named === 'StrongBox') return named;
      level = named ?? level;
    }
  }
  return level;
}

type LevelWords = Layout['record']['securityLevel']['values'];

/** The words of a record in lower case, read once. */
const WORDS = new WeakMap<LevelWords, ReadonlyMap<string, SecurityLevel>>();

function wordsOf(values: LevelWords): ReadonlyMap<string, SecurityLevel> {
  const known = WORDS.get(values);
  if (known !== undefined) return known;
  const words = new Map(
    Object.entries(values).map(([word, level]) => [word.toLowerCase(), level] as const),
  );
  WORDS.set(values, words);
  return words;
}
