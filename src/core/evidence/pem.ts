/**
 * PEM bundles (RFC 7468): CERTIFICATE blocks one after another, lines of any length, the final newline
 * optional. Nothing but white space stands between them; a byte order mark is refused (THREATS B04).
 */
import { decodeBase64 } from './base64.ts';
import { type EvidenceResult, unreadable } from './fault.ts';

const BEGIN = '-----BEGIN CERTIFICATE-----';
const END = '-----END CERTIFICATE-----';

/** Reads a bundle to the certificates' bytes, in order. */
export function parsePem(text: string): EvidenceResult {
  const chain: Uint8Array[] = [];
  let at = 0;
  for (;;) {
    const begin = text.indexOf(BEGIN, at);
    const between = text.slice(at, begin < 0 ? text.length : begin);
    if (between.trim() !== '' || between.includes('\ufeff')) {
      const where = chain.length === 0 ? 'before the first block' : `behind block ${chain.length}`;
      return unreadable(
        'EVIDENCE_NOT_PEM',
        `text ${where} is not a CERTIFICATE block`,
        chain.length,
      );
    }
    if (begin < 0) break;
    const end = text.indexOf(END, begin);
    if (end < 0) {
      return unreadable('EVIDENCE_NOT_PEM', 'a CERTIFICATE block has no end', chain.length);
    }
    const bytes = decodeBase64(text.slice(begin + BEGIN.length, end).replaceAll(/[\r\n\t ]/g, ''));
    if (bytes === null) {
      return unreadable('EVIDENCE_NOT_BASE64', 'a CERTIFICATE block is not base64', chain.length);
    }
    chain.push(bytes);
    at = end + END.length;
  }
  return chain.length === 0
    ? unreadable('EVIDENCE_EMPTY', 'there is no certificate in it')
    : { ok: true, chain };
}
