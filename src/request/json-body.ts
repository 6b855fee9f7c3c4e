/** JSON bodies, parsed strictly; what is wrong with one, and where. */
import type { EvidenceFaultCode } from '../core/evidence/index.ts';
import { findDuplicateKey } from '../core/revocation/index.ts';

export type RequestFaultCode = EvidenceFaultCode | 'REQUEST_NOT_JSON' | 'REQUEST_INVALID';

/** Why a request cannot be answered: the caller's to mend. */
export interface RequestFault {
  readonly code: RequestFaultCode;
  /** Which member, in dotted form. */
  readonly member: string | null;
  readonly text: string;
}

type Parsed =
  | { readonly ok: true; readonly document: unknown }
  | { readonly ok: false; readonly fault: RequestFault };

/** Parses JSON in which no member stands twice. */
export function parseJsonBody(json: string): Parsed {
  let document: unknown;
  try {
    document = JSON.parse(json);
  } catch (error) {
    const text = (error as Error).message;
    return { ok: false, fault: { code: 'REQUEST_NOT_JSON', member: null, text } };
  }
  const member = findDuplicateKey(json);
  return member === undefined
    ? { ok: true, document }
    : { ok: false, fault: { code: 'REQUEST_INVALID', member, text: 'stands twice' } };
}
