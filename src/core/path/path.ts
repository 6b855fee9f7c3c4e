/**
 * From a chain as sent to a verified path: the one place that can make one. Cheap refusals first, so
 * that junk costs no signature; then every signature, from the anchor down, each under a key that has
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
import { type Certificate, IssuerKey } from '../x509/index.ts';
import { findAnchor } from './anchoring.ts';
import { checkOrder, type LeafIssuerName } from './chain.ts';
import { checkIssuers } from './issuers.ts';
import { findLayout, type Layout, type Role, roleOf } from './layout.ts';
import { type CertifiedLevel, deriveCertifiedLevel } from './level.ts';
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

/** What policies and layers look at in a path: what a recheck record keeps of it. */
export interface PathFacts extends Pick<VerifiedPath, 'anchor' | 'certifiedLevel'> {
  readonly layout: Pick<Layout, 'shape' | 'attestationAt'>;
}

/** Verifies a parsed chain against a set of anchors. */
export function verifyPath(
  certificates: readonly Certificate[],
  anchors: AnchorSet,
  effort: Effort,
): Result<VerifiedPath> {
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
  const unsigned = findUnsigned(belowAnchor, anchor, effort);
  if (unsigned >= 0) return refusal(finding('SIGNATURE_INVALID', { cert: unsigned }));
  const path = {
    anchor,
    layout,
    certificates,
    leaf: belowAnchor[0] as Certificate,
    attestKeys: belowAnchor.slice(1, layout.attestationAt),
    attestation: belowAnchor[layout.attestationAt] as Certificate,
    certifiedLevel: deriveCertifiedLevel(belowAnchor, layout),
    remarks: [
      ...anchored.value.remarks,
      ...named.value,
      ...issuers.value,
      ...remarkOn(belowAnchor),
    ],
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

/** Index of the first certificate, from the anchor down, that the key above it did not sign, or -1. */
function findUnsigned(belowAnchor: readonly Certificate[], anchor: Anchor, effort: Effort): number {
  let key = anchor.key;
  for (let index = belowAnchor.length - 1; index >= 0; index -= 1) {
    const certificate = belowAnchor[index] as Certificate;
    if (!key.hasSigned(certificate, effort)) return index;
    key = IssuerKey.of(certificate);
  }
  return -1;
}
