/** The four policies every verifier has, in the format of any other policy. */
import type { Environment } from '../anchors/index.ts';
import { ENIGM_ELIGIBILITY } from './builtin-eligibility.ts';
import type { PatchLevelRules, Policy, PolicyRules, RiskCode, SignalSeverity } from './policy.ts';

const DAY_SECONDS = 86_400;

const RISK_SIGNALS: Readonly<Record<RiskCode, SignalSeverity>> = {
  RISK_ROT_TAG_LAST: 'review',
  RISK_MODULEHASH_HW: 'review',
  RISK_LEAF_KEYCERTSIGN: 'info',
  RISK_ZERO_BOOT_KEY: 'review',
  RISK_UNKNOWN_BOOT_KEY: 'info',
  RISK_ATTEST_VERSION_PAIR: 'review',
  RISK_PI_MANUFACTURER: 'review',
  RISK_CERTS_ISSUED_HIGH: 'info',
  // What is usual differs from fleet to fleet, and it costs every request two digests.
  RISK_ATTESTATION_KEY_VELOCITY: 'ignore',
  RISK_CHALLENGE_TOO_LONG: 'review',
};

const LOOSE: PatchLevelRules = {
  missing: 'review',
  malformed: 'review',
  tooOld: { severity: 'review', months: 12 },
  floor: { severity: 'ignore', level: null },
  future: { severity: 'review', months: 3 },
};
const LOOSE_PATCH_LEVELS = { os: LOOSE, vendor: LOOSE, boot: LOOSE } as const;
const EVERYWHERE: readonly Environment[] = ['production', 'development', 'test'];

/** What no built-in policy asks, because only an operator knows the answer. */
const NOT_ASKED = {
  provisioning: { severity: 'ignore', allowed: ['factory', 'remote'] },
  bootKeyDenied: { severity: 'ignore', keys: [] },
  bootKeyAllowed: { severity: 'ignore', keys: [], releases: [] },
  keyAlgorithm: { severity: 'ignore', allowed: ['EC', 'RSA', 'ML-DSA'] },
  keySize: { severity: 'ignore', curves: 'any', minimumRsaBits: 2048 },
  userAuthRequired: { severity: 'ignore', factor: 'any', use: 'any' },
  rollbackResistance: { severity: 'ignore' },
  application: { severity: 'ignore', allowed: [] },
  deviceIds: { severity: 'ignore', expected: {} },
  osVersion: { severity: 'ignore', minimum: 0 },
  moduleHash: { severity: 'ignore', allowed: [] },
} as const satisfies Partial<PolicyRules>;

const INSPECT: Policy = {
  format: 1,
  id: 'inspect',
  version: '1',
  expires: null,
  description:
    'Chain, structure and revocation decide; everything else about device and key is only remarked upon.',
  environments: EVERYWHERE,
  challenge: 'none',
  revocation: { maxStaleSeconds: null },
  criticalLayers: [],
  exposeDeviceIdentifiers: false,
  rules: {
    ...NOT_ASKED,
    anchor: { severity: 'reject', owners: 'any', environments: EVERYWHERE },
    shape: { severity: 'reject', allowed: ['factory', 'remote', 'attest-key'] },
    securityLevel: { severity: 'review', minimum: 'TrustedEnvironment' },
    certifiedLevel: { severity: 'review' },
    rootOfTrust: { severity: 'review' },
    deviceLocked: { severity: 'review' },
    bootState: { severity: 'review', allowed: ['Verified'] },
    bootKey: { severity: 'review' },
    keyOrigin: { severity: 'review', allowed: ['GENERATED'] },
    keyPurpose: { severity: 'review', allowed: 'any', denied: ['ATTEST_KEY'] },
    allApplications: { severity: 'review' },
    deviceUnique: { severity: 'review' },
    userAuth: { severity: 'review' },
    patchLevels: LOOSE_PATCH_LEVELS,
    release: { severity: 'ignore', environments: [], stages: [] },
    riskSignals: RISK_SIGNALS,
  },
};

/** What any genuine, locked device passes whose maker's system boots verified. */
const STRICT_RULES = {
  ...NOT_ASKED,
  securityLevel: { severity: 'reject', minimum: 'TrustedEnvironment' },
  certifiedLevel: { severity: 'reject' },
  rootOfTrust: { severity: 'reject' },
  deviceLocked: { severity: 'reject' },
  bootState: { severity: 'reject', allowed: ['Verified'] },
  bootKey: { severity: 'reject' },
  keyOrigin: { severity: 'reject', allowed: ['GENERATED'] },
  keyPurpose: { severity: 'reject', allowed: 'any', denied: ['ATTEST_KEY'] },
  allApplications: { severity: 'reject' },
  deviceUnique: { severity: 'reject' },
  userAuth: { severity: 'reject' },
  patchLevels: LOOSE_PATCH_LEVELS,
  riskSignals: RISK_SIGNALS,
} as const satisfies Partial<PolicyRules>;

const ANDROID_HARDWARE: Policy = {
  format: 1,
  id: 'android-hardware',
  version: '1',
  expires: null,
  description:
    "A genuine, locked device of any maker that booted its maker's verified system, with a key generated in its secure hardware.",
  environments: EVERYWHERE,
  challenge: 'caller',
  revocation: { maxStaleSeconds: DAY_SECONDS },
  criticalLayers: ['hardware-integrity', 'key-material', 'verified-boot'],
  exposeDeviceIdentifiers: false,
  rules: {
    ...STRICT_RULES,
    anchor: { severity: 'reject', owners: ['Google'], environments: ['production', 'test'] },
    shape: { severity: 'reject', allowed: ['factory', 'remote'] },
    release: { severity: 'ignore', environments: [], stages: [] },
  },
};

const ENIGM_PRODUCTION: Policy = {
  ...ANDROID_HARDWARE,
  id: 'enigm-production',
  description:
    "An Enigm OS production device: locked, running an allowed release of the signed registry for its model, at least at that release's patch levels.",
  challenge: 'service',
  criticalLayers: ['hardware-integrity', 'key-material', 'verified-boot', 'os-hardening'],
  eligibility: ENIGM_ELIGIBILITY,
  rules: {
    ...ANDROID_HARDWARE.rules,
    anchor: {
      severity: 'reject',
      owners: ['Google', 'Enigm'],
      environments: ['production', 'test'],
    },
    // Verified and SelfSigned both count, through the release that the boot key belongs to.
    bootState: { severity: 'reject', allowed: ['Verified', 'SelfSigned'] },
    release: {
      severity: 'reject',
      environments: ['production'],
      stages: ['limited', 'stable', 'security', 'superseded'],
    },
  },
};

const ENIGM_DEVELOPMENT: Policy = {
  ...ENIGM_PRODUCTION,
  id: 'enigm-development',
  description:
    'A development build of Enigm OS on the development anchor. Proves nothing about a real device.',
  environments: ['development'],
  challenge: 'optional',
  rules: {
    ...ENIGM_PRODUCTION.rules,
    anchor: { severity: 'reject', owners: ['Google', 'Enigm'], environments: EVERYWHERE },
    release: {
      severity: 'reject',
      environments: ['production', 'development'],
      stages: ['draft', 'validation', 'limited', 'stable', 'security', 'superseded'],
    },
  },
};

export const BUILTIN_POLICIES: readonly Policy[] = [
  INSPECT,
  ANDROID_HARDWARE,
  ENIGM_PRODUCTION,
  ENIGM_DEVELOPMENT,
];
