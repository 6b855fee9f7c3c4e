/** The chain and the attested key in report form. */
import { type Anchor, sha256Hex } from '../anchors/index.ts';
import { type Result, toBase64 } from '../base/index.ts';
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
  // Whole fleets have the same few, which are then the same objects.
  if (provisioningInfo !== null) keepText(provisioningInfo);
  return {
    shape: path.value.layout.shape,
    anchor: toReportAnchor(path.value.anchor),
    certificates,
    provisioningInfo,
  };
}

/** The same for every chain under an anchor. */
const ANCHORS = new WeakMap<Anchor, NonNullable<ReportChain['anchor']>>();

function toReportAnchor(anchor: Anchor): NonNullable<ReportChain['anchor']> {
  const known = ANCHORS.get(anchor);
  if (known !== undefined) return known;
  const { id, spkiSha256, environment } = anchor.record;
  const shared = Object.freeze({ id, spkiSha256, environment });
  keepText(shared);
  ANCHORS.set(anchor, shared);
  return shared;
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
    spki: toBase64(spki),
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
  if (certificate.kept === null) return placed(facts, index, role);
  const known = SHARED.get(facts);
  if (known !== undefined && known.index === index && known.role === role) return known;
  const shared = Object.freeze(placed(facts, index, role));
  keepText(shared);
  SHARED.set(facts, shared);
  return shared;
}

/** Member by member: to spread an object costs as much as to read what stands in it. */
function placed(
  facts: CertificateFacts,
  index: number,
  role: ReportCertificate['role'],
): ReportCertificate {
  const { subject, serial, notBefore, notAfter, signatureAlgorithm, publicKey, sha256 } = facts;
  return {
    index,
    role,
    subject,
    serial,
    notBefore,
    notAfter,
    signatureAlgorithm,
    publicKey,
    sha256,
  };
}

/** Certificates that stand in many chains, at the place where they stood last. */
const SHARED = new WeakMap<CertificateFacts, ReportCertificate>();
