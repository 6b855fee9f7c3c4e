/** Heads of a trail: which trail, how far, and the hash there, signed with the key of results. */
import { type VerificationKey, verifyDocument } from '../results/index.ts';

export interface TrailHead {
  /** Hash of the first record, which names the trail. */
  readonly trail: string;
  /** The last record it covers, and with it every one before. */
  readonly seq: number;
  readonly hash: string;
}

/** What a head says, unverified; null: it is none. */
export function readHead(token: string): TrailHead | null {
  try {
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8');
    return toHead(JSON.parse(payload));
  } catch {
    return null;
  }
}

/** What a head says, once its signature holds; otherwise the code of what is wrong with it. */
export function verifyHead(
  token: string,
  keys: readonly VerificationKey[],
  now: number,
): TrailHead | string {
  const verified = verifyDocument('auditHead', token, { keys, now });
  if (!verified.ok) return verified.fault.code;
  return toHead(verified.claims) ?? 'TOKEN_CLAIM_MISSING';
}

function toHead({ trail, seq, hash }: Readonly<Record<string, unknown>>): TrailHead | null {
  const isHead = typeof trail === 'string' && Number.isSafeInteger(seq) && typeof hash === 'string';
  return isHead ? { trail, seq: seq as number, hash } : null;
}
