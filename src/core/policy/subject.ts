/** What the rules of a policy look at. */
import type { KeyDescription, ProvisioningInfo } from '../key-description/index.ts';
import type { VerifiedPath } from '../path/index.ts';
import type { CalendarDate, Posture } from '../posture/index.ts';

export interface Subject {
  readonly path: VerifiedPath;
  readonly description: KeyDescription;
  readonly provisioningInfo: ProvisioningInfo | null;
  readonly posture: Posture;
  /** The day of the evidence, UTC. */
  readonly evidenceDate: CalendarDate;
  /** Whether the verifier knows any releases at all. */
  readonly knowsReleases: boolean;
  /** Whether it did until its registry expired. */
  readonly registryIsExpired: boolean;
}
