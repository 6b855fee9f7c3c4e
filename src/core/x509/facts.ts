/** Reading the facts of certificates and keys, for reports. */
import { hash } from 'node:crypto';
import { toRfc3339 } from '../base/index.ts';
import { type Certificate, type CertificateFacts, serialHexOf } from './certificate.ts';
import { toNameText } from './name.ts';
import type { PublicKey } from './public-key.ts';

/** The facts of a public key that its kind has. */
export interface KeyFacts {
  readonly algorithm: string;
  readonly curve?: string;
  readonly size?: number;
  readonly parameterSet?: string;
}

/** Read anew for a certificate of one request, once for one that is kept. */
export function factsOf(certificate: Certificate): CertificateFacts {
  const { kept } = certificate;
  if (kept === null) return readFacts(certificate);
  kept.facts ??= readFacts(certificate);
  return kept.facts;
}

export function keyFactsOf(key: PublicKey): KeyFacts {
  if ('curve' in key) return { algorithm: key.algorithm, curve: key.curve };
  if ('soundForIssuing' in key) return { algorithm: key.algorithm, size: key.size };
  if ('parameterSet' in key) return { algorithm: key.algorithm, parameterSet: key.parameterSet };
  return { algorithm: key.algorithm };
}

function readFacts(certificate: Certificate): CertificateFacts {
  return {
    subject: toNameText(certificate.subject),
    serial: serialHexOf(certificate),
    notBefore: dateText(certificate.notBefore),
    notAfter: dateText(certificate.notAfter),
    signatureAlgorithm: certificate.signatureAlgorithm.name,
    publicKey: toKeyText(certificate.publicKey),
    sha256: hash('sha256', certificate.bytes),
  };
}

/** Texts of moments: most leaves have the same two, and whole batches of devices. */
const DATES = new Map<number, string>();
const MAX_DATES = 1024;

function dateText(epochMs: number): string {
  const known = DATES.get(epochMs);
  if (known !== undefined) return known;
  const text = toRfc3339(epochMs);
  // Whoever makes up dates without end has the others read again, and no more.
  if (DATES.size === MAX_DATES) DATES.clear();
  DATES.set(epochMs, text);
  return text;
}

function toKeyText(key: PublicKey): string {
  if ('curve' in key) return `${key.algorithm} ${key.curve}`;
  if ('soundForIssuing' in key) return `${key.algorithm} ${key.size}`;
  return 'parameterSet' in key ? key.parameterSet : key.algorithm;
}
