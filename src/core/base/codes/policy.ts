/** Stage `policy`: what a policy asks of a proven device and key. Severity is the policy's to set. */
import type { CodeColumns, CodeEntry } from './entry.ts';

const DEVICE = {
  stage: 'policy',
  severity: 'reject',
  layer: 'verified-boot',
  failureClass: 'ELIGIBILITY_FAILURE',
  retryable: false,
  disclosure: 'caller',
} as const satisfies CodeColumns;

const LEVEL = {
  ...DEVICE,
  layer: 'hardware-integrity',
  failureClass: 'UNSUPPORTED_DEVICE',
} as const satisfies CodeColumns;

const KEY = { ...DEVICE, layer: 'key-material' } as const satisfies CodeColumns;

const APP = { ...DEVICE, layer: 'application' } as const satisfies CodeColumns;

const PATCH = {
  ...DEVICE,
  severity: 'review',
  failureClass: 'INELIGIBLE_BUILD',
} as const satisfies CodeColumns;

const RELEASE = { ...DEVICE, failureClass: 'INELIGIBLE_BUILD' } as const satisfies CodeColumns;

const NEW_KEY =
  'generate the key anew in the Android Keystore with the properties the policy asks for';
const UPDATE = 'install the latest update on the device and attest again';

export const POLICY_CODES = {
  SECURITY_LEVEL_SOFTWARE: {
    ...LEVEL,
    text: 'the key or its attestation is kept by software only',
    why: 'the operating system can copy such a key and invent such an attestation',
    remedy: 'use a device with a TEE or StrongBox, and do not fall back to software keys',
  },
  SECURITY_LEVEL_MISMATCH: {
    ...LEVEL,
    text: 'the attestation and the key claim different security levels',
    why: 'the weaker of the two is what counts, and a difference is unusual',
    remedy: 'attest with a key of the same security level, or admit the difference by policy',
  },
  SECURITY_LEVEL_CHAIN_MISMATCH: {
    ...LEVEL,
    text: 'the attestation claims another security level than its certificates do',
    why: 'the certificate is what the maker signed; the level in the record is what the device wrote',
    remedy: 'treat it as an attack: the record was written elsewhere than its chain says',
  },
  ROOT_OF_TRUST_MISSING: {
    ...DEVICE,
    text: 'the hardware list has no root of trust',
    why: 'without it nothing is known about how the device booted',
    remedy: 'use a device whose secure hardware reports its boot state',
  },
  DEVICE_UNLOCKED: {
    ...DEVICE,
    text: 'the bootloader is unlocked',
    why: 'an unlocked device starts any operating system, also one that lies in everything it reports',
    remedy: 'lock the bootloader (this erases the device) and attest again',
  },
  BOOT_STATE_NOT_VERIFIED: {
    ...DEVICE,
    text: "the device did not boot an operating system verified by its maker's key",
    why: 'Unverified and Failed vouch for nothing; SelfSigned counts only with a known boot key',
    remedy:
      "install the maker's system and lock the bootloader, or use a policy that knows the boot key",
  },
  BOOT_KEY_EMPTY: {
    ...DEVICE,
    text: 'the verified boot key is empty or all zeros although the boot state claims a key',
    why: 'pre-release builds and spoofing tools write it so; a production device has a key',
    remedy: 'use a production build',
  },
  KEY_ORIGIN: {
    ...KEY,
    text: 'the key was not generated inside the secure hardware',
    why: 'an imported key is known to whoever imported it',
    remedy: NEW_KEY,
  },
  KEY_PURPOSE: {
    ...KEY,
    text: 'the key has a purpose the policy does not allow, or none',
    why: 'a key that attests or wraps other keys can vouch for things outside this device',
    remedy: NEW_KEY,
  },
  ALL_APPLICATIONS: {
    ...KEY,
    text: 'the key may be used by every application',
    why: 'any app on the device could sign with it',
    remedy: NEW_KEY,
  },
  DEVICE_UNIQUE_ATTESTATION: {
    ...KEY,
    text: 'the key claims device-unique attestation under a shared anchor',
    why: "such attestations are never signed under Google's or Enigm's anchors",
    remedy: 'treat it as an attack',
  },
  USER_AUTH_CONTRADICTORY: {
    ...KEY,
    text: 'the key both needs and does not need user authentication',
    why: 'the two exclude each other, so neither can be relied on',
    remedy: NEW_KEY,
  },
  PATCH_LEVEL_MISSING: {
    ...PATCH,
    text: 'a patch level is absent',
    why: 'nobody knows how old this part of the system is',
    remedy: UPDATE,
  },
  PATCH_LEVEL_ZERO: {
    ...PATCH,
    text: 'a patch level is zero',
    why: 'some genuine devices report none; nobody knows how old this part of the system is',
    remedy: UPDATE,
  },
  PATCH_LEVEL_MALFORMED: {
    ...PATCH,
    text: 'a patch level is no date',
    why: 'an unreadable patch level must not pass for a new one',
    remedy: UPDATE,
  },
  PATCH_LEVEL_FUTURE: {
    ...PATCH,
    text: 'a patch level lies further in the future than updates are made ahead',
    why: 'pre-release builds do this, and so do tools that dress up an old system',
    remedy: "use a released build, and check the verifier's clock",
  },
  PATCH_LEVEL_TOO_OLD: {
    ...PATCH,
    failureClass: 'STALE_ATTESTATION',
    text: 'a patch level is older than the policy allows',
    why: 'known holes of this part of the system are open',
    remedy: UPDATE,
  },
  PROVISIONING_NOT_ALLOWED: {
    ...LEVEL,
    text: 'the policy does not allow this way of provisioning attestation keys',
    why: 'factory keys live as long as the device and are the ones that leak',
    remedy:
      'use a device whose keys are provisioned remotely, or a policy that admits factory keys',
  },
  SECURITY_LEVEL_TOO_LOW: {
    ...LEVEL,
    text: 'the key is not kept at the security level the policy asks for',
    why: 'a TEE shares its processor with the system it guards against; StrongBox does not',
    remedy: 'generate the key with setIsStrongBoxBacked(true) on a device that has StrongBox',
  },
  BOOT_KEY_DENIED: {
    ...DEVICE,
    text: "the verified boot key is on the policy's deny list",
    why: 'whoever holds its private half, which may be everybody, can boot a system of their own as verified',
    remedy: 'install a build that is signed with a key of its own',
  },
  BOOT_KEY_NOT_ALLOWED: {
    ...DEVICE,
    text: 'the verified boot key is not one the policy allows',
    why: 'only the owners of these keys decide what such a device starts',
    remedy: 'install one of the systems the policy names, or add its boot key to the policy',
  },
  KEY_ALGORITHM: {
    ...KEY,
    text: 'the algorithm of the key is not one the policy allows',
    why: 'what relies on the key cannot use it, or should not',
    remedy: NEW_KEY,
  },
  KEY_SIZE: {
    ...KEY,
    text: 'the curve or size of the key is not one the policy allows',
    why: 'what relies on the key counts on its strength',
    remedy: NEW_KEY,
  },
  USER_AUTH_POLICY: {
    ...KEY,
    text: 'the key does not ask for the user authentication that the policy wants',
    why: 'whoever has the device in hand could use the key',
    remedy: NEW_KEY,
  },
  ROLLBACK_RESISTANCE_MISSING: {
    ...KEY,
    text: 'the key is not rollback resistant',
    why: "a key that was deleted could be brought back from a copy of the device's storage",
    remedy: NEW_KEY,
  },
  APP_ID_MISSING: {
    ...APP,
    text: 'the system does not say which app made the key',
    why: 'any app may have made it',
    remedy: 'make the key in an app on Android 7.1 or later',
  },
  APP_ID_NOT_VOUCHED: {
    ...APP,
    text: 'the system that names the app did not boot verified',
    why: "a system of somebody else's can name any app it likes",
    remedy: "lock the bootloader with the maker's system, or a known release, and attest again",
  },
  APP_ID_TRANSIENT_OS_BUG: {
    ...APP,
    failureClass: 'UNSUPPORTED_DEVICE',
    retryable: true,
    text: 'the system could not name the app and wrote a placeholder',
    why: 'known bugs of Android do this after its package manager crashed',
    remedy: 'restart the device and attest again',
  },
  APP_PACKAGE: {
    ...APP,
    text: 'the packages that made the key are not those of an app the policy allows',
    why: 'the key belongs to another app, or to others as well',
    remedy: 'make the key in the app that the policy names',
  },
  APP_SIGNER: {
    ...APP,
    text: 'a signer of the app is not one the policy allows',
    why: 'anyone can build an app of the same name; only its signer tells them apart',
    remedy: 'install the app from its publisher',
  },
  APP_VERSION: {
    ...APP,
    text: 'the app is older than the policy allows',
    why: 'known faults of the app are open',
    remedy: 'update the app and make a new key',
  },
  DEVICE_ID_MISMATCH: {
    ...DEVICE,
    layer: 'hardware-integrity',
    text: 'an attested identifier of the device is not one the policy expects, or is absent',
    why: 'the key is of another device, or of one that does not say which it is',
    remedy: 'use the device that was enrolled, and ask keystore for its identifiers',
  },
  OS_VERSION_MISSING: {
    ...PATCH,
    text: 'the system reports no version',
    why: 'nobody knows which system it is',
    remedy: UPDATE,
  },
  OS_VERSION_TOO_OLD: {
    ...PATCH,
    text: 'the version of the system is older than the policy allows',
    why: 'it lacks protections of later versions',
    remedy: UPDATE,
  },
  MODULE_HASH_NOT_ALLOWED: {
    ...DEVICE,
    text: "the hash of the system's modules is absent or not one the policy allows",
    why: 'modules are updated apart from the system, and are not part of its boot digest',
    remedy: UPDATE,
  },
  PATCH_LEVEL_BELOW_FLOOR: {
    ...PATCH,
    failureClass: 'STALE_ATTESTATION',
    text: 'a patch level is below the one the policy asks for',
    why: 'a hole that was closed at that level is open',
    remedy: UPDATE,
  },
  REGISTRY_NOT_CONFIGURED: {
    ...RELEASE,
    severity: 'inconclusive',
    layer: 'os-hardening',
    failureClass: 'VERIFIER_UNAVAILABLE',
    retryable: true,
    text: 'the policy needs a registry of releases and none is configured',
    why: 'an Enigm OS build is recognised only by its boot key and vbmeta digest in the registry',
    remedy: 'configure the signed release registry',
  },
  REGISTRY_EXPIRED: {
    ...RELEASE,
    severity: 'inconclusive',
    layer: 'os-hardening',
    failureClass: 'VERIFIER_UNAVAILABLE',
    retryable: true,
    text: 'the registry of releases has expired',
    why: 'an old registry may still allow what was withdrawn since',
    remedy: 'give the verifier the current signed registry',
  },
  RELEASE_UNKNOWN: {
    ...RELEASE,
    layer: 'os-hardening',
    text: 'boot key and vbmeta digest belong to no known release',
    why: 'the device runs a system this verifier cannot vouch for',
    remedy: 'install a release of Enigm OS; if it is one, add it to the registry',
  },
  RELEASE_NOT_ALLOWED: {
    ...RELEASE,
    layer: 'os-hardening',
    text: 'the release is known but not allowed by the policy',
    why: 'drafts, withdrawn builds and builds for another environment are not for this use',
    remedy: UPDATE,
  },
  RELEASE_MODEL_MISMATCH: {
    ...RELEASE,
    layer: 'os-hardening',
    text: 'the release is for another model than the device says it is',
    why: 'a build carried to another device was not made for its hardware',
    remedy: 'install the release made for this model',
  },
  RELEASE_KEY_ONLY: {
    ...RELEASE,
    layer: 'os-hardening',
    text: 'the boot key is that of a known system, but of no release',
    why: 'a boot key alone names whose system it is, not which build, nor that it is one of the releases asked for',
    remedy:
      'install a release of Enigm OS; if it is one, add it to the registry with its vbmeta digest',
  },
  RELEASE_BOOT_STATE: {
    ...RELEASE,
    layer: 'verified-boot',
    text: 'the device reports a boot state that a device with this boot key never reports',
    why: "a maker's own key boots Verified and a key the user installed SelfSigned; the other way round the record was made up",
    remedy: "treat it as an attack, unless the registry's record is wrong",
  },
  RELEASE_OS_VERSION: {
    ...RELEASE,
    layer: 'update-management',
    text: 'the OS version is not that of the release the device runs',
    why: 'the vbmeta digest fixes the OS version, so the two cannot both be true',
    remedy: "treat it as an attack, unless the registry's record is wrong",
  },
  RELEASE_PATCH_NEWER: {
    ...RELEASE,
    severity: 'review',
    layer: 'update-management',
    text: 'a patch level is newer than that of the release the device runs',
    why: 'the vbmeta digest fixes the patch levels, so either the registry is wrong or the level was made up',
    remedy: "compare the registry's record with the build",
  },
  RELEASE_COHORT: {
    ...RELEASE,
    failureClass: 'ELIGIBILITY_FAILURE',
    layer: 'update-management',
    text: 'the release is limited to cohorts, and the device is in none of them',
    why: 'a limited build on another device has left the rollout it was made for',
    remedy: 'put the device into the cohort, or install the release of its channel',
  },
  RELEASE_COHORT_NOT_GIVEN: {
    ...RELEASE,
    severity: 'review',
    failureClass: 'ELIGIBILITY_FAILURE',
    layer: 'update-management',
    text: "the release is limited to cohorts, and the request does not say the device's",
    why: 'attestation does not show which cohort a device is in; only who enrolled it knows',
    remedy: 'name the cohort in the context of the request',
  },
  ROLLBACK_BELOW_FLOOR: {
    ...RELEASE,
    layer: 'update-management',
    text: 'a version or patch level is older than the one seen before',
    why: 'an older system was installed over a newer one, which opens holes that had been closed',
    remedy: UPDATE,
  },
  ROLLBACK_LEVEL_LOST: {
    ...RELEASE,
    layer: 'update-management',
    text: 'a version or patch level that was seen before is now absent, zero or malformed',
    why: 'what cannot be compared must not pass for new',
    remedy: UPDATE,
  },
  RELEASE_PATCH_MISSING: {
    ...RELEASE,
    layer: 'update-management',
    text: 'a patch level that the release states is absent or malformed',
    why: 'the device does not report what its release is known to report',
    remedy: UPDATE,
  },
  RELEASE_PATCH_OLDER: {
    ...RELEASE,
    layer: 'update-management',
    text: 'a patch level is older than that of the release the device runs',
    why: 'part of the system was rolled back, or was never updated with the rest',
    remedy: UPDATE,
  },
} as const satisfies Record<string, CodeEntry>;
