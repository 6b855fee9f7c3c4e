/**
 * A request to verify, as it comes over HTTP or in a file: JSON text, checked strictly in one pass. The
 * schema here is the one the API documents.
 */
import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import {
  type ChainBytes,
  decodeBase64Url,
  type EvidenceFaultCode,
  parseChainText,
} from '../core/evidence/index.ts';
import { findDuplicateKey } from '../core/revocation/index.ts';
import { parsePublicKey } from './public-key.ts';

/** Longest challenge a keystore takes is 128 bytes: 171 characters of base64url. */
const MAX_CHALLENGE_CHARACTERS = 171;

export const VerifyRequestSchema = Type.Object(
  {
    chain: Type.Union([Type.String(), Type.Array(Type.String())], {
      description:
        'The certificate chain, leaf first: one PEM text, or an array of base64 DER certificates.',
    }),
    challenge: Type.Optional(
      Type.String({
        maxLength: MAX_CHALLENGE_CHARACTERS,
        description: 'The challenge the device was given, base64url without padding.',
      }),
    ),
    policy: Type.Optional(Type.String({ description: 'Id of a policy; see GET /v1/policies.' })),
    publicKey: Type.Optional(
      Type.Union([Type.String(), Type.Record(Type.String(), Type.Unknown())], {
        description:
          'The key the caller expects: base64 DER SubjectPublicKeyInfo, PEM, or a JWK object.',
      }),
    ),
    result: Type.Optional(
      Type.Union([Type.Literal('report'), Type.Literal('record')], {
        description:
          'What to answer with: the report, or a signed recheck record to keep in place of the evidence, with outcome and codes.',
      }),
    ),
  },
  { additionalProperties: false, title: 'VerifyRequest' },
);

const VALIDATOR = Compile(VerifyRequestSchema);

/** A request whose evidence has been decoded, not parsed. */
export interface VerifyRequest {
  readonly chain: ChainBytes;
  readonly challenge: Uint8Array | null;
  readonly policy: string | null;
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array | null;
  readonly result: 'report' | 'record';
}

export type RequestFaultCode = EvidenceFaultCode | 'REQUEST_NOT_JSON' | 'REQUEST_INVALID';

/** Why a request cannot be answered: the caller's to mend. */
export interface RequestFault {
  readonly code: RequestFaultCode;
  /** Which member, in dotted form. */
  readonly member: string | null;
  readonly text: string;
}

export type RequestResult =
  | { readonly ok: true; readonly request: VerifyRequest }
  | { readonly ok: false; readonly fault: RequestFault };

/** Parses the JSON text of a request. */
export function parseVerifyRequest(json: string): RequestResult {
  let document: unknown;
  try {
    document = JSON.parse(json);
  } catch (error) {
    return refuse('REQUEST_NOT_JSON', null, (error as Error).message);
  }
  const duplicate = findDuplicateKey(json);
  if (duplicate !== undefined) return refuse('REQUEST_INVALID', duplicate, 'stands twice');
  return checkVerifyRequest(document);
}

/** Checks a parsed request against the schema and decodes its members. */
export function checkVerifyRequest(document: unknown): RequestResult {
  return VALIDATOR.Check(document)
    ? decode(document as Static<typeof VerifyRequestSchema>)
    : refuse('REQUEST_INVALID', ...schemaError(document));
}

function decode(document: Static<typeof VerifyRequestSchema>): RequestResult {
  const decoded = parseChainText(document.chain);
  if (!decoded.ok) {
    const { code, certificate, text } = decoded.fault;
    return refuse(code, certificate === null ? 'chain' : `chain.${certificate}`, text);
  }
  const challenge = document.challenge === undefined ? null : decodeBase64Url(document.challenge);
  if (challenge === null && document.challenge !== undefined) {
    return refuse('REQUEST_INVALID', 'challenge', 'is not base64url without padding');
  }
  const publicKey = document.publicKey === undefined ? null : parsePublicKey(document.publicKey);
  if (publicKey === null && document.publicKey !== undefined) {
    return refuse(
      'REQUEST_INVALID',
      'publicKey',
      'is neither base64 DER SubjectPublicKeyInfo, nor PEM, nor a JWK',
    );
  }
  const { policy = null, result = 'report' } = document;
  return { ok: true, request: { chain: decoded.chain, challenge, policy, publicKey, result } };
}

/** The error that points deepest: in a choice, the alternative that came closest. */
function schemaError(document: unknown): [string | null, string] {
  const depth = (path: string): number => path.split('/').length;
  const [error] = VALIDATOR.Errors(document).toSorted(
    (a, b) => depth(b.instancePath) - depth(a.instancePath),
  );
  if (error === undefined) return [null, 'does not match the schema'];
  const member = error.instancePath.slice(1).replaceAll('/', '.');
  const text = error.keyword === 'boolean' ? 'is not a known member' : error.message;
  return [member === '' ? null : member, text];
}

function refuse(code: RequestFaultCode, member: string | null, text: string): RequestResult {
  return { ok: false, fault: { code, member, text } };
}
