/**
 * From a chain as sent to a verified path: the one place that can make one. Cheap refusals first, so
 * that junk costs no signature (`claimPath`); then every signature, from the anchor down, each under a key that has
 * itself been verified. Nothing is searched and nothing is reordered. Dates are not looked at.
 */
import type { Anchor, AnchorSet } from '../anchors/index.ts';
import {
  type Effort,
  type Finding,
  finding,
  type Result,
  refusal,
  success,
} from '../base/index.ts';
import { type Certificate, IssuerKey, keepCertificate } from '../x509/index.ts';
import { findAnchor } from './anchoring.ts';
import { checkOrder, type LeafIssuerName, type ParsedChain } from './chain.ts';
import { checkIssuers } from './issuers.ts';
import { findLayout, type Layout, type Role, roleOf } from './layout.ts';
import { type CertifiedLevel, deriveCertifiedLevel } from './level.ts';
import { type LinkKind, type LinkMemory, NO_LINKS, type VerifiedLink } from './memory.ts';
import { remarkOn } from './remarks.ts';

declare const verified: unique symbol;

/**
 * A chain whose names, shape, issuers and signatures have been checked up to an anchor. Its dates and
 * its certificates' revocation are facts, not yet judged.
 */
export interface VerifiedPath {
  readonly [verified]: true;
  readonly anchor: Anchor;
  readonly layout: Layout;
  /** As sent, root included if it was. */
  readonly certificates: readonly Certificate[];
  readonly leaf: Certificate;
  /** Between leaf and attestation certificate, from the leaf up; usually none. */
  readonly attestKeys: readonly Certificate[];
  readonly attestation: Certificate;
  readonly certifiedLevel: CertifiedLevel;
  /** Quirks of genuine devices that were tolerated. */
  readonly remarks: readonly Finding[];
}

/** A chain in which everything holds that needs no signature. Nothing of it is verified. */
export interface ClaimedPath {
  readonly certificates: readonly Certificate[];
  readonly remembered: readonly (VerifiedLink | undefined)[];
  readonly anchor: Anchor;
  /** The chain without its root, leaf first. */
  readonly belowAnchor: readonly Certificate[];
  readonly layout: Layout;
  readonly remarks: readonly Finding[];
}

/** Finds the anchor and the shape of a parsed chain, and refuses what no signature could mend. */
export function claimPath(
  { certificates, remembered }: Pick<ParsedChain, 'certificates' | 'remembered'>,
  anchors: AnchorSet,
  effort: Effort,
): Result<ClaimedPath> {
  const order = checkOrder(certificates);
  if (!order.ok) return order;
  const anchored = findAnchor(certificates, anchors, effort);
  if (!anchored.ok) return anchored;
  const { anchor, belowAnchor } = anchored.value;
  const found = findLayout(certificates, belowAnchor, anchor);
  if (!found.ok) return found;
  const layout = found.value;
  const named = checkLeafIssuer(order.value, layout);
  if (!named.ok) return named;
  const issuers = checkIssuers(belowAnchor, layout, effort);
  if (!issuers.ok) return issuers;
  const remarks = [
    ...anchored.value.remarks,
    ...named.value,
    ...issuers.value,
    ...remarkOn(belowAnchor),
  ];
  return success({ certificates, remembered, anchor, belowAnchor, layout, remarks });
}

/** Verifies every signature of a claimed path, and remembers its links once all of it is verified. */
export function verifyPath(
  claimed: ClaimedPath,
  effort: Effort,
  memory: LinkMemory = NO_LINKS,
): Result<VerifiedPath> {
  const { certificates, anchor, belowAnchor, layout, remarks } = claimed;
  const signed = verifySignatures(claimed, effort, memory);
  if (!signed.ok) return signed;
  for (const { link, kind } of signed.value) memory.keep(link, kind);
  const path = {
    anchor,
    layout,
    certificates,
    leaf: belowAnchor[0] as Certificate,
    attestKeys: belowAnchor.slice(1, layout.attestationAt),
    attestation: belowAnchor[layout.attestationAt] as Certificate,
    certifiedLevel: deriveCertifiedLevel(belowAnchor, layout),
    remarks,
  };
  return success(path as unknown as VerifiedPath);
}

/** The role of certificate `index` of a path. */
export function roleInPath(path: VerifiedPath, index: number): Role {
  const issuersEnd = path.layout.attestationAt + path.layout.record.issuers;
  return roleOf(path.layout, index, issuersEnd);
}

function checkLeafIssuer(leafIssuer: LeafIssuerName, layout: Layout): Result<readonly Finding[]> {
  if (leafIssuer === 'same') return success([]);
  const place = { cert: 0, field: 'issuer' };
  const isTolerated = layout.attestationAt === 1 && layout.record.shortLeafIssuer === 'tolerated';
  return isTolerated
    ? success([finding('LEAF_ISSUER_NAME', place)])
    : refusal(finding('NAME_CHAINING', place));
}

interface NewLink {
  readonly link: VerifiedLink;
  readonly kind: LinkKind;
}

/**
 * Verifies every signature from the anchor down, but for links that are remembered under the very issuer
 * reached. Gives the links that are to be kept, over copies: what is kept must not change with its request.
 */
function verifySignatures(
  { belowAnchor, anchor, layout, remembered }: ClaimedPath,
  effort: Effort,
  memory: LinkMemory,
): Result<readonly NewLink[]> {
  const links: NewLink[] = [];
  let issuer: VerifiedLink | Anchor = anchor;
  for (let index = belowAnchor.length - 1; index >= layout.attestationAt; index -= 1) {
    const certificate = belowAnchor[index] as Certificate;
    // A chain that came with this one may have been verified since.
    const known = remembered[index] ?? memory.recall(certificate.bytes);
    if (known !== undefined && known.issuer === issuer) {
      issuer = known;
      continue;
    }
    if (!issuer.key.hasSigned(certificate, effort)) return refuseUnsigned(index);
    const kind = index === layout.attestationAt ? 'attestation' : 'upper';
    const isToBeKept: boolean = memory.isWorthKeeping(certificate.bytes, kind);
    const link: VerifiedLink = toLink(
      isToBeKept ? keepCertificate(certificate) : certificate,
      issuer,
    );
    if (isToBeKept) links.push({ link, kind });
    issuer = link;
  }
  let { key } = issuer;
  for (let index = layout.attestationAt - 1; index >= 0; index -= 1) {
    const certificate = belowAnchor[index] as Certificate;
    if (!key.hasSigned(certificate, effort)) return refuseUnsigned(index);
    key = IssuerKey.of(certificate);
  }
  return success(links);
}

function refuseUnsigned(cert: number): Result<never> {
  return refusal(finding('SIGNATURE_INVALID', { cert }));
}

function toLink(certificate: Certificate, issuer: VerifiedLink | Anchor): VerifiedLink {
  return { issuer, certificate, key: IssuerKey.of(certificate) };
}
