/** The forms in which a chain is sent, each to the bytes of its certificates, leaf first. */
import { newEffort } from '../base/index.ts';
import { attempt, DerFault, DerReader, SEQUENCE } from '../der/index.ts';
import { decodeBase64, sizeOfBase64 } from './base64.ts';
import { type ChainBytes, type EvidenceResult, unreadable } from './fault.ts';
import { frameInPlace, LENGTH_OCTETS } from './frame.ts';
import { parsePem } from './pem.ts';

/** A PEM bundle in one text, or an array of base64 DER. */
export function parseChainText(chain: string | readonly string[]): EvidenceResult {
  return typeof chain === 'string' ? parsePem(chain) : parseBase64Array(chain);
}

/** One certificate in each text. */
function parseBase64Array(texts: readonly string[]): EvidenceResult {
  if (texts.length === 0) return unreadable('EVIDENCE_EMPTY', 'the chain has no certificates');
  let size = 0;
  for (const text of texts) size += LENGTH_OCTETS + sizeOfBase64(text);
  // One piece of memory for all of them; every octet of it that is given out is written.
  const all = Buffer.allocUnsafe(size);
  const chain: Uint8Array[] = [];
  let at = 0;
  for (let index = 0; index < texts.length; index += 1) {
    at += LENGTH_OCTETS;
    const bytes = decodeBase64(texts[index] as string, all, at);
    if (bytes === null) {
      return unreadable('EVIDENCE_NOT_BASE64', 'a certificate is not canonical base64', index);
    }
    chain.push(bytes);
    at += bytes.length;
  }
  frameInPlace(all, chain);
  return { ok: true, chain };
}

/**
 * Certificates one after another. What is no whole value any more counts as the last certificate, so
 * that it is judged and the place of the break is reported.
 */
export function splitConcatenatedDer(bytes: Uint8Array): ChainBytes {
  const reader = new DerReader(bytes, newEffort());
  const chain: Uint8Array[] = [];
  while (!reader.atEnd) {
    const start = reader.position;
    if (attempt(() => reader.read(SEQUENCE)) instanceof DerFault) {
      chain.push(bytes.subarray(start));
      return chain;
    }
    chain.push(bytes.subarray(start, reader.to));
  }
  return chain;
}
