/** The chain and the attested key in report form. */
import { sha256Hex } from '../anchors/index.ts';
import type { Result } from '../base/index.ts';
import type { ProvisioningInfo } from '../key-description/index.ts';
import { roleInPath, type VerifiedPath } from '../path/index.ts';
import {
  type Certificate,
  type CertificateFacts,
  factsOf,
  keyFactsOf,
  sliceOf,
} from '../x509/index.ts';
import type { ReportCertificate, ReportChain, ReportKey } from './report.ts';
import { keepText } from './text.ts';

/** Everything known of the chain; without a path, what the certificates say of themselves. */
export function toReportChain(
  sent: readonly Certificate[],
  path: Result<VerifiedPath>,
  provisioningInfo: ProvisioningInfo | null,
): ReportChain {
  const certificates = sent.map((certificate, index) =>
    toReportCertificate(certificate, index, path.ok ? path.value : null),
  );
  if (!path.ok) {
    const shape = path.finding.code === 'SOFTWARE_ROOT' ? 'software' : null;
    return { shape, anchor: null, certificates, provisioningInfo: null };
  }
  const { id, spkiSha256, environment } = path.value.anchor.record;
  return {
    shape: path.value.layout.shape,
    anchor: { id, spkiSha256, environment },
    certificates,
    provisioningInfo,
  };
}

/** What certificates say of themselves. */
export function toUnverifiedCertificates(
  certificates: readonly Certificate[],
): readonly ReportCertificate[] {
  return certificates.map((certificate, index) => toReportCertificate(certificate, index, null));
}

/** The attested key: always the leaf's (THREATS T02). */
export function toReportKey({ leaf }: VerifiedPath): ReportKey {
  const spki = sliceOf(leaf, leaf.spki);
  return {
    ...keyFactsOf(leaf.publicKey),
    spki: Buffer.from(spki).toString('base64'),
    spkiSha256: sha256Hex(spki),
  };
}

function toReportCertificate(
  certificate: Certificate,
  index: number,
  path: VerifiedPath | null,
): ReportCertificate {
  const role = path === null ? null : roleInPath(path, index);
  const facts = factsOf(certificate);
  if (certificate.kept === null) return { index, role, ...facts };
  const known = SHARED.get(facts);
  if (known !== undefined && known.index === index && known.role === role) return known;
  const shared = Object.freeze({ index, role, ...facts });
  keepText(shared);
  SHARED.set(facts, shared);
  return shared;
}

/** Certificates that stand in many chains, at the place where they stood last. */
const SHARED = new WeakMap<CertificateFacts, ReportCertificate>();
