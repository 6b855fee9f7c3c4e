/**
 * What an authenticated caller knows of the device and attestation cannot show. It can only narrow: no
 * member of it makes an outcome better or grants what the evidence does not.
 */
import type { PatchField } from '../posture/index.ts';

/** What a device may be asked to be allowed. */
export const ACTIONS = [
  'enrol',
  'register',
  'protected-metadata',
  'private-artifact',
  'sensitive-channel',
  'release-channel',
  'update-authorization',
  'trusted-device',
  'managed-device',
  'secure-messaging',
  'secure-call',
] as const;
export type Action = (typeof ACTIONS)[number];

/** Where a device stands with whoever enrols it. */
export const LIFECYCLE_STATES = ['new', 'active', 'suspended', 'lost', 'retired'] as const;
export type LifecycleState = (typeof LIFECYCLE_STATES)[number];

/** Versions and patch levels a device must not fall below, as devices report them. */
export type FloorLevels = Readonly<Partial<Record<PatchField | 'osVersion', number>>>;

export interface Floor {
  /** `caller`: levels the request names. `last-report`: those of an earlier report on the device. */
  readonly source: 'caller' | 'last-report';
  readonly levels: FloorLevels;
}

export interface CallerContext {
  /** The name its enroller gave the device; nothing in evidence shows it. */
  readonly handle: string | null;
  readonly lifecycle: LifecycleState | null;
  readonly enrolled: boolean | null;
  readonly channel: string | null;
  readonly cohort: string | null;
  /** The one action that is asked about, in the caller's words; null: all. */
  readonly action: string | null;
  readonly floors: readonly Floor[];
}

/** A request that says nothing of the device. */
export const NO_CALLER_CONTEXT: CallerContext = Object.freeze({
  handle: null,
  lifecycle: null,
  enrolled: null,
  channel: null,
  cohort: null,
  action: null,
  floors: [],
});
