/**
 * What a full production policy costs: `judge` alone, on the same proof, under `android-hardware` and
 * under a policy that asks every rule of the format and is satisfied. Slices alternate, so that a machine
 * that drifts does not decide; what counts is the median of the differences.
 */
import { cpus } from 'node:os';
import { type JudgeContext, judge } from '../src/core/judge.ts';
import { type Policy, preparePolicy } from '../src/core/policy/index.ts';
import { prove } from '../src/core/prove.ts';
import type { Build } from '../src/simulator/index.ts';
import {
  applicationIdField,
  type Description,
  integerField,
  nullField,
  octetsField,
  TAG,
  withField,
  withoutField,
} from '../src/simulator/key-description.ts';
import { change } from '../src/simulator/plan.ts';
import { parsePolicy } from '../src/sources/policies.ts';
import { AT, attest, contextIn, makeWorld, policyNamed } from '../test/support/world.ts';

const ROUNDS = 41;
const CALLS = 5_000;
const LIMIT_US = 3;

const world = await makeWorld('google-like', 'bench');
const build = world.simulator.options.builds[0] as Build;
const digest = new Uint8Array(32).fill(0xa1);
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** A key with everything that a production policy can ask for. */
const evidence = attest(
  world,
  { build, level: 'StrongBox' },
  {
    defect: {
      apply: (plan) => {
        const description = structuredClone(plan.certificates[0]?.description) as Description;
        let hardware = withoutField(description.hardwareEnforced, TAG.noAuthRequired);
        hardware = withField(hardware, integerField(TAG.userAuthType, 2));
        description.hardwareEnforced = withField(hardware, nullField(303));
        const app = applicationIdField([{ name: 'com.example.app', version: 7 }], [digest]);
        const software = withField(description.softwareEnforced, app);
        description.softwareEnforced = withField(software, octetsField(TAG.moduleHash, digest));
        change(plan, 0, { description });
      },
    },
  },
);

const base = policyNamed('enigm-production');
const bootKey = toHex(build.verifiedBootKey);
const partition = {
  missing: 'reject',
  malformed: 'reject',
  tooOld: { severity: 'reject', months: 12 },
  floor: { severity: 'reject', level: 202601 },
  future: { severity: 'reject', months: 1 },
} as const;
const full: Policy = {
  ...base,
  id: 'full-production',
  challenge: 'caller',
  rules: {
    ...base.rules,
    provisioning: { severity: 'reject', allowed: ['remote'] },
    securityLevel: { severity: 'reject', minimum: 'StrongBox' },
    bootKeyDenied: {
      severity: 'reject',
      keys: Array.from({ length: 50 }, (_, at) => at.toString(16).padStart(64, '0')),
    },
    bootKeyAllowed: { severity: 'reject', keys: [bootKey], releases: [] },
    keyPurpose: { severity: 'reject', allowed: ['SIGN', 'VERIFY'], denied: ['ATTEST_KEY'] },
    keyAlgorithm: { severity: 'reject', allowed: ['EC'] },
    keySize: { severity: 'reject', curves: ['P_256', 'P_384'], minimumRsaBits: 3072 },
    userAuthRequired: { severity: 'reject', factor: 'biometric', use: 'each' },
    rollbackResistance: { severity: 'reject' },
    application: {
      severity: 'reject',
      allowed: [
        {
          packages: [{ name: 'com.example.app', minimumVersion: 7 }],
          signerDigests: [toHex(digest)],
        },
      ],
    },
    deviceIds: {
      severity: 'reject',
      expected: { Manufacturer: [build.manufacturer], Model: [build.model] },
    },
    osVersion: { severity: 'reject', minimum: 150000 },
    moduleHash: { severity: 'reject', allowed: [toHex(digest)] },
    patchLevels: { os: partition, vendor: partition, boot: partition },
  },
};

const release = {
  ...build,
  channel: 'bench',
  environment: 'production',
  stage: 'stable',
  models: [build.model],
  verifiedBootKeys: [bootKey],
  vbmetaDigests: [toHex(build.vbmetaDigest)],
  cohorts: [],
  bootStates: ['Verified'],
  releasedOn: '2026-11-01',
} as const;
const registry = {
  id: 'bench',
  name: 'bench',
  sequence: 1,
  issuedAt: AT - 1,
  expiresAt: AT + 1,
  signedBy: null,
  releases: [release],
  systems: [],
};
const proof = prove(evidence.chain, world.anchors);

function judgeBy(policy: Policy): () => void {
  const prepared = preparePolicy(parsePolicy(JSON.stringify(policy), policy.id, AT));
  const common = contextIn(world, policy, evidence);
  const context: JudgeContext = { ...common, policy: prepared, registry };
  const { outcome, findings } = judge(proof, context);
  if (outcome !== 'accept') throw new Error(findings.map(({ code }) => code).join());
  return () => {
    if (judge(proof, context).outcome !== 'accept') throw new Error('no accept');
  };
}

/** Microseconds a call. */
function costOf(work: () => void): number {
  const started = performance.now();
  for (let call = 0; call < CALLS; call += 1) work();
  return ((performance.now() - started) * 1000) / CALLS;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

const [hardware, production] = [judgeBy(policyNamed('android-hardware')), judgeBy(full)];
for (let warm = 0; warm < 3; warm += 1) for (const work of [hardware, production]) costOf(work);
const rounds = Array.from(
  { length: ROUNDS },
  () => [costOf(hardware), costOf(production)] as const,
);
const difference = median(rounds.map(([before, after]) => after - before));
console.log(`${cpus()[0]?.model}, Node ${process.version}`);
console.log(
  `judge: android-hardware ${median(rounds.map(([before]) => before)).toFixed(2)} µs, full production policy ${median(rounds.map(([, after]) => after)).toFixed(2)} µs, difference ${difference.toFixed(2)} µs (at most ${LIMIT_US})`,
);
