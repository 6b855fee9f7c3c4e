/**
 * Which layout a chain has: told from the name under the anchor and the anchor's record, then held to
 * its exact length (THREATS section 0, T03, T05, T11). Every certificate gets one place.
 */
import type { Anchor, LayoutRecord } from '../core/anchors/index.ts';
import type { Certificate } from './certificate.ts';
import { MAX_ATTEST_KEYS } from './limits.ts';
import { hasMultiValuedRdn, type Name, singleValue } from './names.ts';
import { refuse } from './refusal.ts';

export type Provisioning = 'factory' | 'remote';

export interface Layout {
  readonly provisioning: Provisioning;
  readonly record: LayoutRecord;
  readonly leaf: Certificate;
  /** App-owned keys between leaf and attestation certificate, lowest first. */
  readonly attestKeys: readonly Certificate[];
  /** Attestation certificate first, the one under the anchor last. */
  readonly issuers: readonly [Certificate, ...Certificate[]];
}

export function deriveLayout(path: readonly Certificate[], anchor: Anchor): Layout {
  const top = path.at(-1) ?? refuse('nothing stands below the anchor');
  const { provisioning, record } = recogniseLayout(top.subject, anchor);
  const attestKeyCount = path.length - 1 - record.issuers;
  if (attestKeyCount < 0 || attestKeyCount > MAX_ATTEST_KEYS) {
    refuse(`${path.length} certificates below the anchor make no ${provisioning} chain`);
  }
  const [leaf, ...others] = path;
  const [attestation, ...upper] = others.slice(attestKeyCount);
  if (leaf === undefined || attestation === undefined) return refuse('the chain is too short');
  return {
    provisioning,
    record,
    leaf,
    attestKeys: others.slice(0, attestKeyCount),
    issuers: [attestation, ...upper],
  };
}

/** By the name that the anchor's key has signed; the remote layout, whose dates count, first. */
function recogniseLayout(
  name: Name,
  { record }: Anchor,
): { readonly provisioning: Provisioning; readonly record: LayoutRecord } {
  if (hasMultiValuedRdn(name)) refuse('the name under the anchor has several values in one RDN');
  const { factory, remote } = record.layouts;
  if (remote !== undefined && isRecognisedBy(name, remote)) {
    return { provisioning: 'remote', record: remote };
  }
  if (factory !== undefined && isRecognisedBy(name, factory)) {
    return { provisioning: 'factory', record: factory };
  }
  return refuse('the name under the anchor fits no layout of the anchor');
}

function isRecognisedBy(name: Name, { recognisedBy }: LayoutRecord): boolean {
  return Object.entries(recognisedBy).every(([attribute, wanted]) => {
    const value = singleValue(name, attribute);
    return value !== null && (wanted === null || value === wanted);
  });
}
