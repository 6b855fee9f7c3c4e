/**
 * The compact serialisation of a JWS (RFC 7515 section 7.1), taken apart strictly: canonical base64url,
 * JSON without duplicate members. Nothing is verified yet.
 */
import { decodeBase64Url } from '../evidence/index.ts';
import { findDuplicateKey } from '../revocation/index.ts';
import { MAX_STATEMENT_CHARACTERS } from './statement.ts';

export interface CompactJws {
  readonly header: Readonly<Record<string, unknown>>;
  /** What was signed: header and payload as they were sent. */
  readonly signingInput: Uint8Array;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

/** Takes a compact JWS apart, or gives null. */
export function parseCompactJws(text: string): CompactJws | null {
  if (text.length > MAX_STATEMENT_CHARACTERS) return null;
  const parts = text.split('.');
  const [header, payload, signature] = parts.map(decodeBase64Url);
  if (parts.length !== 3 || !header || !payload || !signature) return null;
  const members = parseObject(header);
  if (members === null) return null;
  const signingInput = Buffer.from(text.slice(0, text.lastIndexOf('.')), 'latin1');
  return { header: members, signingInput, payload, signature };
}

/** A JSON object in UTF-8 whose members all have different names, or null. */
export function parseObject(bytes: Uint8Array): Readonly<Record<string, unknown>> | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    return findDuplicateKey(text) === undefined ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
