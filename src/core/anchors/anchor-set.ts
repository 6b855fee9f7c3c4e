/**
 * The anchors a verifier trusts, and the published software keys it refuses by name, as one frozen
 * set. Pinned by SubjectPublicKeyInfo: a root certificate may be reissued, its key stays (THREATS
 * T06). Made once at start; an empty set, or one that would trust a software key, cannot be made.
 */
import { createHash, hash } from 'node:crypto';
import { equalBytes, newEffort, toHex } from '../base/index.ts';
import {
  type Certificate,
  IssuerKey,
  keepCertificate,
  parseCertificate,
  sliceOf,
} from '../x509/index.ts';
import type { AnchorRecord } from './record.ts';

export interface Anchor {
  readonly record: AnchorRecord;
  readonly key: IssuerKey;
  readonly spki: Uint8Array;
  /** Subject, the same DER in each of its certificates. */
  readonly subject: Uint8Array;
  /** Every certificate known for the key. */
  readonly certificates: readonly Certificate[];
}

/** A published key under which anything can be forged. */
export interface SoftwareKey {
  readonly id: string;
  readonly key: IssuerKey;
  readonly spki: Uint8Array;
  readonly subject: Uint8Array;
}

export interface AnchorSet {
  /** SHA-256 over what decides: changes whenever an anchor or a rule of its record does. */
  readonly id: string;
  readonly anchors: readonly Anchor[];
  readonly softwareKeys: readonly SoftwareKey[];
}

export interface AnchorSource {
  readonly record: AnchorRecord;
  /** DER of every certificate of the anchor's key; at least one. */
  readonly certificates: readonly Uint8Array[];
}

export interface SoftwareKeySource {
  readonly id: string;
  readonly spkiSha256: string;
  readonly certificate: Uint8Array;
}

/** Why a set of anchors cannot be used. A fault of the configuration, never of evidence. */
export class AnchorFault extends Error {
  readonly code = 'ANCHORS_INVALID';
}

/** Builds a set, checking every certificate against its record. Throws `AnchorFault`. */
export function buildAnchorSet(
  sources: readonly AnchorSource[],
  softwareSources: readonly SoftwareKeySource[],
): AnchorSet {
  if (sources.length === 0) throw new AnchorFault('no anchors: every chain would be refused');
  const softwareKeys = softwareSources.map(buildSoftwareKey);
  const anchors = sources.map(buildAnchor);
  const ids = new Set<string>();
  for (const anchor of anchors) {
    const { id } = anchor.record;
    if (ids.has(id)) throw new AnchorFault(`anchor ${id}: the id is used twice`);
    ids.add(id);
    const software = softwareKeys.find((each) => equalBytes(each.spki, anchor.spki));
    if (software !== undefined) {
      throw new AnchorFault(
        `anchor ${id}: its key is the published software key ${software.id}, which is never trusted`,
      );
    }
  }
  return Object.freeze({ id: digestOf(sources), anchors, softwareKeys });
}

/** Lower-case hex SHA-256. */
export function sha256Hex(bytes: Uint8Array): string {
  return hash('sha256', bytes);
}

function buildAnchor({ record, certificates }: AnchorSource): Anchor {
  const parsed = certificates.map((bytes) =>
    parseTrusted(bytes, `anchor ${record.id}`, record.spkiSha256),
  );
  const [first] = parsed;
  if (first === undefined) throw new AnchorFault(`anchor ${record.id}: it has no certificate`);
  const subject = sliceOf(first, first.subject);
  const key = IssuerKey.of(first);
  if (!key.mayIssue) throw new AnchorFault(`anchor ${record.id}: keys of its kind may not issue`);
  for (const certificate of parsed) {
    if (!equalBytes(sliceOf(certificate, certificate.subject), subject)) {
      throw new AnchorFault(`anchor ${record.id}: its certificates have different subjects`);
    }
    if (!key.hasSigned(certificate, newEffort())) {
      throw new AnchorFault(`anchor ${record.id}: a certificate is not signed by its own key`);
    }
  }
  return {
    record,
    key,
    spki: sliceOf(first, first.spki),
    subject,
    certificates: parsed,
  };
}

/** The certificate of an anchor that is exactly these bytes, read already. */
export function anchorCertificateOf(
  { anchors }: AnchorSet,
  bytes: Uint8Array,
): Certificate | undefined {
  for (const { certificates } of anchors) {
    for (const certificate of certificates) {
      if (equalBytes(certificate.bytes, bytes)) return certificate;
    }
  }
  return undefined;
}

function buildSoftwareKey({ id, spkiSha256, certificate }: SoftwareKeySource): SoftwareKey {
  const parsed = parseTrusted(certificate, `software key ${id}`, spkiSha256);
  return {
    id,
    key: IssuerKey.of(parsed),
    spki: sliceOf(parsed, parsed.spki),
    subject: sliceOf(parsed, parsed.subject),
  };
}

function parseTrusted(bytes: Uint8Array, owner: string, spkiSha256: string): Certificate {
  const parsed = parseCertificate(bytes, 0, newEffort());
  if (!parsed.ok) throw new AnchorFault(`${owner}: not a certificate (${parsed.finding.code})`);
  const actual = sha256Hex(sliceOf(parsed.value, parsed.value.spki));
  if (actual !== spkiSha256) {
    throw new AnchorFault(`${owner}: its key is ${actual}, the record pins ${spkiSha256}`);
  }
  return keepCertificate(parsed.value);
}

function digestOf(sources: readonly AnchorSource[]): string {
  const hash = createHash('sha256');
  for (const { record, certificates } of sources) {
    hash.update(JSON.stringify(record));
    for (const certificate of certificates) hash.update(toHex(certificate)).update('\n');
  }
  return hash.digest('hex');
}
