/** What can be asked of a simulated device. */
import type { Bytes } from './der.ts';
import type { Build, Level } from './device.ts';
import type { KeyKind } from './key-pair.ts';
import type { Issuers, Provisioning } from './pki.ts';
import type { PlanChange } from './plan.ts';

export interface DeviceOptions {
  readonly provisioning: Provisioning;
  readonly level?: Level;
  readonly build?: Build;
  readonly deviceLocked?: boolean;
  /** 0 Verified, 1 SelfSigned, 2 Unverified, 3 Failed; an unlocked device is Unverified by default. */
  readonly verifiedBootState?: number;
  /** Schema and KeyMint version. */
  readonly version?: number;
  /** Issuers that a batch of devices shares; a device of its own has new ones. */
  readonly issuers?: Issuers;
}

export interface AttestOptions {
  readonly challenge?: Bytes;
  readonly kind?: KeyKind;
  /** App-owned ATTEST_KEYs between the leaf and the device's attestation certificate: 0 to 2. */
  readonly attestKeys?: number;
  /** Name of a defect of the catalogue, or any other change to the plan of the chain. */
  readonly defect?: string | { readonly apply: PlanChange };
  /** Whether the root certificate is sent; true by default, as KeyStore does. */
  readonly withRoot?: boolean;
}
