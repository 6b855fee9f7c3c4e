/**
 * What ATTEST_KEY certificates must say of themselves (THREATS T05): a key that could sign anything else,
 * or lives elsewhere than the leaf, could have signed a forged leaf.
 */
import { isDeepStrictEqual } from 'node:util';
import type { KeyDescription } from './key-description.ts';
import { refuse } from './refusal.ts';

const LEVELS = ['attestationSecurityLevel', 'keyMintSecurityLevel'] as const;

/** Which member of which list. One that both lack is the same, unless what it says must be known. */
const SAME = [
  { list: 'hardwareEnforced', name: 'rootOfTrust', presence: 'required' },
  { list: 'hardwareEnforced', name: 'osVersion', presence: 'optional' },
  { list: 'hardwareEnforced', name: 'osPatchLevel', presence: 'optional' },
  { list: 'hardwareEnforced', name: 'vendorPatchLevel', presence: 'optional' },
  { list: 'hardwareEnforced', name: 'bootPatchLevel', presence: 'optional' },
  { list: 'softwareEnforced', name: 'attestationApplicationId', presence: 'required' },
] as const;

export function checkAttestKey(key: KeyDescription, leaf: KeyDescription, index: number): void {
  const what = `certificate ${index}: an ATTEST_KEY`;
  const { hardwareEnforced, softwareEnforced } = key;
  if (!isDeepStrictEqual(hardwareEnforced['purpose'], ['ATTEST_KEY'])) {
    refuse(`${what} whose purpose is not ATTEST_KEY alone`);
  }
  if (hardwareEnforced['origin'] !== 'GENERATED') refuse(`${what} that was not generated`);
  if ('allApplications' in hardwareEnforced || 'allApplications' in softwareEnforced) {
    refuse(`${what} that every app may use`);
  }
  for (const name of LEVELS) {
    if (key[name] !== leaf[name]) refuse(`${what} whose ${name} is not the leaf's`);
  }
  for (const { list, name, presence } of SAME) {
    const value = key[list][name];
    if (presence === 'required' && value === undefined) refuse(`${what} without ${name}`);
    if (!isDeepStrictEqual(value, leaf[list][name])) {
      refuse(`${what} whose ${name} is not the leaf's`);
    }
  }
}
