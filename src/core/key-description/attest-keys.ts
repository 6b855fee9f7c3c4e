/**
 * What an ATTEST_KEY must say of itself before it may vouch for another key (THREATS T05). Any other
 * kind of key that issued a certificate did so because someone made it sign one (T01).
 */
import { equalBytes, type Finding, finding } from '../base/index.ts';
import type { ApplicationId } from './application-id.ts';
import { ORIGIN_GENERATED, PURPOSE_ATTEST_KEY } from './enums.ts';
import type { AuthorizationFields } from './fields.ts';
import type { KeyDescription } from './key-description.ts';
import type { RootOfTrust } from './root-of-trust.ts';

/** Checks the ATTEST_KEY of certificate `cert` against the description of the leaf. */
export function checkAttestKey(
  attestKey: KeyDescription,
  leaf: KeyDescription,
  cert: number,
): Finding | undefined {
  return (
    checkPurpose(attestKey, cert) ??
    checkOwnership(attestKey, cert) ??
    checkAgreement(attestKey, leaf, cert)
  );
}

function checkPurpose({ hardwareEnforced }: KeyDescription, cert: number): Finding | undefined {
  const purposes = hardwareEnforced.fields.purpose ?? [];
  const field = 'hardwareEnforced.purpose';
  if (!purposes.includes(PURPOSE_ATTEST_KEY)) {
    return finding('CHAIN_EXTENDED_FAKE_ATTESTATION', { cert, field });
  }
  return purposes.length === 1 ? undefined : finding('ATTEST_KEY_PURPOSE_INVALID', { cert, field });
}

function checkOwnership(attestKey: KeyDescription, cert: number): Finding | undefined {
  const { softwareEnforced, hardwareEnforced } = attestKey;
  const { origin } = hardwareEnforced.fields;
  if (origin !== ORIGIN_GENERATED) {
    return finding('ATTEST_KEY_INVALID', { cert, field: 'hardwareEnforced.origin' });
  }
  for (const [name, { fields }] of [
    ['softwareEnforced', softwareEnforced],
    ['hardwareEnforced', hardwareEnforced],
  ] as const) {
    if (fields.allApplications) {
      return finding('ATTEST_KEY_INVALID', { cert, field: `${name}.allApplications` });
    }
  }
  return undefined;
}

const AGREEING_FIELDS = [
  'osVersion',
  'osPatchLevel',
  'vendorPatchLevel',
  'bootPatchLevel',
] as const satisfies readonly (keyof AuthorizationFields)[];

function checkAgreement(
  attestKey: KeyDescription,
  leaf: KeyDescription,
  cert: number,
): Finding | undefined {
  const mine = attestKey.hardwareEnforced.fields;
  const its = leaf.hardwareEnforced.fields;
  const differs = (field: string) => finding('ATTEST_KEY_MISMATCH', { cert, field });
  if (attestKey.attestationSecurityLevel !== leaf.attestationSecurityLevel) {
    return differs('attestationSecurityLevel');
  }
  if (attestKey.keyMintSecurityLevel !== leaf.keyMintSecurityLevel) {
    return differs('keyMintSecurityLevel');
  }
  if (!isSameRootOfTrust(mine.rootOfTrust, its.rootOfTrust)) {
    return differs('hardwareEnforced.rootOfTrust');
  }
  const differing = AGREEING_FIELDS.find((name) => mine[name] !== its[name]);
  if (differing !== undefined) return differs(`hardwareEnforced.${differing}`);
  const isSameApp = isSameApplication(
    attestKey.softwareEnforced.fields.attestationApplicationId,
    leaf.softwareEnforced.fields.attestationApplicationId,
  );
  return isSameApp ? undefined : differs('softwareEnforced.attestationApplicationId');
}

/** Two keys of one device; absent on both sides proves nothing and does not agree. */
function isSameRootOfTrust(a: RootOfTrust | undefined, b: RootOfTrust | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return (
    equalBytes(a.verifiedBootKey, b.verifiedBootKey) &&
    a.deviceLocked === b.deviceLocked &&
    a.verifiedBootState === b.verifiedBootState &&
    equalBytes(a.verifiedBootHash ?? EMPTY, b.verifiedBootHash ?? EMPTY)
  );
}

const EMPTY = new Uint8Array(0);

/** Sets are compared in encoded order: one keystore writes both. */
function isSameApplication(a: ApplicationId | undefined, b: ApplicationId | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return (
    a.packages.length === b.packages.length &&
    a.packages.every(
      ({ name, version }, index) =>
        name === b.packages[index]?.name && version === b.packages[index]?.version,
    ) &&
    a.signatureDigests.length === b.signatureDigests.length &&
    a.signatureDigests.every((digest, index) =>
      equalBytes(digest, b.signatureDigests[index] as Uint8Array),
    )
  );
}
