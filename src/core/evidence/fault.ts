/**
 * Input that is no evidence at all: text or base64 that cannot be read as certificates. Not a finding,
 * because nothing is said about a device; the caller's to mend.
 */

export type EvidenceFaultCode =
  | 'EVIDENCE_EMPTY'
  | 'EVIDENCE_NOT_BASE64'
  | 'EVIDENCE_NOT_PEM'
  | 'EVIDENCE_NOT_READABLE';

export interface EvidenceFault {
  readonly code: EvidenceFaultCode;
  /** Which certificate, counted from 0, where that is known. */
  readonly certificate: number | null;
  readonly text: string;
}

export type ChainBytes = readonly Uint8Array[];

export type EvidenceResult =
  | { readonly ok: true; readonly chain: ChainBytes }
  | { readonly ok: false; readonly fault: EvidenceFault };

export function unreadable(
  code: EvidenceFaultCode,
  text: string,
  certificate: number | null = null,
): EvidenceResult {
  return { ok: false, fault: { code, certificate, text } };
}
