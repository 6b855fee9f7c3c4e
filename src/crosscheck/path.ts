/**
 * A chain verified to an anchor: names, signatures, layout, what each issuer may do, and which
 * certificates may carry which of Android's extensions. Dates are not looked at.
 */
import type { Anchor, AnchorSet } from '../core/anchors/index.ts';
import { findAnchor } from './anchoring.ts';
import { sameBytes } from './bytes.ts';
import type { Certificate } from './certificate.ts';
import { EXTENSION } from './extensions.ts';
import { checkCriticalExtensions, checkIssuer } from './issuers.ts';
import { deriveLayout, type Layout } from './layout.ts';
import { isShortFormOf } from './names.ts';
import { refuse } from './refusal.ts';
import { checkSignature, type SigningKey } from './signatures.ts';

export interface VerifiedPath {
  readonly anchor: Anchor;
  readonly shape: 'factory' | 'remote' | 'attest-key';
  readonly leaf: Certificate;
  readonly attestKeys: readonly Certificate[];
}

export async function verifyPath(
  chain: readonly Certificate[],
  anchors: AnchorSet,
): Promise<VerifiedPath> {
  checkDuplicates(chain);
  const { anchor, key, path } = await findAnchor(chain, anchors);
  const layout = deriveLayout(path, anchor);
  checkNames(path, anchor, layout);
  checkExtensionPlaces(chain, layout);
  for (const certificate of path.slice(1)) checkCriticalExtensions(certificate);
  layout.issuers.forEach((issuer, height) => {
    checkIssuer(issuer, height === 0 ? layout.record.attestationWithoutCaFlag : 'refused');
  });
  await checkSignatures(path, key);
  return {
    anchor,
    shape: layout.attestKeys.length > 0 ? 'attest-key' : layout.provisioning,
    leaf: layout.leaf,
    attestKeys: layout.attestKeys,
  };
}

/** A repeated certificate changes the length on which the layout rests (THREATS T08). */
function checkDuplicates(chain: readonly Certificate[]): void {
  for (const { der, index } of chain) {
    if (chain.some((other) => other.index < index && sameBytes(other.der, der))) {
      refuse(`certificate ${index} stands in the chain twice`);
    }
  }
}

/** Each issuer is the next subject byte for byte (THREATS T09). Nothing is reordered. */
function checkNames(
  path: readonly Certificate[],
  anchor: Anchor,
  { record, leaf, issuers }: Layout,
): void {
  for (const certificate of path) {
    const above = path[certificate.index + 1];
    const expected = above?.subject.der ?? anchor.subject;
    if (sameBytes(certificate.issuer.der, expected)) continue;
    const mayBeShort =
      certificate === leaf && above === issuers[0] && record.shortLeafIssuer === 'tolerated';
    if (mayBeShort && above !== undefined && isShortFormOf(certificate.issuer, above.subject)) {
      continue;
    }
    refuse(`certificate ${certificate.index}: its issuer is not the subject above it`);
  }
}

/**
 * KeyDescription stands in the leaf and in every ATTEST_KEY, provisioning information in the attestation
 * certificate of a remote chain, and neither anywhere else (THREATS T01, T02, T05, T11).
 */
function checkExtensionPlaces(
  chain: readonly Certificate[],
  { provisioning, leaf, attestKeys, issuers }: Layout,
): void {
  const attested = [leaf, ...attestKeys];
  for (const certificate of chain) {
    const what = `certificate ${certificate.index}`;
    const isAttested = certificate.extensions.has(EXTENSION.keyDescription);
    if (isAttested && !attested.includes(certificate)) refuse(`${what}: it must not be attested`);
    if (!isAttested && attested.includes(certificate)) refuse(`${what}: it is not attested`);
    const mayBeProvisioned = provisioning === 'remote' && certificate === issuers[0];
    if (certificate.extensions.has(EXTENSION.provisioningInfo) && !mayBeProvisioned) {
      refuse(`${what}: provisioning information where it cannot be`);
    }
  }
}

async function checkSignatures(path: readonly Certificate[], anchor: SigningKey): Promise<void> {
  for (const certificate of path) {
    await checkSignature(certificate, path[certificate.index + 1] ?? anchor);
  }
}
