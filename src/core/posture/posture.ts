/**
 * The device and key as one KeyDescription shows them, in normal form. Total, without opinions, and
 * without defaults that flatter: what is absent reads as absent, and every policy rule sees it so.
 * Security facts come from the hardware list only (THREATS T34).
 */
import type { SecurityLevel } from '../anchors/index.ts';
import { isAllZero, toHex } from '../base/index.ts';
import {
  type BootState,
  type DeviceDescription,
  SECURITY_LEVELS,
} from '../key-description/index.ts';
import {
  type Recognised,
  type Release,
  type ReleaseRegistry,
  recogniseBuild,
} from '../reference/index.ts';
import { derivePatchLevel, type PatchField, type PatchLevel } from './patch-level.ts';

export interface BootPosture {
  readonly deviceLocked: boolean;
  readonly state: BootState;
  /** Lower-case hex; empty if the device wrote an empty string. */
  readonly key: string;
  readonly keyIsBlank: boolean;
  /** Lower-case hex, or null for records that have none. */
  readonly hash: string | null;
  readonly hashIsBlank: boolean;
}

export interface Posture {
  /** The lower of the two levels of the record. */
  readonly securityLevel: SecurityLevel;
  /** Null: the hardware list has no root of trust. */
  readonly boot: BootPosture | null;
  readonly patchLevels: Readonly<Record<PatchField, PatchLevel>>;
  /** The release the boot key and vbmeta digest belong to; null if none is known or configured. */
  readonly release: Release | null;
  /** That release with how far it is behind, or a system known by its boot key alone, or null. */
  readonly recognised: Recognised | null;
}

/** Derives the posture a description shows, with the releases known to the verifier. */
export function derivePosture(
  description: DeviceDescription,
  registry: ReleaseRegistry | null,
): Posture {
  const { attestationSecurityLevel, keyMintSecurityLevel, hardwareEnforced } = description;
  const boot = deriveBoot(description);
  const recognised = boot === null || registry === null ? null : recognise(boot, registry);
  return {
    securityLevel: lowerOf(attestationSecurityLevel, keyMintSecurityLevel),
    boot,
    patchLevels: {
      osPatchLevel: derivePatchLevel(hardwareEnforced, 'osPatchLevel'),
      vendorPatchLevel: derivePatchLevel(hardwareEnforced, 'vendorPatchLevel'),
      bootPatchLevel: derivePatchLevel(hardwareEnforced, 'bootPatchLevel'),
    },
    release: recognised?.kind === 'release' ? recognised.release : null,
    recognised,
  };
}

/**
 * Whether the device booted a system it verified: locked, with the maker's key, or SelfSigned with the
 * key of a known release or system. A known key in a state its system never reports is no such boot.
 */
export function hasVerifiedBoot({ boot, recognised }: Posture): boolean {
  if (boot === null || !boot.deviceLocked || boot.keyIsBlank) return false;
  if (recognised !== null) return bootStatesOf(recognised).includes(boot.state);
  return boot.state === 'Verified';
}

/** What a locked device that runs it reports. */
export function bootStatesOf(recognised: Recognised): readonly BootState[] {
  return recognised.kind === 'release'
    ? recognised.release.bootStates
    : recognised.system.bootStates;
}

/** How the device booted; null: the hardware list has no root of trust. */
export function deriveBoot({
  hardwareEnforced,
}: Pick<DeviceDescription, 'hardwareEnforced'>): BootPosture | null {
  const { rootOfTrust } = hardwareEnforced.fields;
  if (rootOfTrust === undefined) return null;
  const { verifiedBootKey, deviceLocked, verifiedBootState, verifiedBootHash } = rootOfTrust;
  return {
    deviceLocked,
    state: verifiedBootState,
    key: toHex(verifiedBootKey),
    keyIsBlank: isAllZero(verifiedBootKey),
    hash: verifiedBootHash === null ? null : toHex(verifiedBootHash),
    hashIsBlank: verifiedBootHash !== null && isAllZero(verifiedBootHash),
  };
}

/** A blank key belongs to nothing and a blank hash to no release, whatever a registry says. */
function recognise(boot: BootPosture, registry: ReleaseRegistry): Recognised | null {
  if (boot.keyIsBlank) return null;
  return recogniseBuild(registry, boot.key, boot.hashIsBlank ? null : boot.hash);
}

function lowerOf(a: SecurityLevel, b: SecurityLevel): SecurityLevel {
  return SECURITY_LEVELS.indexOf(a) < SECURITY_LEVELS.indexOf(b) ? a : b;
}
