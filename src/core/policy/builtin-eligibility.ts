/** What the built-in Enigm policies ask of each action (README, “Eligibility”). */
import type { LayerId } from '../base/index.ts';
import type { ReleaseStage } from '../reference/index.ts';
import type { ActionNeeds, Eligibility } from './eligibility.ts';

const DEVICE: readonly LayerId[] = [
  'hardware-integrity',
  'key-material',
  'verified-boot',
  'os-hardening',
];
/** And that its updates are where they should be. */
const CURRENT: readonly LayerId[] = [...DEVICE, 'update-management'];
const SUPPORTED: readonly ReleaseStage[] = ['limited', 'stable', 'security', 'superseded'];
const OFFERED: readonly ReleaseStage[] = ['limited', 'stable', 'security'];

/** A device that is enrolled and in use, on any supported release. */
const ENROLLED: ActionNeeds = {
  layers: DEVICE,
  bound: ['challenge'],
  release: { stages: SUPPORTED, maxReleasesBehind: null },
  lifecycle: ['active'],
  enrolled: true,
  channel: false,
};

/** The same on a release that is offered today. */
const UP_TO_DATE: ActionNeeds = {
  ...ENROLLED,
  layers: CURRENT,
  release: { stages: OFFERED, maxReleasesBehind: 1 },
};

export const ENIGM_ELIGIBILITY: Eligibility = {
  enrol: { ...ENROLLED, lifecycle: ['new'], enrolled: false },
  register: { ...ENROLLED, lifecycle: ['new', 'active'], enrolled: null },
  // An old device must be able to learn of its update, and to be authorised for it.
  'protected-metadata': ENROLLED,
  'update-authorization': ENROLLED,
  'private-artifact': { ...ENROLLED, channel: true },
  'release-channel': { ...ENROLLED, channel: true },
  'sensitive-channel': { ...UP_TO_DATE, channel: true },
  'trusted-device': UP_TO_DATE,
  // Attestation does not show that a device is managed: only a statement of the device would.
  'managed-device': { ...UP_TO_DATE, layers: [...CURRENT, 'network-policy'] },
  'secure-messaging': UP_TO_DATE,
  'secure-call': UP_TO_DATE,
};
