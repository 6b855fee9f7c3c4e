/** Recheck records as documents: facts of a verified chain, for the caller to keep in place of the evidence. */
import type { RecheckFacts } from '../core/recheck.ts';
import type { Claims } from './sign.ts';

/** How long a record may be judged again: as long as the longest-lived factory certificate does. */
const LIFETIME_SECONDS = 10 * 365 * 86_400;

/** The claims of a recheck record. `now`: milliseconds since 1970. */
export function toRecheckClaims(facts: RecheckFacts, now: number): Claims {
  const iat = Math.floor(now / 1000);
  return { iat, exp: iat + LIFETIME_SECONDS, facts };
}
