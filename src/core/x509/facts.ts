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
    notBefore: toRfc3339(certificate.notBefore),
    notAfter: toRfc3339(certificate.notAfter),
    signatureAlgorithm: certificate.signatureAlgorithm.name,
    publicKey: toKeyText(certificate.publicKey),
    sha256: hash('sha256', certificate.bytes),
  };
}

function toKeyText(key: PublicKey): string {
  const { algorithm, curve, size, parameterSet } = keyFactsOf(key);
  return parameterSet ?? [algorithm, curve ?? size].filter((part) => part !== undefined).join(' ');
}
