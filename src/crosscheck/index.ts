/**
 * A second, independent verifier on asn1js, @peculiar/x509 and pkijs. It shares no code with `core`, so
 * that a bug in either shows as a disagreement between the two. It is slow, follows the same rules (the
 * README's table of them), and decides nothing: reports come from `core`.
 *
 * What it cannot show: a wrong rule that both follow, and faults of OpenSSL, which does the arithmetic of
 * signatures below both (here through WebCrypto, and for ML-DSA through node:crypto).
 */
export { compareWithReport, type Disagreement } from './compare.ts';
export { crossCheck } from './cross-check.ts';
export type { SecondOpinion } from './opinion.ts';
