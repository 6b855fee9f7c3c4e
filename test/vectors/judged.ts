/**
 * Vectors for what no chain can show by itself: time, lists, challenge, key, releases and policy. Each
 * changes one thing of a verdict that is otherwise an accept.
 */
import type { FindingCode, Severity } from '../../src/core/base/index.ts';
import type { JudgeContext } from '../../src/core/judge.ts';
import {
  type CallerContext,
  type FloorLevels,
  NO_CALLER_CONTEXT,
  type Policy,
} from '../../src/core/policy/index.ts';
import { derivePosture } from '../../src/core/posture/index.ts';
import { prove } from '../../src/core/prove.ts';
import type { Release } from '../../src/core/reference/index.ts';
import {
  compileSnapshot,
  type DeniedKey,
  type RevocationList,
} from '../../src/core/revocation/index.ts';
import type { AttestOptions, DeviceOptions, Evidence } from '../../src/simulator/index.ts';
import { AT, policyNamed, type World } from '../support/world.ts';
import { CHALLENGE_VECTORS } from './challenges.ts';
import { CONTINUITY_VECTORS } from './continuity.ts';
import { STATEMENT_VECTORS } from './statements.ts';

export interface JudgedVector {
  readonly name: string;
  readonly rule: string;
  readonly world: 'google-like' | 'enigm-development';
  readonly policy: string | Policy;
  readonly device?: Partial<DeviceOptions>;
  readonly key?: AttestOptions;
  readonly expects: {
    readonly code: FindingCode;
    readonly severity: Severity;
    readonly cert?: number;
    readonly field?: string;
  };
  /** The one change. */
  readonly change: (world: World, evidence: Evidence) => Partial<JudgeContext>;
}

const DAY_MS = 86_400_000;
const CHALLENGE = { field: 'attestationChallenge' } as const;

/** The list of simulated devices, changed. */
function listWith(changes: Partial<RevocationList>): RevocationList {
  return {
    id: 'changed',
    feed: 'simulated-status',
    anchors: ['simulated-google-ec', 'simulated-google-rsa'],
    fetchedAt: AT,
    refreshAfterMs: DAY_MS,
    entries: [],
    ...changes,
  };
}

/** The list of simulated devices, and beside it a local deny list with one key. */
function denying(key: DeniedKey) {
  const local = { feed: 'local', anchors: 'all', fetchedAt: null, id: 'denied.json' } as const;
  return compileSnapshot([listWith({}), listWith({ ...local, deniedKeys: [key] })]);
}

function serialOf(evidence: Evidence, index: number): string {
  // Simulated serials have a first octet of 40 to 7f: never padded.
  const der = Buffer.from(evidence.chain[index] as Uint8Array);
  const at = der.indexOf(Buffer.from([0xa0, 0x03, 0x02, 0x01, 0x02, 0x02])) + 6;
  return der.subarray(at + 1, at + 1 + (der[at] as number)).toString('hex');
}

/** The world's registry with something changed of every release. */
function changeReleases(
  { registry }: World,
  changes: (release: Release) => Partial<Release>,
): Pick<JudgeContext, 'registry'> {
  if (registry === null) throw new RangeError('this world knows no releases');
  const releases = registry.releases.map((each) => ({ ...each, ...changes(each) }));
  return { registry: { ...registry, releases } };
}

/** The world's boot keys, as if they belonged to systems of which no build is known. */
function onlySystems(
  { registry }: World,
  bootStates: Release['bootStates'],
): Pick<JudgeContext, 'registry'> {
  if (registry === null) throw new RangeError('this world knows no releases');
  const systems = registry.releases.map(({ name, models, verifiedBootKeys }) => ({
    name,
    models,
    verifiedBootKeys,
    bootStates,
  }));
  return { registry: { ...registry, releases: [], systems } };
}

function withFloor(levels: FloorLevels): CallerContext {
  return { ...NO_CALLER_CONTEXT, floors: [{ source: 'caller', levels }] };
}

export const JUDGED_VECTORS: readonly JudgedVector[] = [
  ...CHALLENGE_VECTORS,
  ...STATEMENT_VECTORS,
  ...CONTINUITY_VECTORS,
  {
    name: 'another challenge',
    rule: 'T29',
    world: 'google-like',
    policy: 'android-hardware',
    expects: { code: 'CHALLENGE_MISMATCH', severity: 'reject', cert: 0, ...CHALLENGE },
    change: () => ({ challenge: { kind: 'given', bytes: new Uint8Array(32) } }),
  },
  {
    name: 'a challenge that differs in bytes which are no UTF-8',
    rule: 'T30',
    world: 'google-like',
    policy: 'android-hardware',
    key: { challenge: Uint8Array.of(0x61, 0xff, 0xfe, 0x62) },
    expects: { code: 'CHALLENGE_MISMATCH', severity: 'reject', cert: 0, ...CHALLENGE },
    change: () => ({
      challenge: { kind: 'given', bytes: Uint8Array.of(0x61, 0xfe, 0xff, 0x62) },
    }),
  },
  {
    name: 'no challenge in the evidence',
    rule: 'T29',
    world: 'enigm-development',
    policy: 'enigm-development',
    key: { challenge: new Uint8Array(0) },
    expects: { code: 'CHALLENGE_MISSING', severity: 'reject', cert: 0, ...CHALLENGE },
    change: () => ({ challenge: { kind: 'given', bytes: new Uint8Array(32) } }),
  },
  {
    name: 'no challenge in the request',
    rule: 'T29',
    world: 'google-like',
    policy: 'android-hardware',
    expects: { code: 'CHALLENGE_NOT_GIVEN', severity: 'inconclusive', ...CHALLENGE },
    change: () => ({ challenge: { kind: 'absent' } }),
  },
  {
    name: 'a challenge of the caller’s own where the service must issue it',
    rule: 'T29',
    world: 'google-like',
    policy: 'android-hardware',
    expects: { code: 'CHALLENGE_FOREIGN', severity: 'reject', cert: 0, ...CHALLENGE },
    change: () => ({
      policy: { policy: { ...policyNamed('android-hardware'), challenge: 'service' }, digest: '' },
    }),
  },
  {
    name: 'a challenge that the operator leaves unchecked',
    rule: 'T29',
    world: 'google-like',
    policy: 'android-hardware',
    expects: { code: 'CHALLENGE_NOT_CHECKED', severity: 'review', ...CHALLENGE },
    change: () => ({ challenge: { kind: 'waived' } }),
  },
  {
    name: 'stored evidence whose challenge was not kept',
    rule: 'T29',
    world: 'google-like',
    policy: 'android-hardware',
    expects: { code: 'CHALLENGE_NOT_CHECKED', severity: 'info', ...CHALLENGE },
    change: () => ({ challenge: { kind: 'unrecorded' } }),
  },
  {
    name: 'another key than the attested one',
    rule: 'T32',
    world: 'google-like',
    policy: 'android-hardware',
    expects: {
      code: 'KEY_MISMATCH',
      severity: 'reject',
      cert: 0,
      field: 'subjectPublicKeyInfo',
    },
    change: (world) => ({
      publicKey: world.simulator.device({ provisioning: 'remote' }).attest().key.spki,
    }),
  },
  {
    name: 'no list for the anchor',
    rule: 'T21',
    world: 'google-like',
    policy: 'android-hardware',
    expects: { code: 'REVOCATION_LIST_UNAVAILABLE', severity: 'inconclusive' },
    change: () => ({ revocation: compileSnapshot([]) }),
  },
  {
    name: 'only a list that speaks of another anchor',
    rule: 'T18',
    world: 'google-like',
    policy: 'android-hardware',
    expects: { code: 'REVOCATION_LIST_UNAVAILABLE', severity: 'inconclusive' },
    change: () => ({ revocation: compileSnapshot([listWith({ anchors: ['elsewhere'] })]) }),
  },
  {
    name: 'only a list of another feed',
    rule: 'T21',
    world: 'google-like',
    policy: 'android-hardware',
    expects: { code: 'REVOCATION_LIST_UNAVAILABLE', severity: 'inconclusive' },
    change: () => ({ revocation: compileSnapshot([listWith({ feed: 'another' })]) }),
  },
  {
    name: 'a list older than the policy allows',
    rule: 'T21',
    world: 'google-like',
    policy: 'android-hardware',
    expects: {
      code: 'REVOCATION_LIST_STALE',
      severity: 'inconclusive',
      field: 'revocation.changed',
    },
    change: () => ({
      revocation: compileSnapshot([listWith({ fetchedAt: AT - 2 * DAY_MS - 1 })]),
    }),
  },
  {
    name: 'an old list under a policy that takes any',
    rule: 'T21',
    world: 'google-like',
    policy: 'inspect',
    expects: { code: 'REVOCATION_LIST_STALE', severity: 'review', field: 'revocation.changed' },
    change: () => ({
      revocation: compileSnapshot([listWith({ fetchedAt: AT - 100 * DAY_MS })]),
    }),
  },
  {
    name: 'revocation that the operator leaves unchecked',
    rule: 'T17',
    world: 'google-like',
    policy: 'android-hardware',
    expects: { code: 'REVOCATION_NOT_CHECKED', severity: 'review' },
    change: () => ({ revocation: 'waived' }),
  },
  {
    name: 'a listed certificate of a status that is not known',
    rule: 'T19',
    world: 'google-like',
    policy: 'android-hardware',
    expects: {
      code: 'CERTIFICATE_STATUS_UNKNOWN',
      severity: 'reject',
      cert: 2,
      field: 'serialNumber',
    },
    change: (_world, evidence) => ({
      revocation: compileSnapshot([
        listWith({
          entries: [{ serial: serialOf(evidence, 2), status: 'unknown', reason: 'NEW_WORD' }],
        }),
      ]),
    }),
  },
  {
    name: 'an anchor whose key the operator denies, under a policy that asks for little else',
    rule: 'T20',
    world: 'google-like',
    policy: 'inspect',
    expects: {
      code: 'ATTESTATION_KEY_DENIED',
      severity: 'reject',
      cert: 4,
      field: 'subjectPublicKeyInfo',
    },
    change: ({ anchors }) => {
      const digest = anchors.anchors[0]?.record.spkiSha256 ?? '';
      return { revocation: denying({ kind: 'attestation-key', digest, reason: 'LEAKED' }) };
    },
  },
  {
    name: 'a boot key whose private half is public',
    rule: 'T37',
    world: 'google-like',
    policy: 'android-hardware',
    expects: {
      code: 'BOOT_KEY_LISTED',
      severity: 'reject',
      cert: 0,
      field: 'hardwareEnforced.rootOfTrust.verifiedBootKey',
    },
    change: (world, evidence) => {
      const { keyDescription } = prove(evidence.chain, world.anchors);
      const digest = keyDescription?.ok ? derivePosture(keyDescription.value, null).boot?.key : '';
      return { revocation: denying({ kind: 'boot-key', digest: digest ?? '', reason: null }) };
    },
  },
  {
    name: 'no releases known where the policy needs one',
    rule: 'T36',
    world: 'enigm-development',
    policy: 'enigm-development',
    expects: { code: 'REGISTRY_NOT_CONFIGURED', severity: 'inconclusive' },
    change: () => ({ registry: null }),
  },
  {
    name: 'a withdrawn release',
    rule: 'T36',
    world: 'enigm-development',
    policy: 'enigm-development',
    expects: {
      code: 'RELEASE_NOT_ALLOWED',
      severity: 'reject',
      cert: 0,
      field: 'hardwareEnforced.rootOfTrust',
    },
    change: (world) => changeReleases(world, () => ({ stage: 'withdrawn' })),
  },
  {
    name: 'a registry that has expired',
    rule: 'T36',
    world: 'enigm-development',
    policy: 'enigm-development',
    expects: { code: 'REGISTRY_EXPIRED', severity: 'inconclusive' },
    change: ({ registry }) => ({
      registry: registry === null ? null : { ...registry, expiresAt: AT },
    }),
  },
  {
    name: 'a boot key that is known as another system’s, without any build',
    rule: 'T36',
    world: 'enigm-development',
    policy: 'enigm-development',
    expects: {
      code: 'RELEASE_KEY_ONLY',
      severity: 'reject',
      cert: 0,
      field: 'hardwareEnforced.rootOfTrust',
    },
    change: (world) => onlySystems(world, ['Verified']),
  },
  {
    name: 'a boot key in a boot state its system never reports',
    rule: 'T36',
    world: 'enigm-development',
    policy: 'enigm-development',
    expects: {
      code: 'RELEASE_BOOT_STATE',
      severity: 'reject',
      cert: 0,
      field: 'hardwareEnforced.rootOfTrust.verifiedBootState',
    },
    change: (world) => changeReleases(world, () => ({ bootStates: ['SelfSigned'] })),
  },
  {
    name: 'another OS version than that of the build',
    rule: 'T36',
    world: 'enigm-development',
    policy: 'enigm-development',
    expects: {
      code: 'RELEASE_OS_VERSION',
      severity: 'reject',
      cert: 0,
      field: 'hardwareEnforced.osVersion',
    },
    change: (world) => changeReleases(world, ({ osVersion }) => ({ osVersion: osVersion + 1 })),
  },
  {
    name: 'a patch level newer than that of the build',
    rule: 'T41',
    world: 'enigm-development',
    policy: 'enigm-development',
    expects: {
      code: 'RELEASE_PATCH_NEWER',
      severity: 'review',
      cert: 0,
      field: 'hardwareEnforced.vendorPatchLevel',
    },
    change: (world) => changeReleases(world, () => ({ vendorPatchLevel: 20260901 })),
  },
  {
    name: 'a limited release on a device of another cohort',
    rule: 'T36',
    world: 'enigm-development',
    policy: 'enigm-development',
    expects: { code: 'RELEASE_COHORT', severity: 'reject', field: 'context.cohort' },
    change: (world) => ({
      ...changeReleases(world, () => ({ stage: 'limited', cohorts: ['early'] })),
      caller: { ...NO_CALLER_CONTEXT, cohort: 'everyone' },
    }),
  },
  {
    name: 'a limited release on a device whose cohort nobody names',
    rule: 'T36',
    world: 'enigm-development',
    policy: 'enigm-development',
    expects: { code: 'RELEASE_COHORT_NOT_GIVEN', severity: 'review', field: 'context.cohort' },
    change: (world) => changeReleases(world, () => ({ stage: 'limited', cohorts: ['early'] })),
  },
  {
    name: 'a patch level below the one seen before',
    rule: 'T41',
    world: 'google-like',
    policy: 'android-hardware',
    expects: {
      code: 'ROLLBACK_BELOW_FLOOR',
      severity: 'reject',
      cert: 0,
      field: 'hardwareEnforced.osPatchLevel',
    },
    change: () => ({ caller: withFloor({ osPatchLevel: 202612 }) }),
  },
  {
    name: 'a patch level that was seen before and is gone',
    rule: 'T41',
    world: 'google-like',
    policy: 'android-hardware',
    key: { defect: 'vendorPatchLevel-missing' },
    expects: {
      code: 'ROLLBACK_LEVEL_LOST',
      severity: 'reject',
      cert: 0,
      field: 'hardwareEnforced.vendorPatchLevel',
    },
    change: () => ({ caller: withFloor({ vendorPatchLevel: 20260105 }) }),
  },
  {
    name: 'an anchor of another owner than the policy’s',
    rule: 'T06',
    world: 'enigm-development',
    policy: 'enigm-development',
    expects: { code: 'ANCHOR_NOT_ALLOWED', severity: 'reject' },
    change: () => ({
      policy: { policy: policyNamed('android-hardware'), digest: '' },
    }),
  },
  {
    name: 'a shape the policy does not admit',
    rule: 'T26',
    world: 'google-like',
    policy: 'android-hardware',
    device: { provisioning: 'factory' },
    expects: { code: 'SHAPE_NOT_ALLOWED', severity: 'reject' },
    change: () => {
      const policy = policyNamed('android-hardware');
      const shape = { severity: 'reject', allowed: ['remote'] } as const;
      return { policy: { policy: { ...policy, rules: { ...policy.rules, shape } }, digest: '' } };
    },
  },
  {
    name: 'an anchor that is for development only',
    rule: 'T07',
    world: 'enigm-development',
    policy: 'enigm-development',
    expects: {
      code: 'ANCHOR_NOT_PRODUCTION',
      severity: 'review',
      field: 'anchor.enigm-development',
    },
    change: () => ({}),
  },
];
