/** Why a signed document is refused: one code each, in one table. */

const TOKEN_FAULTS = {
  TOKEN_MALFORMED: 'is no compact JWS with the header and the JSON object it must have',
  TOKEN_UNSIGNED: 'is not signed',
  TOKEN_TYPE: 'is a document of another kind',
  TOKEN_ALGORITHM: 'names another algorithm than its key has',
  TOKEN_KEY_UNKNOWN: 'is signed with a key that is not known',
  TOKEN_SIGNATURE_INVALID: 'does not have a signature of its key',
  TOKEN_CLAIM_MISSING: 'lacks a claim it must have, or has it in another form',
  TOKEN_EXPIRED: 'has expired',
  TOKEN_NOT_YET_VALID: 'is from the future',
  TOKEN_AUDIENCE: 'is for another audience',
  TOKEN_NONCE: 'answers another nonce',
  TOKEN_ISSUER: 'is by another issuer',
  TOKEN_PROFILE: 'follows another profile',
  TOKEN_OLDER: 'is older than one seen before',
} as const;

export type TokenFaultCode = keyof typeof TOKEN_FAULTS;

/** A document that is refused. Neither its content nor its signature may be relied on. */
export interface TokenFault {
  readonly code: TokenFaultCode;
  /** Which header member or claim; null: the whole document. */
  readonly member: string | null;
  readonly text: string;
}

export function tokenFault(code: TokenFaultCode, member: string | null = null): TokenFault {
  return { code, member, text: TOKEN_FAULTS[code] };
}
