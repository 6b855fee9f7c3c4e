/**
 * Verifies signed documents, offline. Nothing of the payload is looked at before the signature holds; the
 * algorithm is the known key's, never the header's (RFC 8725 section 3.1).
 *
 * Synchronous, with the runtime's own verification, so that workers and the judge's callers can use it.
 */
import { verify } from 'node:crypto';
import { decodeBase64Url } from '../core/evidence/index.ts';
import { findDuplicateKey } from '../core/revocation/index.ts';
import { type TokenFault, type TokenFaultCode, tokenFault } from './faults.ts';
import type { VerificationKey } from './keys.ts';
import { DOCUMENT_KINDS, type DocumentKind } from './kinds.ts';
import type { Claims } from './sign.ts';

export interface DocumentExpectation {
  /** Keys that may have signed it. */
  readonly keys: readonly VerificationKey[];
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Who reads it; left out: whoever it was made for, not checked. */
  readonly audience?: string;
  readonly issuer?: string;
  /** The nonce it must answer, as `eat_nonce` has it; left out: not checked. */
  readonly nonce?: string;
  /** Number of the newest document of this kind seen before. */
  readonly newestSequence?: number;
}

export type VerifiedDocument =
  | { readonly ok: true; readonly claims: Claims; readonly kid: string }
  | { readonly ok: false; readonly fault: TokenFault };

/** Longest document taken, in characters. A registry of thousands of releases is about a million. */
const MAX_CHARACTERS = 16_777_216;

/** How far the clock of the signer may be ahead. */
const MAX_LEAD_SECONDS = 60;

/** Verifies a document of one kind: signature, kind, time and, where given, audience, issuer and nonce. */
export function verifyDocument(
  kind: DocumentKind,
  token: string,
  expectation: DocumentExpectation,
): VerifiedDocument {
  const parsed = parse(token);
  if (!('header' in parsed)) return refuse(parsed.code, parsed.member);
  const { header, payload, signature, signingInput } = parsed;
  if (header['typ'] !== DOCUMENT_KINDS[kind].typ) return refuse('TOKEN_TYPE', 'typ');
  const key = expectation.keys.find(({ kid }) => kid === header['kid']);
  if (key === undefined) return refuse('TOKEN_KEY_UNKNOWN', 'kid');
  if (header['alg'] !== key.alg) return refuse('TOKEN_ALGORITHM', 'alg');
  if (!hasSigned(key, signingInput, signature)) return refuse('TOKEN_SIGNATURE_INVALID');
  const claims = parseObject(payload);
  if (claims === null) return refuse('TOKEN_MALFORMED', 'payload');
  const fault = checkClaims(kind, claims, expectation);
  return fault === null ? { ok: true, claims, kid: key.kid } : { ok: false, fault };
}

interface Parsed {
  readonly header: Claims;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  readonly signingInput: Uint8Array;
}

interface Refused {
  readonly code: TokenFaultCode;
  readonly member: string | null;
}

const HEADER_MEMBERS: ReadonlySet<string> = new Set(['alg', 'typ', 'kid']);

function parse(token: string): Parsed | Refused {
  const malformed = (member: string | null): Refused => ({ code: 'TOKEN_MALFORMED', member });
  if (token.length > MAX_CHARACTERS) return malformed(null);
  const parts = token.split('.');
  if (parts.length !== 3) return malformed(null);
  const [headerText = '', payloadText = '', signatureText = ''] = parts;
  const header = decodePart(headerText);
  const payload = decodePart(payloadText);
  const signature = signatureText === '' ? new Uint8Array(0) : decodePart(signatureText);
  const members = header === null ? null : parseObject(header);
  if (members === null) return malformed('header');
  if (payload === null) return malformed('payload');
  if (signature === null) return malformed('signature');
  if (members['alg'] === 'none' || signature.length === 0) {
    return { code: 'TOKEN_UNSIGNED', member: 'alg' };
  }
  // `crit`, `b64`, `jwk`, `x5c` and whatever else could change what is verified, or with which key.
  const other = Object.keys(members).find((name) => !HEADER_MEMBERS.has(name));
  if (other !== undefined) return malformed('header');
  const signingInput = Buffer.from(token.slice(0, token.lastIndexOf('.')), 'latin1');
  return { header: members, payload, signature, signingInput };
}

function decodePart(text: string): Uint8Array | null {
  return text === '' ? null : decodeBase64Url(text);
}

/** A JSON object in UTF-8 in which no member stands twice, or null. */
function parseObject(bytes: Uint8Array): Claims | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    return findDuplicateKey(text) === undefined ? (value as Claims) : null;
  } catch {
    return null;
  }
}

const DIGESTS = { ES256: 'sha256', ES384: 'sha384', EdDSA: null } as const;

function hasSigned(
  { alg, publicKey }: VerificationKey,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  return verify(DIGESTS[alg], data, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature);
}

function checkClaims(
  kind: DocumentKind,
  claims: Claims,
  { now, audience, issuer, nonce, newestSequence = 0 }: DocumentExpectation,
): TokenFault | null {
  const { expires, numbered } = DOCUMENT_KINDS[kind];
  const { iat, nbf, exp, seq, aud, iss, eat_nonce: answered } = claims;
  const seconds = Math.floor(now / 1000);
  if (!isTime(iat)) return tokenFault('TOKEN_CLAIM_MISSING', 'iat');
  if (exp === undefined ? expires : !isTime(exp)) return tokenFault('TOKEN_CLAIM_MISSING', 'exp');
  if (nbf !== undefined && !isTime(nbf)) return tokenFault('TOKEN_CLAIM_MISSING', 'nbf');
  if (numbered && !isTime(seq)) return tokenFault('TOKEN_CLAIM_MISSING', 'seq');
  if (iat > seconds + MAX_LEAD_SECONDS) return tokenFault('TOKEN_NOT_YET_VALID', 'iat');
  if (isTime(nbf) && nbf > seconds + MAX_LEAD_SECONDS) {
    return tokenFault('TOKEN_NOT_YET_VALID', 'nbf');
  }
  if (isTime(exp) && seconds >= exp) return tokenFault('TOKEN_EXPIRED', 'exp');
  if (isTime(seq) && seq < newestSequence) return tokenFault('TOKEN_OLDER', 'seq');
  if (issuer !== undefined && iss !== issuer) return tokenFault('TOKEN_ISSUER', 'iss');
  if (audience !== undefined && aud !== audience) return tokenFault('TOKEN_AUDIENCE', 'aud');
  if (nonce !== undefined && answered !== nonce) return tokenFault('TOKEN_NONCE', 'eat_nonce');
  return null;
}

/** Whole seconds, or a number in a series: an integer that is not negative. */
function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function refuse(code: TokenFaultCode, member: string | null = null): VerifiedDocument {
  return { ok: false, fault: tokenFault(code, member) };
}
