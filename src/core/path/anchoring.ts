/**
 * Which anchor a chain claims, by name and key. The claim is believed only after the signature of the
 * certificate under the anchor has been verified with the pinned key.
 */

import type { Anchor, AnchorSet, SoftwareKey } from '../anchors/index.ts';
import {
  type Effort,
  equalBytes,
  equalRanges,
  type Finding,
  finding,
  type Result,
  refusal,
  success,
} from '../base/index.ts';
import { type Certificate, isSelfIssued, sliceOf } from '../x509/index.ts';

export interface Anchoring {
  readonly anchor: Anchor;
  /** The chain without its root, leaf first. */
  readonly belowAnchor: readonly Certificate[];
  /** Whether the chain carries a root certificate, which is then its last. */
  readonly rootSent: boolean;
  readonly remarks: readonly Finding[];
}

/** Finds the anchor of a chain whose names are in order. */
export function findAnchor(
  certificates: readonly Certificate[],
  anchors: AnchorSet,
  effort: Effort,
): Result<Anchoring> {
  const last = certificates.length - 1;
  const top = certificates[last] as Certificate;
  return isSelfIssued(top)
    ? anchorBySentRoot(certificates, top, anchors, effort)
    : anchorByIssuerName(certificates, top, anchors, effort);
}

function anchorBySentRoot(
  certificates: readonly Certificate[],
  root: Certificate,
  anchors: AnchorSet,
  effort: Effort,
): Result<Anchoring> {
  const belowAnchor = certificates.slice(0, -1);
  const known = anchors.anchors.find((each) => holds(each, root));
  if (known !== undefined) {
    return success({ anchor: known, belowAnchor, rootSent: true, remarks: [] });
  }
  const cert = certificates.length - 1;
  const spki = sliceOf(root, root.spki);
  const subject = sliceOf(root, root.subject);
  const anchor = anchors.anchors.find(
    (each) => equalBytes(each.spki, spki) && equalBytes(each.subject, subject),
  );
  if (anchor === undefined) return refuseUnanchored(certificates, anchors, effort);
  if (!anchor.key.hasSigned(root, effort)) {
    return refusal(finding('ROOT_SELF_SIGNATURE', { cert }));
  }
  const remarks = [finding('ROOT_CERT_UNKNOWN', { cert })];
  return success({ anchor, belowAnchor, rootSent: true, remarks });
}

/** Whether one of `anchor`'s certificates is `root` to the byte: as a rule it is the same object, read once. */
function holds({ certificates }: Anchor, root: Certificate): boolean {
  return certificates.some((each) => each === root || equalBytes(each.bytes, root.bytes));
}

/** Several anchors may share a name, so the key that signed decides among them. */
function anchorByIssuerName(
  certificates: readonly Certificate[],
  top: Certificate,
  anchors: AnchorSet,
  effort: Effort,
): Result<Anchoring> {
  const named = anchors.anchors.filter((each) => isIssuerName(top, each.subject));
  const anchor =
    named.length > 1 ? named.find((each) => each.key.hasSigned(top, effort)) : named[0];
  if (anchor === undefined) return refuseUnanchored(certificates, anchors, effort);
  return success({ anchor, belowAnchor: certificates, rootSent: false, remarks: [] });
}

/** Tells a chain of AOSP's published keys from one that ends nowhere known (THREATS T07). */
function refuseUnanchored(
  certificates: readonly Certificate[],
  anchors: AnchorSet,
  effort: Effort,
): Result<never> {
  const cert = certificates.length - 1;
  const top = certificates[cert] as Certificate;
  const isSoftware =
    certificates.some((each) => carriesSoftwareKey(each, anchors.softwareKeys)) ||
    anchors.softwareKeys.some(
      (each) => isIssuerName(top, each.subject) && each.key.hasSigned(top, effort),
    );
  return refusal(finding(isSoftware ? 'SOFTWARE_ROOT' : 'UNTRUSTED_ROOT', { cert }));
}

function carriesSoftwareKey(
  certificate: Certificate,
  softwareKeys: readonly SoftwareKey[],
): boolean {
  const { bytes, spki } = certificate;
  return softwareKeys.some((each) =>
    equalRanges(bytes, spki.start, spki.end, each.spki, 0, each.spki.length),
  );
}

function isIssuerName({ bytes, issuer }: Certificate, subject: Uint8Array): boolean {
  return equalRanges(bytes, issuer.start, issuer.end, subject, 0, subject.length);
}
