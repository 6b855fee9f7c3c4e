/**
 * A request to verify, as it comes over HTTP or in a file: JSON text, checked strictly in one pass. The
 * schema here is the one the API documents.
 */
import type { RequestContext } from '../core/binding/index.ts';
import { type ChainBytes, decodeBase64Url, parseChainText } from '../core/evidence/index.ts';
import type { CallerContext } from '../core/policy/index.ts';
import { MAX_STATEMENT_CHARACTERS } from '../core/statement/index.ts';
import { compileSchema } from '../json-schema.ts';
import {
  type CallerContextDocument,
  CallerContextSchema,
  toCallerContext,
  toRequestContext,
} from './caller-context.ts';
import { cutChain } from './chain-first.ts';
import { opaque } from './context.ts';
import { parseJsonBody, type RequestFault, type RequestFaultCode } from './json-body.ts';
import { parsePublicKey, whyNoPublicKey } from './public-key.ts';

/** Longest challenge a keystore takes is 128 bytes: 171 characters of base64url. */
const MAX_CHALLENGE_CHARACTERS = 171;

const MAX_RECORD_CHARACTERS = 8192;

/** What a request can be answered with. */
const RESULT_FORMS = ['report', 'token', 'both', 'record'] as const;
export type ResultForm = (typeof RESULT_FORMS)[number];

const CHALLENGE = {
  type: 'string',
  maxLength: MAX_CHALLENGE_CHARACTERS,
  description: 'The challenge the device was given, base64url without padding.',
} as const;
const POLICY = { type: 'string', description: 'Id of a policy; see GET /v1/policies.' } as const;
const STATEMENT = {
  type: 'string',
  maxLength: MAX_STATEMENT_CHARACTERS,
  description: 'What the device says of itself: a compact JWS signed by the attested key.',
} as const;
const RESULT = {
  type: 'string',
  enum: RESULT_FORMS,
  description:
    'What to answer with: the report (default), a signed result and its outcome, both, or a signed recheck record to keep in place of the evidence.',
} as const;
const ENROLMENT_RECORD = {
  type: 'string',
  maxLength: MAX_RECORD_CHARACTERS,
  description: 'The record of an earlier enrolment: what has changed since becomes findings.',
} as const;
const AUDIENCE = opaque('Who the signed result is for, such as the address of the relying party.');

export const VerifyRequestSchema = {
  type: 'object',
  title: 'VerifyRequest',
  properties: {
    chain: {
      description:
        'The certificate chain, leaf first: one PEM text, or an array of base64 DER certificates.',
      anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
    },
    challenge: CHALLENGE,
    policy: POLICY,
    publicKey: {
      description:
        'The key the caller expects: base64 DER SubjectPublicKeyInfo, PEM, or a JWK object.',
      anyOf: [{ type: 'string' }, { type: 'object' }],
    },
    statement: STATEMENT,
    context: CallerContextSchema,
    result: RESULT,
    enrol: {
      type: 'boolean',
      description: 'Answer an accept with a signed record of the device, to bring back later.',
    },
    enrolmentRecord: ENROLMENT_RECORD,
    audience: AUDIENCE,
  },
  required: ['chain'],
  additionalProperties: false,
} as const;

/** A request of that schema. */
interface VerifyRequestDocument {
  readonly chain: string | readonly string[];
  readonly challenge?: string;
  readonly policy?: string;
  readonly publicKey?: string | Readonly<Record<string, unknown>>;
  readonly statement?: string;
  readonly context?: CallerContextDocument;
  readonly result?: ResultForm;
  readonly enrol?: boolean;
  readonly enrolmentRecord?: string;
  readonly audience?: string;
}

const { enrolled: _, floor: __, lastReport: ___, ...inContext } = CallerContextSchema.properties;

/** What may stand in the query beside a PEM chain: the members that are texts. Checked with the rest. */
export const VerifyQuerySchema = {
  type: 'object',
  description: 'Beside PEM only; beside JSON everything stands in the body.',
  properties: {
    challenge: CHALLENGE,
    policy: POLICY,
    publicKey: {
      type: 'string',
      description: 'The key the caller expects: base64 DER SubjectPublicKeyInfo, or PEM.',
    },
    statement: STATEMENT,
    result: RESULT,
    enrolmentRecord: ENROLMENT_RECORD,
    audience: AUDIENCE,
    ...Object.fromEntries(
      Object.entries(inContext).map(([name, schema]) => [`context.${name}`, schema]),
    ),
  },
} as const;

const CHECK = compileSchema<VerifyRequestDocument>(VerifyRequestSchema);

/** A request whose evidence has been decoded, not parsed. */
export interface VerifyRequest {
  readonly chain: ChainBytes;
  /** What it was decoded from; null: PEM. */
  readonly chainTexts: readonly string[] | null;
  readonly challenge: Uint8Array | null;
  readonly policy: string | null;
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array | null;
  /** A compact JWS, not looked into. */
  readonly statement: string | null;
  /** What the request says the evidence is for. */
  readonly context: RequestContext;
  readonly result: ResultForm;
  readonly enrol: boolean;
  /** A compact JWS, not looked into. */
  readonly enrolmentRecord: string | null;
  /** Who a signed result is for; null: as configured. */
  readonly audience: string | null;
  /** What the caller says of the device; left out: nothing. */
  readonly caller?: CallerContext;
}

export type RequestResult =
  | { readonly ok: true; readonly request: VerifyRequest }
  | { readonly ok: false; readonly fault: RequestFault };

/** Reads a chain from its texts, as `parseChainText` does: what it takes is base64 or PEM and nothing else. */
export type ReadChain = typeof parseChainText;

/** Parses the JSON text of a request. `readChain`: how, where some are known. */
export function parseVerifyRequest(
  json: string,
  readChain: ReadChain = parseChainText,
): RequestResult {
  const plain = parsePlainRequest(json, readChain);
  if (plain?.ok === true) return plain;
  // Whatever is wrong is found, and named, in the body as it came.
  const parsed = parseJsonBody(json);
  return parsed.ok ? checkVerifyRequest(parsed.document) : parsed;
}

/**
 * The same for a body that begins with its chain. What is base64 and nothing else is a string of JSON too, so
 * that the whole is JSON where the rest is.
 */
function parsePlainRequest(json: string, readChain: ReadChain): RequestResult | null {
  const cut = cutChain(json);
  if (cut === null) return null;
  const parsed = parseJsonBody(cut.rest);
  return parsed.ok
    ? checkVerifyRequest({ ...(parsed.document as object), chain: cut.chain }, readChain)
    : parsed;
}

/** Checks a parsed request against the schema and decodes its members. */
export function checkVerifyRequest(
  document: unknown,
  readChain: ReadChain = parseChainText,
): RequestResult {
  return CHECK.accepts(document)
    ? decode(document, readChain)
    : refuse('REQUEST_INVALID', ...CHECK.explain(document));
}

function decode(document: VerifyRequestDocument, readChain: ReadChain): RequestResult {
  const decoded = readChain(document.chain);
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
    return refuse('REQUEST_INVALID', 'publicKey', whyNoPublicKey(document.publicKey));
  }
  const { policy = null, statement = null, result = 'report' } = document;
  const { audience = null, enrol = false, enrolmentRecord = null } = document;
  const said = document.context;
  return {
    ok: true,
    request: {
      chain: decoded.chain,
      chainTexts: typeof document.chain === 'string' ? null : document.chain,
      challenge,
      policy,
      publicKey,
      statement,
      context: said === undefined ? {} : toRequestContext(said),
      ...(said === undefined ? {} : { caller: toCallerContext(said) }),
      result,
      audience,
      enrol,
      enrolmentRecord,
    },
  };
}

function refuse(code: RequestFaultCode, member: string | null, text: string): RequestResult {
  return { ok: false, fault: { code, member, text } };
}
