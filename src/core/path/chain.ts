/**
 * The chain as sent: every certificate parsed, none believed. Checked here is only what needs no key:
 * size, order, names and repetition, so that junk is refused before it costs a signature.
 */
import { type AnchorSet, anchorCertificateOf } from '../anchors/index.ts';
import {
  type Effort,
  equalBytes,
  equalRanges,
  type Finding,
  finding,
  MAX_CERTIFICATE_BYTES,
  MAX_CHAIN_LENGTH,
  type Result,
  refusal,
  success,
} from '../base/index.ts';
import { type Certificate, parseCertificate } from '../x509/index.ts';
import { type LinkMemory, NO_LINKS, type VerifiedLink } from './memory.ts';

/** A chain parsed as far as it can be read. */
export interface ParsedChain {
  readonly certificates: readonly Certificate[];
  /** For each certificate, the link that was remembered of the same bytes, if any. */
  readonly remembered: readonly (VerifiedLink | undefined)[];
  /** Why reading stopped, or null when the whole chain was read. */
  readonly broken: Finding | null;
}

/** Certificates that were read before: an anchor's, and those of links. */
export interface KnownCertificates {
  readonly anchors: AnchorSet | null;
  readonly links: LinkMemory;
}

const NOTHING_KNOWN: KnownCertificates = Object.freeze({ anchors: null, links: NO_LINKS });

/**
 * Parses the certificates of a chain, leaf first, up to the first that cannot be read. One whose very bytes
 * were read before is not read again.
 */
export function parseChain(
  chain: readonly Uint8Array[],
  effort: Effort,
  known: KnownCertificates = NOTHING_KNOWN,
): ParsedChain {
  const certificates: Certificate[] = [];
  const remembered: (VerifiedLink | undefined)[] = [];
  if (chain.length === 0) {
    return { certificates, remembered, broken: finding('CHAIN_SHAPE_UNKNOWN', {}, { got: 0 }) };
  }
  if (chain.length > MAX_CHAIN_LENGTH) {
    const counts = { expected: MAX_CHAIN_LENGTH, got: chain.length };
    return { certificates, remembered, broken: finding('CHAIN_TOO_LONG', {}, counts) };
  }
  for (let cert = 0; cert < chain.length; cert += 1) {
    const bytes = chain[cert] as Uint8Array;
    if (bytes.length > MAX_CERTIFICATE_BYTES) {
      const sizes = { expected: MAX_CERTIFICATE_BYTES, got: bytes.length };
      return {
        certificates,
        remembered,
        broken: finding('CERTIFICATE_TOO_LARGE', { cert }, sizes),
      };
    }
    const link = cert === 0 ? undefined : known.links.recall(bytes);
    remembered.push(link);
    const read =
      link?.certificate ??
      (known.anchors === null ? undefined : anchorCertificateOf(known.anchors, bytes));
    if (read !== undefined) {
      certificates.push(read);
      continue;
    }
    const parsed = parseCertificate(bytes, cert, effort);
    if (!parsed.ok) return { certificates, remembered, broken: parsed.finding };
    certificates.push(parsed.value);
  }
  return { certificates, remembered, broken: null };
}

/** How a leaf's issuer name stands to its issuer's subject. */
export type LeafIssuerName = 'same' | 'short';

/**
 * Checks that the chain is in order and its names chain, byte for byte. Only the leaf's issuer name
 * may leave out attributes; whether that is tolerated depends on the layout found later.
 */
export function checkOrder(certificates: readonly Certificate[]): Result<LeafIssuerName> {
  const repeated = findRepeated(certificates);
  if (repeated > 0) return refusal(finding('DUPLICATE_CERTIFICATE', { cert: repeated }));
  let leafIssuer: LeafIssuerName = 'same';
  for (let index = 0; index + 1 < certificates.length; index += 1) {
    const certificate = certificates[index] as Certificate;
    const issuer = certificates[index + 1] as Certificate;
    if (hasIssuerName(certificate, issuer)) continue;
    if (belongsElsewhere(certificate, index, certificates)) {
      return refusal(finding('CHAIN_ORDER', { cert: index }));
    }
    if (index > 0 || !isShortIssuerName(certificate, issuer)) {
      return refusal(finding('NAME_CHAINING', { cert: index, field: 'issuer' }));
    }
    leafIssuer = 'short';
  }
  return success(leafIssuer);
}

/**
 * Whether the chain holds the issuer of `certificate` in another place, or, above it, one that it
 * issued. An app may give a leaf and its ATTEST_KEY the same name, so self-issued means nothing here.
 */
function belongsElsewhere(
  certificate: Certificate,
  index: number,
  certificates: readonly Certificate[],
): boolean {
  return certificates.some(
    (other, at) =>
      at !== index &&
      (hasIssuerName(certificate, other) || (at > index && hasIssuerName(other, certificate))),
  );
}

/** Whether `certificate` names `issuer` as its issuer, byte for byte. */
function hasIssuerName(certificate: Certificate, issuer: Certificate): boolean {
  return equalRanges(
    certificate.bytes,
    certificate.issuer.start,
    certificate.issuer.end,
    issuer.bytes,
    issuer.subject.start,
    issuer.subject.end,
  );
}

/**
 * Whether the attributes of `leaf`'s issuer name are a subset of those of `issuer`'s subject that
 * includes its serialNumber, none of them twice. Deviation: AUM-L29 and POCO F1 write it so (THREATS T09).
 */
function isShortIssuerName(leaf: Certificate, issuer: Certificate): boolean {
  if (leaf.issuer.isMultiValued || issuer.subject.isMultiValued) return false;
  const { attributes } = leaf.issuer;
  const places = attributes.map(({ start, end }) =>
    issuer.subject.attributes.findIndex((other) =>
      equalRanges(leaf.bytes, start, end, issuer.bytes, other.start, other.end),
    ),
  );
  const isSubset = !places.includes(-1) && new Set(places).size === places.length;
  return isSubset && attributes.some(({ type }) => type === 'serialNumber');
}

/** Index of the first certificate that stood in the chain before, or -1. */
function findRepeated(certificates: readonly Certificate[]): number {
  for (let later = 1; later < certificates.length; later += 1) {
    const { bytes } = certificates[later] as Certificate;
    for (let earlier = 0; earlier < later; earlier += 1) {
      if (equalBytes((certificates[earlier] as Certificate).bytes, bytes)) return later;
    }
  }
  return -1;
}
