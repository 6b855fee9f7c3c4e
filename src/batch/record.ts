/**
 * One line of a batch: `{id, chain, receivedAt?, challenge?, policy?}`, or a recheck record in place of
 * the chain. Other members are ignored, so that callers may keep their own beside ours.
 */
import {
  type ChainBytes,
  decodeBase64Url,
  type EvidenceFaultCode,
  parseChainText,
} from '../core/evidence/index.ts';
import { findDuplicateKey } from '../core/revocation/index.ts';
import { parseRfc3339 } from '../request/index.ts';

interface RecordBase {
  readonly id: string;
  readonly policy: string | null;
}

/** Stored evidence. */
export interface EvidenceRecord extends RecordBase {
  readonly kind: 'evidence';
  readonly chain: ChainBytes;
  /** When the evidence was received, in milliseconds since 1970; null: it is judged as of the run. */
  readonly receivedAt: number | null;
  readonly challenge: Uint8Array | null;
}

/** A signed recheck record in place of evidence; its signature is not checked yet. */
export interface RecheckLine extends RecordBase {
  readonly kind: 'recheck';
  readonly token: string;
}

export type BatchRecord = EvidenceRecord | RecheckLine;

/** Why a line has an error instead of a verdict. Public, as finding codes are. */
export type RecordFaultCode =
  | 'RECORD_NOT_JSON'
  | 'RECORD_INVALID'
  | 'RECORD_TOO_LARGE'
  | 'RECORD_SIGNATURE'
  | EvidenceFaultCode
  | 'POLICY_UNKNOWN'
  | 'INPUT_UNREADABLE'
  | 'SHARD_FAILED'
  | 'INTERNAL';

export interface RecordFault {
  readonly code: RecordFaultCode;
  readonly text: string;
}

export type RecordResult =
  | { readonly ok: true; readonly record: BatchRecord }
  | { readonly ok: false; readonly id: string | null; readonly fault: RecordFault };

/** Longest id: it comes back in every result, so it must not be the larger part of it. */
const MAX_ID_CHARACTERS = 256;

/** Reads one line. Total: what cannot be read is a fault with its reason. */
export function parseRecord(line: string): RecordResult {
  let document: unknown;
  try {
    document = JSON.parse(line);
  } catch (error) {
    return refuse(null, 'RECORD_NOT_JSON', (error as Error).message);
  }
  if (!isObject(document)) return refuse(null, 'RECORD_INVALID', 'the line is no JSON object');
  const id = idOf(document);
  const duplicate = findDuplicateKey(line);
  if (duplicate !== undefined) {
    return refuse(id, 'RECORD_INVALID', `the member "${duplicate}" stands twice`);
  }
  if (id === null) {
    const text = `id: a text of 1 to ${MAX_ID_CHARACTERS} characters is expected`;
    return refuse(null, 'RECORD_INVALID', text);
  }
  const policy = document['policy'] ?? null;
  if (policy !== null && typeof policy !== 'string') {
    return refuse(id, 'RECORD_INVALID', 'policy: the id of a policy is expected');
  }
  return document['record'] === undefined
    ? readEvidence(id, policy, document)
    : readRecheck(id, policy, document);
}

type Document = Readonly<Record<string, unknown>>;

function readEvidence(id: string, policy: string | null, document: Document): RecordResult {
  const { chain: text, receivedAt: received, challenge: asked } = document;
  if (text === undefined) return refuse(id, 'RECORD_INVALID', 'chain: it is missing');
  if (!isChainText(text)) {
    return refuse(id, 'RECORD_INVALID', 'chain: a PEM text or an array of base64 DER is expected');
  }
  const decoded = parseChainText(text);
  if (!decoded.ok) return refuse(id, decoded.fault.code, `chain: ${decoded.fault.text}`);
  const receivedAt = typeof received === 'string' ? parseRfc3339(received) : null;
  if (receivedAt === null && received !== undefined && received !== null) {
    return refuse(id, 'RECORD_INVALID', 'receivedAt: an RFC 3339 time is expected');
  }
  const challenge = typeof asked === 'string' ? decodeBase64Url(asked) : null;
  if (challenge === null && asked !== undefined && asked !== null) {
    return refuse(id, 'RECORD_INVALID', 'challenge: base64url without padding is expected');
  }
  const record = { kind: 'evidence', id, policy, chain: decoded.chain, receivedAt, challenge };
  return { ok: true, record: record as EvidenceRecord };
}

function readRecheck(id: string, policy: string | null, { record }: Document): RecordResult {
  if (typeof record !== 'string') {
    return refuse(id, 'RECORD_INVALID', 'record: a signed recheck record is expected');
  }
  return { ok: true, record: { kind: 'recheck', id, policy, token: record } };
}

function idOf({ id }: Document): string | null {
  return typeof id === 'string' && id !== '' && id.length <= MAX_ID_CHARACTERS ? id : null;
}

function isChainText(value: unknown): value is string | readonly string[] {
  return (
    typeof value === 'string' ||
    (Array.isArray(value) && value.every((each) => typeof each === 'string'))
  );
}

function isObject(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuse(id: string | null, code: RecordFaultCode, text: string): RecordResult {
  return { ok: false, id, fault: { code, text } };
}
