/** What a device says of a key: KeyDescription and ProvisioningInfo. */
export * from './application-id.ts';
export { checkAttestKey } from './attest-keys.ts';
export type * from './authorization-list.ts';
export * from './device-description.ts';
export * from './enums.ts';
export * from './fields.ts';
export * from './key-description.ts';
export { checkKeyParameters } from './key-parameters.ts';
export { type DescriptionMemory, NO_DESCRIPTIONS, type Readings } from './memory.ts';
export * from './provisioning-info.ts';
export type { RootOfTrust } from './root-of-trust.ts';
