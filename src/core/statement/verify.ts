/**
 * Verifies a statement: signed by the attested key, over this challenge and this evidence, now. The
 * algorithm follows from the key, never from the header (RFC 8725 section 3.1), and nothing the payload
 * says is looked at before the signature holds.
 *
 * Synchronous, with the runtime's own verification: the judge is pure and synchronous, and a signature
 * with a key that is already known needs nothing of a token library.
 */
import { constants, timingSafeEqual, verify } from 'node:crypto';
import { type FindingCode, finding, type Result, refusal, success } from '../base/index.ts';
import { decodeBase64Url } from '../evidence/index.ts';
import type { KeyDescription } from '../key-description/index.ts';
import { type Certificate, importKey, sliceOf } from '../x509/index.ts';
import { parseCompactJws, parseObject } from './compact.ts';
import {
  MAX_STATEMENT_AGE_MS,
  MAX_STATEMENT_LEAD_MS,
  STATEMENT_FIELDS,
  STATEMENT_TYPE,
  type StatementAlgorithm,
  type StatementFields,
} from './statement.ts';

/** What a statement must fit. */
export interface StatementExpectation {
  /** Certificate of the attested key, from a verified path. */
  readonly leaf: Certificate;
  readonly description: KeyDescription;
  /** Of the chain the statement came with: lower-case hex. */
  readonly evidenceDigest: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** PaddingMode.aidl. */
const PADDING_PSS = 3;
const PADDING_PKCS1_SIGN = 5;

/** A modulus below this is forgeable (RFC 7518 section 3.3). */
const MIN_RSA_BITS = 2048;

/** RFC 7518 section 3.5: a salt as long as the digest. */
const PSS_SALT_BYTES = 32;

/**
 * What a statement says, once it is proved to be the attested key's, about this evidence and answering
 * the challenge in it. Whether that challenge is fresh is not checked here.
 */
export function verifyStatement(
  text: string,
  expectation: StatementExpectation,
): Result<StatementFields> {
  const jws = parseCompactJws(text);
  if (jws === null) return refuse('STATEMENT_MALFORMED', 'statement');
  const { alg, typ, ...others } = jws.header;
  if (typ !== STATEMENT_TYPE) return refuse('STATEMENT_TYPE', 'statement.typ', STATEMENT_TYPE);
  // What a header says beside these, such as where a key is to be had, is nobody's to follow.
  if (Object.keys(others).length > 0) return refuse('STATEMENT_MALFORMED', 'statement');
  const allowed = algorithmsOf(expectation);
  const algorithm = allowed.find((each) => each === alg);
  if (algorithm === undefined) {
    return refuse('STATEMENT_ALGORITHM', 'statement.alg', allowed.join(' or ') || null);
  }
  const spki = sliceOf(expectation.leaf, expectation.leaf.spki);
  if (!hasSigned(algorithm, spki, jws.signingInput, jws.signature)) {
    return refuse('STATEMENT_SIGNATURE_INVALID', 'statement.signature');
  }
  const payload = parseObject(jws.payload);
  return payload === null
    ? refuse('STATEMENT_MALFORMED', 'statement.payload')
    : checkPayload(payload, expectation);
}

/** What a key can sign statements with: its kind and, for RSA, the padding its hardware allows it. */
function algorithmsOf({
  leaf: { publicKey },
  description,
}: StatementExpectation): readonly StatementAlgorithm[] {
  if ('curve' in publicKey) return publicKey.curve === 'P_256' ? ['ES256'] : [];
  if (!('size' in publicKey) || publicKey.size < MIN_RSA_BITS) return [];
  const { padding = [] } = description.hardwareEnforced.fields;
  return [
    ...(padding.includes(PADDING_PKCS1_SIGN) ? (['RS256'] as const) : []),
    ...(padding.includes(PADDING_PSS) ? (['PS256'] as const) : []),
  ];
}

const PARAMETERS = {
  ES256: { dsaEncoding: 'ieee-p1363' },
  RS256: { padding: constants.RSA_PKCS1_PADDING },
  PS256: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: PSS_SALT_BYTES },
} as const;

/** A key the runtime cannot import (a point off its curve) has signed nothing. */
function hasSigned(
  algorithm: StatementAlgorithm,
  spki: Uint8Array,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  try {
    const key = importKey(spki);
    return verify('sha256', data, { key, ...PARAMETERS[algorithm] }, signature);
  } catch {
    return false;
  }
}

function checkPayload(
  { nonce, evidenceDigest, iat, ...fields }: Readonly<Record<string, unknown>>,
  expectation: StatementExpectation,
): Result<StatementFields> {
  const nonceBytes = typeof nonce === 'string' ? decodeBase64Url(nonce) : null;
  if (nonceBytes === null) return refuse('STATEMENT_MALFORMED', 'statement.nonce');
  if (typeof evidenceDigest !== 'string') {
    return refuse('STATEMENT_MALFORMED', 'statement.evidenceDigest');
  }
  if (!Number.isSafeInteger(iat)) return refuse('STATEMENT_MALFORMED', 'statement.iat');
  for (const [name, value] of Object.entries(fields)) {
    if (!isWordOf(name, value)) return refuse('STATEMENT_MALFORMED', `statement.${known(name)}`);
  }
  const { attestationChallenge } = expectation.description;
  const answers =
    nonceBytes.length === attestationChallenge.length &&
    timingSafeEqual(nonceBytes, attestationChallenge);
  if (!answers) return refuse('STATEMENT_NONCE_MISMATCH', 'statement.nonce');
  if (evidenceDigest !== expectation.evidenceDigest) {
    return refuse('STATEMENT_EVIDENCE_MISMATCH', 'statement.evidenceDigest');
  }
  const age = expectation.now - (iat as number) * 1000;
  if (age > MAX_STATEMENT_AGE_MS) return refuse('STATEMENT_EXPIRED', 'statement.iat');
  if (age < -MAX_STATEMENT_LEAD_MS) return refuse('STATEMENT_NOT_YET_VALID', 'statement.iat');
  return success(fields as StatementFields);
}

function isWordOf(name: string, value: unknown): boolean {
  if (!Object.hasOwn(STATEMENT_FIELDS, name)) return false;
  const words: readonly unknown[] = STATEMENT_FIELDS[name as keyof typeof STATEMENT_FIELDS];
  return words.includes(value);
}

/** A member's name, if it is one of ours: what else a device wrote goes into no report. */
function known(name: string): string {
  return Object.hasOwn(STATEMENT_FIELDS, name) ? name : 'payload';
}

function refuse(
  code: Extract<FindingCode, `STATEMENT_${string}`>,
  field: string,
  expected: string | null = null,
): Result<never> {
  return refusal(finding(code, { field }, expected === null ? {} : { expected }));
}
