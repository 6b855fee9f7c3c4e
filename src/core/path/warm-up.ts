/**
 * Upper certificates that were verified before, in another thread or another run, verified again here, so that no
 * request has to wait for them. Whoever kept them is not believed: each is signed by an anchor's key or by that
 * of one so verified, or is not remembered.
 */
import type { Anchor, AnchorSet } from '../anchors/index.ts';
import { equalBytes, MAX_CERTIFICATE_BYTES, newEffort } from '../base/index.ts';
import {
  type Certificate,
  IssuerKey,
  keepCertificate,
  parseCertificate,
  readIssuerRights,
  sliceOf,
} from '../x509/index.ts';
import type { LinkMemory, VerifiedLink } from './memory.ts';

/** A start must not take long, whatever was kept: a P-384 signature takes half a millisecond. */
const MAX_SIGNATURES = 512;

/** Remembers those of `certificates`, in any order, that lead to an anchor. Gives how many those are. */
export function rememberUppers(
  certificates: readonly Uint8Array[],
  { anchors }: AnchorSet,
  memory: LinkMemory,
): number {
  const effort = newEffort();
  let waiting = certificates.flatMap((bytes) => readUpper(bytes) ?? []);
  let reached: readonly (Anchor | VerifiedLink)[] = anchors;
  let remembered = 0;
  while (reached.length > 0) {
    const links: VerifiedLink[] = [];
    const left: Certificate[] = [];
    for (const certificate of waiting) {
      const issuer = reached.find(
        (each) =>
          effort.signaturesChecked < MAX_SIGNATURES &&
          isNamedBy(certificate, each) &&
          each.key.hasSigned(certificate, effort),
      );
      if (issuer === undefined) left.push(certificate);
      else links.push(toLink(certificate, issuer));
    }
    for (const link of links) memory.keep(link, 'upper');
    remembered += links.length;
    waiting = left;
    reached = links;
  }
  return remembered;
}

/** What may issue; null for anything else, such as a leaf that was put there. */
function readUpper(bytes: Uint8Array): Certificate | null {
  if (bytes.length > MAX_CERTIFICATE_BYTES) return null;
  const parsed = parseCertificate(bytes, 0, newEffort());
  if (!parsed.ok) return null;
  return readIssuerRights(parsed.value, newEffort()) === 'granted' ? parsed.value : null;
}

function isNamedBy(certificate: Certificate, issuer: Anchor | VerifiedLink): boolean {
  const subject =
    'certificate' in issuer
      ? sliceOf(issuer.certificate, issuer.certificate.subject)
      : issuer.subject;
  return issuer.key.mayIssue && equalBytes(sliceOf(certificate, certificate.issuer), subject);
}

function toLink(certificate: Certificate, issuer: Anchor | VerifiedLink): VerifiedLink {
  const own = keepCertificate(certificate);
  return { issuer, certificate: own, key: IssuerKey.of(own) };
}
