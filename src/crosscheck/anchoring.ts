/**
 * What a chain ends at: an anchor, matched by name and key; one of AOSP's published software keys, which
 * vouch for nothing; or neither (THREATS T06 to T08). Keys come from the anchor set, never from the
 * certificate that was sent for one.
 */
import type { Anchor, AnchorSet } from '../core/anchors/index.ts';
import { sameBytes } from './bytes.ts';
import type { Certificate } from './certificate.ts';
import { sameName } from './names.ts';
import { refuse } from './refusal.ts';
import { isSignedBy, type SigningKey, toSigningKey } from './signatures.ts';

export interface Anchoring {
  readonly anchor: Anchor;
  readonly key: SigningKey;
  /** The chain without the anchor's own certificate, leaf first. */
  readonly path: readonly Certificate[];
}

/** The chain ends at a key anyone can sign with. */
export class SoftwareRoot extends Error {}

export async function findAnchor(
  chain: readonly Certificate[],
  anchors: AnchorSet,
): Promise<Anchoring> {
  const top = chain.at(-1) ?? refuse('the chain is empty');
  const found = sameName(top.issuer, top.subject)
    ? await anchorOfRoot(top, chain.slice(0, -1), anchors)
    : await anchorAbove(top, chain, anchors);
  if (found !== null) return found;
  if (isLinkedByName(chain) && (await hasSoftwareKey(chain, anchors))) {
    throw new SoftwareRoot('it ends at a published software key');
  }
  return refuse('it ends at no anchor');
}

/**
 * The anchor's own certificate was sent. One that is not known for the key must at least be signed by
 * it, since reports quote it.
 */
async function anchorOfRoot(
  root: Certificate,
  path: readonly Certificate[],
  { anchors }: AnchorSet,
): Promise<Anchoring | null> {
  const anchor = anchors.find(
    ({ spki, subject }) => sameBytes(spki, root.spki) && sameBytes(subject, root.subject.der),
  );
  if (anchor === undefined) return null;
  const key = toSigningKey(anchor.spki, 'anchor');
  const isKnown = anchor.certificates.some(({ bytes }) => sameBytes(bytes, root.der));
  if (!isKnown && !(await isSignedBy(root, key))) {
    refuse('its root carries the key of an anchor and was not signed by it');
  }
  return { anchor, key, path };
}

/** The anchor's certificate was left out: the anchor is the one that signed the top certificate. */
async function anchorAbove(
  top: Certificate,
  path: readonly Certificate[],
  { anchors }: AnchorSet,
): Promise<Anchoring | null> {
  for (const anchor of anchors) {
    if (!sameBytes(anchor.subject, top.issuer.der)) continue;
    const key = toSigningKey(anchor.spki, 'anchor');
    if (await isSignedBy(top, key)) return { anchor, key, path };
  }
  return null;
}

/** Whether the chain is one at all, so that the keys in it say something of its end. */
function isLinkedByName(chain: readonly Certificate[]): boolean {
  return chain.every(({ issuer, index }) => {
    const above = chain[index + 1];
    return above === undefined || sameName(issuer, above.subject);
  });
}

/** A published key among those sent, or one that was left out and signed the top certificate. */
async function hasSoftwareKey(
  chain: readonly Certificate[],
  { softwareKeys }: AnchorSet,
): Promise<boolean> {
  const top = chain.at(-1);
  for (const { spki, subject } of softwareKeys) {
    if (chain.some((certificate) => sameBytes(certificate.spki, spki))) return true;
    if (top === undefined || !sameBytes(top.issuer.der, subject)) continue;
    if (await isSignedBy(top, toSigningKey(spki, 'software key'))) return true;
  }
  return false;
}
