/** Stage `key`: statements, which the attested key signs (possession of it, and what the device reports). */
import type { CodeColumns, CodeEntry } from './entry.ts';

const STATEMENT = {
  stage: 'key',
  severity: 'reject',
  layer: null,
  failureClass: 'ELIGIBILITY_FAILURE',
  retryable: true,
  disclosure: 'caller',
} as const satisfies CodeColumns;

const SIGN_AGAIN =
  'let the attested key sign a statement over the challenge and the digest of this evidence, and send it once';

export const STATEMENT_CODES = {
  STATEMENT_MALFORMED: {
    ...STATEMENT,
    retryable: false,
    text: 'the statement is no compact JWS of the published form',
    why: 'what cannot be read exactly is not guessed at',
    remedy:
      'make it by vectors/statement.schema.json: a header of alg and typ, and only known members',
  },
  STATEMENT_TYPE: {
    ...STATEMENT,
    retryable: false,
    text: 'the token is of another type than a statement',
    why: 'a token made for one purpose must not serve another',
    remedy: 'sign it with the typ of statements',
  },
  STATEMENT_ALGORITHM: {
    ...STATEMENT,
    retryable: false,
    text: 'the statement names an algorithm that the attested key does not sign with',
    why: 'the algorithm follows from the key; a header that chooses it can choose a weak one, or none',
    remedy: 'attest a P-256 key (ES256), or an RSA key of 2048 bits or more (RS256, PS256)',
  },
  STATEMENT_SIGNATURE_INVALID: {
    ...STATEMENT,
    retryable: false,
    text: 'the statement was not signed by the attested key',
    why: 'whoever sent it does not hold the key the evidence is about',
    remedy: 'treat it as an attack, or sign with the key whose chain is sent',
  },
  STATEMENT_NONCE_MISMATCH: {
    ...STATEMENT,
    failureClass: 'REPLAY_ATTEMPT',
    text: 'the statement answers another challenge than the evidence',
    why: 'it was made for another request; it may be a replay',
    remedy: SIGN_AGAIN,
  },
  STATEMENT_EVIDENCE_MISMATCH: {
    ...STATEMENT,
    failureClass: 'REPLAY_ATTEMPT',
    text: 'the statement is about other evidence than it came with',
    why: 'a statement counts only together with the chain it was made for',
    remedy: SIGN_AGAIN,
  },
  STATEMENT_EXPIRED: {
    ...STATEMENT,
    failureClass: 'STALE_ATTESTATION',
    text: 'the statement is too old',
    why: 'what a device reports changes; ten minutes later it may not hold',
    remedy: SIGN_AGAIN,
  },
  STATEMENT_NOT_YET_VALID: {
    ...STATEMENT,
    failureClass: 'STALE_ATTESTATION',
    text: 'the statement was made in the future',
    why: 'a minute of difference between clocks is allowed, no more',
    remedy: 'set the clock of the device',
  },
  STATEMENT_NOT_FRESH: {
    ...STATEMENT,
    severity: 'review',
    failureClass: null,
    text: "the statement is the attested key's, but the challenge it answers was not checked",
    why: 'without a checked challenge it may have been made for somebody else, at another time',
    remedy: 'send the challenge with it, under a policy that checks challenges',
  },
  STATEMENT_NOT_MEANINGFUL: {
    ...STATEMENT,
    severity: 'review',
    failureClass: null,
    retryable: false,
    text: 'what the statement reports is not taken over, because nothing vouches for who made it',
    why: 'only a known app on a verified boot, with a sound key generated in hardware, speaks for its device',
    remedy: 'see the other findings, and the setting statementApps',
  },
} as const satisfies Record<string, CodeEntry>;
