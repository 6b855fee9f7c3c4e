/**
 * What was read before, found by its exact bytes: devices of one build write the same hardware list for
 * every key of an app, the same name of that app, the same ProvisioningInfo. Filled only from certificates
 * of verified paths; what is kept stands on bytes of its own, which no request can change, and holds nothing
 * that identifies one device.
 */
import type { ApplicationId } from './application-id.ts';
import type { AuthorizationList } from './authorization-list.ts';
import type { ProvisioningInfo } from './provisioning-info.ts';

/** A bounded memory of one kind of value. It may forget anything at any time. */
export interface Readings<Value> {
  /** What was read of exactly these bytes. */
  readonly recall: (bytes: Uint8Array) => Value | undefined;
  readonly keep: (bytes: Uint8Array, value: Value) => void;
}

export interface DescriptionMemory {
  readonly hardwareLists: Readings<AuthorizationList>;
  readonly applicationIds: Readings<ApplicationId>;
  readonly provisioningInfos: Readings<ProvisioningInfo>;
}

const NOTHING = Object.freeze({ recall: () => undefined, keep: () => {} });

/** Remembers nothing. */
export const NO_DESCRIPTIONS: DescriptionMemory = Object.freeze({
  hardwareLists: NOTHING,
  applicationIds: NOTHING,
  provisioningInfos: NOTHING,
});

/** Longer than what devices write (some 400 bytes), short enough that a full memory stays small. */
export const MAX_KEPT_BYTES = 2048;
