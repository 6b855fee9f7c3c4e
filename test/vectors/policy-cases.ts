/**
 * Every rule of a policy, by its place in the document: a device that passes it, one that does not, and
 * what is said of it. Each case starts from a policy whose every other rule is ignored.
 */
import type { FindingCode } from '../../src/core/base/index.ts';
import type { JudgeContext } from '../../src/core/judge.ts';
import type { Policy, PolicyRules, RuleSeverity } from '../../src/core/policy/index.ts';
import { compileSnapshot, type RevocationList } from '../../src/core/revocation/index.ts';
import {
  type AttestOptions,
  DEFECTS,
  type Defect,
  type DeviceOptions,
  type Evidence,
} from '../../src/simulator/index.ts';
import {
  applicationIdField,
  type Description,
  type Field,
  integerField,
  nullField,
  octetsField,
  rootOfTrustField,
  setField,
  TAG,
  textField,
  withField,
  withoutField,
} from '../../src/simulator/key-description.ts';
import { type ChainPlan, change } from '../../src/simulator/plan.ts';
import { AT, policyNamed, type World } from '../support/world.ts';

export interface PolicyCase {
  /** Place in the document, such as `rules.keySize`. */
  readonly rule: string;
  /** Rule of the threat catalogue. */
  readonly threat: string;
  readonly what: string;
  readonly world?: 'google-like' | 'enigm-development';
  /** Members of the rule beside its severity; the rest is `android-hardware`'s. */
  readonly ask?: (evidence: Evidence) => Readonly<Record<string, unknown>>;
  readonly passes?: Sent;
  readonly fails: Sent;
  readonly code: FindingCode;
  readonly cert?: number;
  readonly field?: string;
}

/** What is sent, and what else the verdict depends on. */
interface Sent {
  /** The case's own unless said otherwise. */
  readonly world?: 'google-like' | 'enigm-development';
  readonly device?: Partial<DeviceOptions>;
  readonly key?: AttestOptions;
  readonly context?: (world: World, evidence: Evidence) => Partial<JudgeContext>;
}

const OLD_LIST: RevocationList = {
  id: 'old',
  feed: 'simulated-status',
  anchors: ['simulated-google-ec', 'simulated-google-rsa'],
  fetchedAt: AT - 2 * 86_400_000,
  refreshAfterMs: 86_400_000,
  entries: [],
};

const HARDWARE = 'hardwareEnforced';
const ROOT = `${HARDWARE}.rootOfTrust`;
const APP = 'softwareEnforced.attestationApplicationId';

/** A key whose record is changed before it is signed. */
function described(edit: (description: Description) => void): AttestOptions {
  return {
    defect: {
      apply: (plan: ChainPlan) => {
        const description = structuredClone(plan.certificates[0]?.description) as Description;
        edit(description);
        change(plan, 0, { description });
      },
    },
  };
}

const hardware = (field: Field): Sent => ({
  key: described((each) => {
    each.hardwareEnforced = withField(each.hardwareEnforced, field);
  }),
});

const software = (field: Field): Sent => ({
  key: described((each) => {
    each.softwareEnforced = withField(each.softwareEnforced, field);
  }),
});

const without = (tag: number): Sent => ({
  key: described((each) => {
    each.hardwareEnforced = withoutField(each.hardwareEnforced, tag);
    each.softwareEnforced = withoutField(each.softwareEnforced, tag);
  }),
});

/** The device and key of a defect of the catalogue, with it. */
function defect(name: string): Sent {
  const { device, attest } = DEFECTS.find((each) => each.name === name) as Defect;
  return { ...(device === undefined ? {} : { device }), key: { ...attest, defect: name } };
}

/** A key that needs its user: no NO_AUTH_REQUIRED, a mask, and perhaps a timeout. */
const authenticated = (mask: number, timeout?: number): Sent => ({
  key: described((each) => {
    let list = withoutField(each.hardwareEnforced, TAG.noAuthRequired);
    list = withField(list, integerField(TAG.userAuthType, mask));
    each.hardwareEnforced =
      timeout === undefined ? list : withField(list, integerField(AUTH_TIMEOUT, timeout));
  }),
});

const AUTH_TIMEOUT = 505;
const ROLLBACK_RESISTANCE = 303;
const DIGEST = new Uint8Array(32).fill(0xa1);
const APP_ID = applicationIdField([{ name: 'com.example.app', version: 7 }], [DIGEST]);
const SHARED = applicationIdField(
  [
    { name: 'com.example.app', version: 7 },
    { name: 'com.example.other', version: 7 },
  ],
  [DIGEST],
);

const askApp = (minimumVersion = 7) => ({
  allowed: [
    {
      packages: [{ name: 'com.example.app', minimumVersion }],
      signerDigests: [Buffer.from(DIGEST).toString('hex')],
    },
  ],
});

const bootKeyOf = (key: Uint8Array): string => Buffer.from(key).toString('hex');
const KEY_A = new Uint8Array(32).fill(0x0a);
const KEY_B = new Uint8Array(32).fill(0x0b);
const bootedWith = (verifiedBootKey: Uint8Array): Sent =>
  hardware(
    rootOfTrustField({
      verifiedBootKey,
      deviceLocked: 0xff,
      verifiedBootState: 0,
      verifiedBootHash: new Uint8Array(32).fill(0x33),
    }),
  );

const PARTITIONS = [
  ['os', TAG.osPatchLevel, 'osPatchLevel'],
  ['vendor', TAG.vendorPatchLevel, 'vendorPatchLevel'],
  ['boot', TAG.bootPatchLevel, 'bootPatchLevel'],
] as const;

const PATCH_CASES: readonly PolicyCase[] = PARTITIONS.flatMap(([partition, tag, name]) => {
  const place = `rules.patchLevels.${partition}`;
  const at = { cert: 0, field: `${HARDWARE}.${name}`, threat: 'T41' };
  const level = (value: number) => hardware(integerField(tag, value));
  return [
    {
      ...at,
      rule: `${place}.missing`,
      what: 'absent',
      fails: without(tag),
      code: 'PATCH_LEVEL_MISSING',
    },
    { ...at, rule: `${place}.missing`, what: 'zero', fails: level(0), code: 'PATCH_LEVEL_ZERO' },
    {
      ...at,
      rule: `${place}.malformed`,
      what: 'no date',
      fails: level(202613),
      code: 'PATCH_LEVEL_MALFORMED',
    },
    {
      ...at,
      rule: `${place}.tooOld`,
      what: 'a month too old',
      ask: () => ({ months: 2 }),
      passes: level(20260922),
      fails: level(20260921),
      code: 'PATCH_LEVEL_TOO_OLD',
    },
    {
      ...at,
      rule: `${place}.future`,
      what: 'a day too new',
      ask: () => ({ months: 1 }),
      passes: level(20261222),
      fails: level(20261223),
      code: 'PATCH_LEVEL_FUTURE',
    },
    {
      ...at,
      rule: `${place}.floor`,
      what: 'a day below',
      ask: () => ({ level: 20260905 }),
      passes: level(20260905),
      fails: level(20260904),
      code: 'PATCH_LEVEL_BELOW_FLOOR',
    },
    {
      ...at,
      rule: `${place}.floor`,
      what: 'a month below, where one of the two has no day',
      ask: () => ({ level: 20260905 }),
      passes: level(202609),
      fails: level(202608),
      code: 'PATCH_LEVEL_BELOW_FLOOR',
    },
    {
      ...at,
      rule: `${place}.floor`,
      what: 'below a floor that has no day',
      ask: () => ({ level: 202609 }),
      passes: level(20260901),
      fails: level(20260831),
      code: 'PATCH_LEVEL_BELOW_FLOOR',
    },
  ];
});

const SIGNALS: readonly PolicyCase[] = (
  [
    ['RISK_ROT_TAG_LAST', 'risk-root-of-trust-last'],
    ['RISK_MODULEHASH_HW', 'risk-module-hash-in-hardware'],
    ['RISK_LEAF_KEYCERTSIGN', 'risk-leaf-may-certify'],
    ['RISK_ZERO_BOOT_KEY', 'risk-zero-boot-hash'],
    ['RISK_ATTEST_VERSION_PAIR', 'risk-version-pair'],
    ['RISK_PI_MANUFACTURER', 'risk-other-manufacturer'],
    ['RISK_CERTS_ISSUED_HIGH', 'risk-many-certificates'],
    ['RISK_CHALLENGE_TOO_LONG', 'risk-long-challenge'],
  ] as const
).map(([code, name]) => ({
  rule: `rules.riskSignals.${code}`,
  threat: 'T26',
  what: name,
  fails: defect(name),
  code,
}));

export const POLICY_CASES: readonly PolicyCase[] = [
  {
    rule: 'challenge',
    threat: 'T29',
    what: 'none is given where the caller must',
    fails: { context: () => ({ challenge: { kind: 'absent' } }) },
    code: 'CHALLENGE_NOT_GIVEN',
    field: 'attestationChallenge',
  },
  {
    rule: 'revocation',
    threat: 'T21',
    what: 'the list is older than allowed',
    ask: () => ({ maxStaleSeconds: 60 }),
    fails: { context: () => ({ revocation: compileSnapshot([OLD_LIST]) }) },
    code: 'REVOCATION_LIST_STALE',
  },
  {
    rule: 'rules.anchor',
    threat: 'T06',
    what: 'another owner',
    ask: () => ({ owners: ['Google'], environments: ['test', 'development'] }),
    fails: { world: 'enigm-development' },
    code: 'ANCHOR_NOT_ALLOWED',
  },
  {
    rule: 'rules.shape',
    threat: 'T05',
    what: 'an app-owned key attests',
    ask: () => ({ allowed: ['factory', 'remote'] }),
    fails: { key: { attestKeys: 1 } },
    code: 'ATTEST_KEY_NOT_ALLOWED',
    cert: 1,
  },
  {
    rule: 'rules.provisioning',
    threat: 'T26',
    what: 'a factory key where keys are provisioned remotely',
    ask: () => ({ allowed: ['remote'] }),
    fails: { device: { provisioning: 'factory' } },
    code: 'PROVISIONING_NOT_ALLOWED',
  },
  {
    rule: 'rules.securityLevel',
    threat: 'T33',
    what: 'a TEE where StrongBox is asked for',
    ask: () => ({ minimum: 'StrongBox' }),
    passes: { device: { level: 'StrongBox' } },
    fails: {},
    code: 'SECURITY_LEVEL_TOO_LOW',
    cert: 0,
    field: 'keyMintSecurityLevel',
  },
  {
    rule: 'rules.securityLevel',
    threat: 'T33',
    what: 'levels that differ',
    fails: defect('strongbox-key-attested-by-tee'),
    code: 'SECURITY_LEVEL_MISMATCH',
    cert: 0,
    field: 'keyMintSecurityLevel',
  },
  {
    rule: 'rules.certifiedLevel',
    threat: 'T33',
    what: 'a StrongBox record under a TEE’s certificates',
    fails: defect('strongbox-claim-on-tee-chain'),
    code: 'SECURITY_LEVEL_CHAIN_MISMATCH',
    cert: 0,
    field: 'attestationSecurityLevel',
  },
  {
    rule: 'rules.rootOfTrust',
    threat: 'T35',
    what: 'absent',
    fails: without(TAG.rootOfTrust),
    code: 'ROOT_OF_TRUST_MISSING',
    cert: 0,
    field: ROOT,
  },
  {
    rule: 'rules.deviceLocked',
    threat: 'T36',
    what: 'unlocked',
    fails: { device: { deviceLocked: false } },
    code: 'DEVICE_UNLOCKED',
    cert: 0,
    field: `${ROOT}.deviceLocked`,
  },
  {
    rule: 'rules.bootState',
    threat: 'T36',
    what: 'self-signed',
    fails: { device: { verifiedBootState: 1 } },
    code: 'BOOT_STATE_NOT_VERIFIED',
    cert: 0,
    field: `${ROOT}.verifiedBootState`,
  },
  {
    rule: 'rules.bootKey',
    threat: 'T36',
    what: 'zeros on a boot that claims to be verified',
    fails: bootedWith(new Uint8Array(32)),
    code: 'BOOT_KEY_EMPTY',
    cert: 0,
    field: `${ROOT}.verifiedBootKey`,
  },
  {
    rule: 'rules.bootKeyDenied',
    threat: 'T37',
    what: 'a key on the list',
    ask: () => ({ keys: [bootKeyOf(KEY_A)] }),
    passes: bootedWith(KEY_B),
    fails: bootedWith(KEY_A),
    code: 'BOOT_KEY_DENIED',
    cert: 0,
    field: `${ROOT}.verifiedBootKey`,
  },
  {
    rule: 'rules.bootKeyAllowed',
    threat: 'T36',
    what: 'a key that is not on the list',
    ask: () => ({ keys: [bootKeyOf(KEY_A)] }),
    passes: bootedWith(KEY_A),
    fails: bootedWith(KEY_B),
    code: 'BOOT_KEY_NOT_ALLOWED',
    cert: 0,
    field: `${ROOT}.verifiedBootKey`,
  },
  {
    rule: 'rules.bootKeyAllowed',
    threat: 'T36',
    what: 'no root of trust, so no key',
    ask: () => ({ keys: [bootKeyOf(KEY_A)] }),
    passes: bootedWith(KEY_A),
    fails: without(TAG.rootOfTrust),
    code: 'BOOT_KEY_NOT_ALLOWED',
    cert: 0,
    field: `${ROOT}.verifiedBootKey`,
  },
  {
    rule: 'rules.bootKeyAllowed',
    threat: 'T36',
    what: 'a system of no release that is named',
    world: 'enigm-development',
    ask: () => ({ keys: [], releases: RELEASES.names }),
    fails: bootedWith(KEY_B),
    code: 'BOOT_KEY_NOT_ALLOWED',
    cert: 0,
    field: `${ROOT}.verifiedBootKey`,
  },
  {
    rule: 'rules.keyOrigin',
    threat: 'T38',
    what: 'imported',
    fails: hardware(integerField(TAG.origin, 2)),
    code: 'KEY_ORIGIN',
    cert: 0,
    field: `${HARDWARE}.origin`,
  },
  {
    rule: 'rules.keyOrigin',
    threat: 'T38',
    what: 'absent',
    fails: without(TAG.origin),
    code: 'KEY_ORIGIN',
    cert: 0,
    field: `${HARDWARE}.origin`,
  },
  {
    rule: 'rules.keyPurpose',
    threat: 'T38',
    what: 'a purpose that is not allowed',
    ask: () => ({ allowed: ['SIGN', 'VERIFY'], denied: [] }),
    fails: hardware(setField(TAG.purpose, [2, 6])),
    code: 'KEY_PURPOSE',
    cert: 0,
    field: `${HARDWARE}.purpose`,
  },
  {
    rule: 'rules.keyPurpose',
    threat: 'T38',
    what: 'a purpose that is denied',
    fails: hardware(setField(TAG.purpose, [2, 7])),
    code: 'KEY_PURPOSE',
    cert: 0,
    field: `${HARDWARE}.purpose`,
  },
  {
    rule: 'rules.keyAlgorithm',
    threat: 'T32',
    what: 'RSA where EC is asked for',
    ask: () => ({ allowed: ['EC'] }),
    fails: { key: { kind: 'RSA_2048' } },
    code: 'KEY_ALGORITHM',
    cert: 0,
    field: 'subjectPublicKeyInfo',
  },
  {
    rule: 'rules.keySize',
    threat: 'T32',
    what: 'another curve',
    ask: () => ({ curves: ['P_256'], minimumRsaBits: 2048 }),
    fails: { key: { kind: 'P_384' } },
    code: 'KEY_SIZE',
    cert: 0,
    field: 'subjectPublicKeyInfo',
  },
  {
    rule: 'rules.keySize',
    threat: 'T32',
    what: 'a short RSA key; ML-DSA has no size to ask for',
    ask: () => ({ curves: 'any', minimumRsaBits: 3072 }),
    passes: { key: { kind: 'ML_DSA_65' } },
    fails: { key: { kind: 'RSA_2048' } },
    code: 'KEY_SIZE',
    cert: 0,
    field: 'subjectPublicKeyInfo',
  },
  {
    rule: 'rules.userAuth',
    threat: 'T39',
    what: 'asked for and not needed at once',
    fails: hardware(integerField(TAG.userAuthType, 2)),
    code: 'USER_AUTH_CONTRADICTORY',
    cert: 0,
    field: `${HARDWARE}.userAuthType`,
  },
  {
    rule: 'rules.userAuthRequired',
    threat: 'T39',
    what: 'not needed',
    passes: authenticated(3, 30),
    fails: {},
    code: 'USER_AUTH_POLICY',
    cert: 0,
    field: `${HARDWARE}.noAuthRequired`,
  },
  {
    rule: 'rules.userAuthRequired',
    threat: 'T39',
    what: 'neither needed nor not needed',
    passes: authenticated(1),
    fails: without(TAG.noAuthRequired),
    code: 'USER_AUTH_POLICY',
    cert: 0,
    field: `${HARDWARE}.userAuthType`,
  },
  {
    rule: 'rules.userAuthRequired',
    threat: 'T39',
    what: 'a PIN would do where a biometric is asked for',
    ask: () => ({ factor: 'biometric', use: 'any' }),
    passes: authenticated(2),
    fails: authenticated(3),
    code: 'USER_AUTH_POLICY',
    cert: 0,
    field: `${HARDWARE}.userAuthType`,
  },
  {
    rule: 'rules.userAuthRequired',
    threat: 'T39',
    what: 'one authentication for many uses',
    ask: () => ({ factor: 'any', use: 'each' }),
    passes: authenticated(3),
    fails: authenticated(3, 30),
    code: 'USER_AUTH_POLICY',
    cert: 0,
    field: `${HARDWARE}.authTimeout`,
  },
  {
    rule: 'rules.rollbackResistance',
    threat: 'T38',
    what: 'a key that may come back',
    passes: hardware(nullField(ROLLBACK_RESISTANCE)),
    fails: {},
    code: 'ROLLBACK_RESISTANCE_MISSING',
    cert: 0,
    field: `${HARDWARE}.rollbackResistance`,
  },
  {
    rule: 'rules.rollbackResistance',
    threat: 'T38',
    what: 'the tag of Keymaster 1 and 2 counts too',
    passes: hardware(nullField(TAG.rollbackResistant)),
    fails: {},
    code: 'ROLLBACK_RESISTANCE_MISSING',
    cert: 0,
    field: `${HARDWARE}.rollbackResistance`,
  },
  {
    rule: 'rules.allApplications',
    threat: 'T38',
    what: 'open to every app',
    fails: hardware(nullField(TAG.allApplications)),
    code: 'ALL_APPLICATIONS',
    cert: 0,
    field: `${HARDWARE}.allApplications`,
  },
  {
    rule: 'rules.deviceUnique',
    threat: 'T38',
    what: 'claimed',
    fails: hardware(nullField(TAG.deviceUniqueAttestation)),
    code: 'DEVICE_UNIQUE_ATTESTATION',
    cert: 0,
    field: `${HARDWARE}.deviceUniqueAttestation`,
  },
  ...applicationCases(),
  {
    rule: 'rules.deviceIds',
    threat: 'T42',
    what: 'another model',
    ask: () => ({ expected: { Model: ['Phone A'] } }),
    passes: hardware(textField(TAG.attestationIdModel, 'Phone A')),
    fails: hardware(textField(TAG.attestationIdModel, 'Phone B')),
    code: 'DEVICE_ID_MISMATCH',
    cert: 0,
    field: `${HARDWARE}.attestationIdModel`,
  },
  {
    rule: 'rules.deviceIds',
    threat: 'T42',
    what: 'no brand is attested',
    ask: () => ({ expected: { Brand: ['simulated'] } }),
    passes: hardware(textField(TAG.attestationIdBrand, 'simulated')),
    fails: {},
    code: 'DEVICE_ID_MISMATCH',
    cert: 0,
    field: `${HARDWARE}.attestationIdBrand`,
  },
  {
    rule: 'rules.deviceIds',
    threat: 'T42',
    what: 'neither of two IMEIs',
    ask: () => ({ expected: { Imei: ['356938035643809'] } }),
    passes: hardware(textField(TAG.attestationIdSecondImei, '356938035643809')),
    fails: hardware(textField(TAG.attestationIdImei, '490154203237518')),
    code: 'DEVICE_ID_MISMATCH',
    cert: 0,
    field: `${HARDWARE}.attestationIdImei`,
  },
  {
    rule: 'rules.osVersion',
    threat: 'T41',
    what: 'too old',
    ask: () => ({ minimum: 150000 }),
    passes: hardware(integerField(TAG.osVersion, 150000)),
    fails: hardware(integerField(TAG.osVersion, 149999)),
    code: 'OS_VERSION_TOO_OLD',
    cert: 0,
    field: `${HARDWARE}.osVersion`,
  },
  {
    rule: 'rules.osVersion',
    threat: 'T41',
    what: 'absent',
    fails: without(TAG.osVersion),
    code: 'OS_VERSION_MISSING',
    cert: 0,
    field: `${HARDWARE}.osVersion`,
  },
  {
    rule: 'rules.moduleHash',
    threat: 'T26',
    what: 'another one',
    ask: () => ({ allowed: [Buffer.from(DIGEST).toString('hex')] }),
    passes: software(octetsField(TAG.moduleHash, DIGEST)),
    fails: software(octetsField(TAG.moduleHash, KEY_A)),
    code: 'MODULE_HASH_NOT_ALLOWED',
    cert: 0,
    field: 'softwareEnforced.moduleHash',
  },
  {
    rule: 'rules.moduleHash',
    threat: 'T26',
    what: 'absent',
    ask: () => ({ allowed: [Buffer.from(DIGEST).toString('hex')] }),
    passes: software(octetsField(TAG.moduleHash, DIGEST)),
    fails: without(TAG.moduleHash),
    code: 'MODULE_HASH_NOT_ALLOWED',
    cert: 0,
    field: 'softwareEnforced.moduleHash',
  },
  ...PATCH_CASES,
  {
    rule: 'rules.release',
    threat: 'T36',
    what: 'a system of no known release',
    world: 'enigm-development',
    ask: () => ({ environments: ['development'], stages: ['stable'] }),
    fails: bootedWith(KEY_B),
    code: 'RELEASE_UNKNOWN',
    cert: 0,
    field: ROOT,
  },
  ...SIGNALS,
  {
    rule: 'rules.riskSignals.RISK_ATTESTATION_KEY_VELOCITY',
    threat: 'T26',
    what: 'a device’s attestation key that vouched for 1,001 keys today',
    passes: { context: () => ({ attestationKeyUse: 1000 }) },
    fails: { context: () => ({ attestationKeyUse: 1001 }) },
    code: 'RISK_ATTESTATION_KEY_VELOCITY',
    cert: 1,
    field: 'subjectPublicKeyInfo',
  },
  {
    rule: 'rules.riskSignals.RISK_UNKNOWN_BOOT_KEY',
    threat: 'T26',
    what: 'a boot key that no release for the model has',
    world: 'enigm-development',
    fails: bootedWith(KEY_B),
    code: 'RISK_UNKNOWN_BOOT_KEY',
    cert: 0,
    field: `${ROOT}.verifiedBootKey`,
  },
];

function applicationCases(): readonly PolicyCase[] {
  const at = { rule: 'rules.application', threat: 'T40', cert: 0, passes: software(APP_ID) };
  const case_ = (what: string, code: FindingCode, field: string, fails: Sent): PolicyCase => ({
    ...at,
    what,
    code,
    field,
    fails,
    ask: () => askApp(),
  });
  const appId = (name: string, version: number, digests: readonly Uint8Array[]) =>
    software(applicationIdField([{ name, version }], digests));
  return [
    case_('another app', 'APP_PACKAGE', `${APP}.packages`, appId('com.example', 7, [DIGEST])),
    case_('another app shares the key', 'APP_PACKAGE', `${APP}.packages`, software(SHARED)),
    case_(
      'another signer',
      'APP_SIGNER',
      `${APP}.signatureDigests`,
      appId('com.example.app', 7, [DIGEST, KEY_A]),
    ),
    case_(
      'an old version',
      'APP_VERSION',
      `${APP}.packages`,
      appId('com.example.app', 6, [DIGEST]),
    ),
    case_('no app named', 'APP_ID_MISSING', APP, without(TAG.attestationApplicationId)),
    case_('a placeholder', 'APP_ID_TRANSIENT_OS_BUG', APP, appId('UnknownPackage', 7, [DIGEST])),
    case_('no signer', 'APP_ID_TRANSIENT_OS_BUG', APP, appId('com.example.app', 7, [])),
    case_('an unlocked device says so', 'APP_ID_NOT_VOUCHED', APP, {
      ...software(APP_ID),
      device: { deviceLocked: false },
    }),
  ];
}

/** Names of the development releases, once a world knows them. */
export const RELEASES: { names: readonly string[] } = { names: [] };

/** A policy that asks one thing only, with this severity. */
export function policyAsking(
  { rule, ask }: PolicyCase,
  severity: RuleSeverity,
  evidence: Evidence,
): Policy {
  const base = policyNamed('android-hardware');
  const policy = {
    ...structuredClone(base),
    id: 'one-rule',
    challenge: 'optional',
    revocation: { maxStaleSeconds: null },
    rules: ignoreAll(base.rules),
  } as unknown as Record<string, unknown>;
  const path = rule.split('.');
  if (rule === 'challenge') policy['challenge'] = severity === 'ignore' ? 'optional' : 'caller';
  else if (rule === 'revocation') {
    policy['revocation'] =
      severity === 'inconclusive' ? ask?.(evidence) : { maxStaleSeconds: null };
  } else {
    const last = path.pop() as string;
    const parent = path.reduce(
      (node, name) => node[name] as Record<string, unknown>,
      policy as Record<string, unknown>,
    );
    const current = parent[last];
    parent[last] =
      typeof current === 'string'
        ? severity
        : { ...(current as object), ...ask?.(evidence), severity };
  }
  return policy as unknown as Policy;
}

/** The same rules, none of them evaluated. */
function ignoreAll(rules: PolicyRules): PolicyRules {
  const ignore = (node: unknown, name: string): unknown => {
    if (Array.isArray(node)) return node;
    if (typeof node === 'object' && node !== null) {
      return Object.fromEntries(
        Object.entries(node).map(([key, each]) => [key, ignore(each, key)]),
      );
    }
    const isSeverity = ['severity', 'missing', 'malformed'].includes(name) || /^RISK_/.test(name);
    return isSeverity ? 'ignore' : node;
  };
  return ignore(rules, 'rules') as PolicyRules;
}
