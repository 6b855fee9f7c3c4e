/**
 * The part of a KeyDescription that decisions rest on: which device, which system, which app, what kind of
 * key. Two keys that one app made on one build differ in nothing of it, so a decision may be remembered.
 */
import type { AuthorizationFields } from './fields.ts';
import type { KeyDescription } from './key-description.ts';

/** What is looked at of the software list: the app, the modules, and what old devices wrote there of the key. */
export const DECIDING_SOFTWARE_FIELDS = [
  'attestationApplicationId',
  'moduleHash',
  'allApplications',
  'deviceUniqueAttestation',
  'algorithm',
  'keySize',
  'ecCurve',
  'mlDsaVariant',
] as const;

export interface DeviceDescription
  extends Pick<
    KeyDescription,
    | 'attestationVersion'
    | 'attestationSecurityLevel'
    | 'keyMintVersion'
    | 'keyMintSecurityLevel'
    | 'hardwareEnforced'
  > {
  /** Of the challenge, only how long it is. */
  readonly attestationChallenge: { readonly length: number };
  readonly softwareEnforced: {
    readonly fields: Pick<AuthorizationFields, (typeof DECIDING_SOFTWARE_FIELDS)[number]>;
  };
}
