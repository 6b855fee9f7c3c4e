/**
 * The exact shapes a chain may have (THREATS section 0). The certificate under the anchor says how the
 * device was provisioned; that fixes how many issuers there are; whatever stands between them and the
 * leaf must be ATTEST_KEYs, of which there are at most two.
 *
 * Read from certificates whose signatures are not verified yet: a layout is a claim that can only be
 * refused here, and is believed when every signature in it holds.
 */
import type { Anchor, LayoutRecord, Provisioning } from '../anchors/index.ts';
import { finding, type Result, refusal, success } from '../base/index.ts';
import { attributeOf, type Certificate, extensionOf, type Name } from '../x509/index.ts';

export type Shape = 'factory' | 'remote' | 'attest-key';

/** What each certificate of a chain is there for. */
export type Role = 'leaf' | 'attest-key' | 'attestation' | 'intermediate' | 'root';

export interface Layout {
  readonly shape: Shape;
  readonly provisioning: Provisioning;
  readonly record: LayoutRecord;
  /** Index of the attestation certificate; those between it and the leaf are ATTEST_KEYs. */
  readonly attestationAt: number;
}

/** Genuine devices nest at most two (THREATS T05). */
const MAX_ATTEST_KEYS = 2;

/** Recognises the layout of a chain as sent; `belowAnchor` is the same without its root. */
export function findLayout(
  sent: readonly Certificate[],
  belowAnchor: readonly Certificate[],
  anchor: Anchor,
): Result<Layout> {
  const topAt = belowAnchor.length - 1;
  const top = belowAnchor[topAt];
  if (top === undefined) return refusal(finding('CHAIN_SHAPE_UNKNOWN', { cert: 0 }));
  const recognised = recognise(top.subject, anchor);
  if (recognised === undefined) {
    return refusal(finding('PROVISIONING_METHOD_UNKNOWN', { cert: topAt, field: 'subject' }));
  }
  const { provisioning, record } = recognised;
  const attestationAt = belowAnchor.length - record.issuers;
  const placed = checkExtensionPlaces(sent, attestationAt, provisioning);
  if (!placed.ok) return placed;
  const shape = attestationAt > 1 ? 'attest-key' : provisioning;
  return success({ shape, provisioning, record, attestationAt });
}

/** The role of certificate `index` in a chain of this layout. */
export function roleOf(layout: Layout, index: number, rootAt: number): Role {
  if (index === 0) return 'leaf';
  if (index === rootAt) return 'root';
  if (index < layout.attestationAt) return 'attest-key';
  return index === layout.attestationAt ? 'attestation' : 'intermediate';
}

function recognise(
  subject: Name,
  anchor: Anchor,
): { provisioning: Provisioning; record: LayoutRecord } | undefined {
  if (subject.isMultiValued) return undefined;
  for (const provisioning of ['remote', 'factory'] as const) {
    const record = anchor.record.layouts[provisioning];
    if (record !== undefined && isRecognised(subject, record)) return { provisioning, record };
  }
  return undefined;
}

function isRecognised(subject: Name, record: LayoutRecord): boolean {
  return Object.keys(record.recognisedBy).every((type) => {
    const wanted = record.recognisedBy[type];
    const value = attributeOf(subject, type);
    return value !== undefined && (wanted === null || wanted === value);
  });
}

/**
 * Exactly the leaf and its ATTEST_KEYs carry a KeyDescription, and only a remotely provisioned
 * attestation certificate may carry a ProvisioningInfo (THREATS T01 to T03, T11).
 */
function checkExtensionPlaces(
  sent: readonly Certificate[],
  attestationAt: number,
  provisioning: Provisioning,
): Result<void> {
  if (attestationAt < 1) {
    return refusal(finding('CHAIN_SHAPE_UNKNOWN', {}, { got: sent.length }));
  }
  for (let cert = 0; cert < sent.length; cert += 1) {
    const certificate = sent[cert] as Certificate;
    const isAttested = extensionOf(certificate, 'keyDescription') !== undefined;
    if (cert >= attestationAt && isAttested) {
      return refusal(finding('CHAIN_EXTENDED_FAKE_ATTESTATION', { cert }));
    }
    if (cert > 0 && cert < attestationAt && !isAttested) {
      return refusal(finding('CHAIN_SHAPE_UNKNOWN', { cert }));
    }
    const isProvisioned = extensionOf(certificate, 'provisioningInfo') !== undefined;
    if (isProvisioned && (provisioning !== 'remote' || cert !== attestationAt)) {
      return refusal(finding('PROVISIONING_INCONSISTENT', { cert }));
    }
  }
  if (attestationAt - 1 > MAX_ATTEST_KEYS) {
    return refusal(finding('CHAIN_SHAPE_UNKNOWN', { cert: MAX_ATTEST_KEYS + 1 }));
  }
  return checkLeaf(sent[0] as Certificate, attestationAt);
}

function checkLeaf(leaf: Certificate, attestationAt: number): Result<void> {
  if (extensionOf(leaf, 'keyDescription') !== undefined) return success(undefined);
  if (attestationAt > 1) return refusal(finding('CHAIN_EXTENDED_FOR_KEY', { cert: 0 }));
  const isOtherFormat =
    extensionOf(leaf, 'eatAttestation') !== undefined ||
    extensionOf(leaf, 'knoxAttestation') !== undefined;
  return refusal(
    finding(
      isOtherFormat ? 'ATTESTATION_FORMAT_UNSUPPORTED' : 'TARGET_MISSING_ATTESTATION_EXTENSION',
      { cert: 0 },
    ),
  );
}
