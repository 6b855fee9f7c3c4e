/** What the rules of a policy look at. */
import type { AnchorRecord } from '../anchors/index.ts';
import type { KeyDescription, ProvisioningInfo } from '../key-description/index.ts';
import type { Layout, VerifiedPath } from '../path/index.ts';
import type { CalendarDate, Posture } from '../posture/index.ts';
import type { ReleaseRegistry } from '../reference/index.ts';
import { hasOnlyKeyCertSign, type PublicKey } from '../x509/index.ts';

/** What rules ask of a verified path; a stored report tells as much, bytes or no bytes. */
export interface SubjectPath extends Pick<VerifiedPath, 'certifiedLevel'> {
  readonly anchor: { readonly record: Pick<AnchorRecord, 'id' | 'owner' | 'environment'> };
  readonly layout: Pick<Layout, 'shape' | 'provisioning' | 'attestationAt'>;
  readonly leafKey: PublicKey;
  /** Whether the leaf's key usage is to sign certificates, and nothing else. */
  readonly leafOnlyCertifies: () => boolean;
}

export interface Subject {
  readonly path: SubjectPath;
  readonly description: KeyDescription;
  readonly provisioningInfo: ProvisioningInfo | null;
  readonly posture: Posture;
  /** The day of the evidence, UTC. */
  readonly evidenceDate: CalendarDate;
  /** Whether the verifier knows any releases at all. */
  readonly knowsReleases: boolean;
  /** Whether it did until its registry expired. */
  readonly registryIsExpired: boolean;
  /** The releases themselves, or null. */
  readonly registry: ReleaseRegistry | null;
}

/** The path of evidence that was proved just now. */
export function toSubjectPath({ anchor, layout, certifiedLevel, leaf }: VerifiedPath): SubjectPath {
  const leafOnlyCertifies = (): boolean => hasOnlyKeyCertSign(leaf);
  return { anchor, layout, certifiedLevel, leafKey: leaf.publicKey, leafOnlyCertifies };
}
