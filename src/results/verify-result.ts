/** Verifies an attestation result as a relying party does: offline, with the published keys. */
import { EAR_PROFILE, EAR_SUBMODULE, type Tier } from './ear.ts';
import { tokenFault } from './faults.ts';
import { type DocumentExpectation, type VerifiedDocument, verifyDocument } from './verify.ts';

const TIERS: readonly unknown[] = [
  'none',
  'affirming',
  'warning',
  'contraindicated',
] satisfies Tier[];

/**
 * Verifies an EAR: what `verifyDocument` verifies, its profile, and that it has an audience, a verifier and the
 * result of the one submodule. What the result is, is the caller's to read: a verified EAR may say
 * `contraindicated`.
 */
export function verifyResult(token: string, expectation: DocumentExpectation): VerifiedDocument {
  const verified = verifyDocument('ear', token, expectation);
  if (!verified.ok) return verified;
  const { claims } = verified;
  if (claims['eat_profile'] !== EAR_PROFILE) {
    return { ok: false, fault: tokenFault('TOKEN_PROFILE', 'eat_profile') };
  }
  if (typeof claims['aud'] !== 'string') return missing('aud');
  if (typeof claims['environment'] !== 'string') return missing('environment');
  if (typeof claims['ear_verifier_id'] !== 'object') return missing('ear_verifier_id');
  const submods = claims['submods'] as Record<string, Record<string, unknown>> | undefined;
  const appraisal = submods?.[EAR_SUBMODULE];
  if (!TIERS.includes(appraisal?.['ear_status'])) return missing('submods');
  return verified;
}

function missing(claim: string): VerifiedDocument {
  return { ok: false, fault: tokenFault('TOKEN_CLAIM_MISSING', claim) };
}
