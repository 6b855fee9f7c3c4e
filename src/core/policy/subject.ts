/** What the rules of a policy look at. */
import type { KeyDescription, ProvisioningInfo } from '../key-description/index.ts';
import type { PathFacts } from '../path/index.ts';
import type { CalendarDate, Posture } from '../posture/index.ts';

export interface Subject {
  readonly path: PathFacts;
  /** Whether the leaf's only key usage is keyCertSign. */
  readonly leafHasOnlyKeyCertSign: boolean;
  readonly description: KeyDescription;
  readonly provisioningInfo: ProvisioningInfo | null;
  readonly posture: Posture;
  /** The day of the evidence, UTC. */
  readonly evidenceDate: CalendarDate;
  /** Whether the verifier knows any releases at all. */
  readonly knowsReleases: boolean;
}
