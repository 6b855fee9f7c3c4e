/** What the rules of a policy look at. */
import type { AnchorRecord } from '../anchors/index.ts';
import { dateOfDay } from '../base/index.ts';
import type { DeviceDescription, ProvisioningInfo } from '../key-description/index.ts';
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
  readonly leafOnlyCertifies: boolean;
}

export interface Subject {
  readonly path: SubjectPath;
  readonly description: DeviceDescription;
  readonly provisioningInfo: ProvisioningInfo | null;
  readonly posture: Posture;
  /** The day of the evidence, UTC. */
  readonly evidenceDate: CalendarDate;
  /** Whether the verifier knows any releases at all. */
  readonly knowsReleases: boolean;
  /** Whether it did until its registry expired. */
  readonly registryIsExpired: boolean;
  /** Different keys the attestation key vouched for today, as far as the service counted; null: it did not. */
  readonly attestationKeyUse?: number | null;
  /** The releases themselves, or null. */
  readonly registry: ReleaseRegistry | null;
}

/** The path of evidence that was proved just now. */
export function toSubjectPath({ anchor, layout, certifiedLevel, leaf }: VerifiedPath): SubjectPath {
  const leafOnlyCertifies = hasOnlyKeyCertSign(leaf);
  return { anchor, layout, certifiedLevel, leafKey: leaf.publicKey, leafOnlyCertifies };
}

/** What is known of a device, from evidence, a stored report or a recheck record. */
export interface KnownDevice
  extends Pick<
    Subject,
    'path' | 'description' | 'provisioningInfo' | 'posture' | 'attestationKeyUse'
  > {
  /** Counted from 1970-01-01, UTC. */
  readonly evidenceDay: number;
}

/** That beside the releases the verifier knows. `isExpired`: their registry is, and recognises nothing. */
export function toSubject(
  { evidenceDay, ...known }: KnownDevice,
  registry: ReleaseRegistry | null,
  isExpired: boolean,
): Subject {
  return {
    ...known,
    evidenceDate: dateOfDay(evidenceDay),
    knowsReleases: registry !== null || isExpired,
    registryIsExpired: isExpired,
    registry: isExpired ? null : registry,
  };
}
