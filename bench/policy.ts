/**
 * What a full production policy costs: `judge` alone, on the same proofs, under `android-hardware` and
 * under a policy that asks every rule of the format and is satisfied. Sixty devices of three releases take
 * turns, without a caller who names an action and with one who names another each time, so that nothing
 * kept of the device before answers for the next. Once as the service does it, where devices of one build
 * share their decisions, and once with nothing remembered. Slices alternate, so that a machine that drifts does not
 * decide; what counts is the median of the differences.
 */
import { writeFileSync } from 'node:fs';
import { type JudgeContext, judge } from '../src/core/judge.ts';
import {
  ACTIONS,
  type CallerContext,
  NO_CALLER_CONTEXT,
  type Policy,
  preparePolicy,
} from '../src/core/policy/index.ts';
import { type Proof, prove } from '../src/core/prove.ts';
import { createMemory } from '../src/pool/memory.ts';
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
import { newCommand, parseCount } from './command-line.ts';
import { describeMachine, median } from './measure.ts';

interface Options {
  readonly rounds: number;
  readonly calls: number;
  readonly json?: string;
}

const values = newCommand(
  'npm run bench:policy --',
  'What a policy that asks every rule costs, against android-hardware.',
)
  .option('--rounds <N>', 'of both in turn', parseCount, 41)
  .option('--calls <N>', 'in each', parseCount, 5000)
  .option('--json <FILE>', 'writes the figures there')
  .parse()
  .opts<Options>();
const ROUNDS = values.rounds;
const CALLS = values.calls;
const DEVICES = 60;
const RELEASES = 3;
const LIMIT_US = 3;

const world = await makeWorld('google-like', 'bench');
const builds = Array.from(
  { length: RELEASES },
  (_, at): Build => variantOf(world.simulator.options.builds[0] as Build, at),
);
const digest = new Uint8Array(32).fill(0xa1);
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The same phone under another release: another boot key and digest. */
function variantOf(build: Build, at: number): Build {
  const other = (bytes: Build['vbmetaDigest']): Build['vbmetaDigest'] =>
    bytes.with(0, ((bytes[0] as number) + at) & 0xff);
  return {
    ...build,
    name: `${build.name} ${at}`,
    verifiedBootKey: other(build.verifiedBootKey),
    vbmetaDigest: other(build.vbmetaDigest),
  };
}

/** Devices with everything that a production policy can ask for. */
const fleet = Array.from({ length: DEVICES }, (_, made) =>
  attest(
    world,
    { build: builds[made % RELEASES] as Build, level: 'StrongBox' },
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
  ),
);

const base = policyNamed('enigm-production');
const bootKeys = builds.map(({ verifiedBootKey }) => toHex(verifiedBootKey));
const { manufacturer, model } = builds[0] as Build;
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
    bootKeyAllowed: { severity: 'reject', keys: bootKeys, releases: [] },
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
      expected: { Manufacturer: [manufacturer], Model: [model] },
    },
    osVersion: { severity: 'reject', minimum: 150000 },
    moduleHash: { severity: 'reject', allowed: [toHex(digest)] },
    patchLevels: { os: partition, vendor: partition, boot: partition },
  },
};

const releases = builds.map((build, at) => ({
  ...build,
  channel: 'bench',
  environment: 'production' as const,
  stage: 'stable' as const,
  models: [build.model],
  verifiedBootKeys: [toHex(build.verifiedBootKey)],
  vbmetaDigests: [toHex(build.vbmetaDigest)],
  cohorts: [],
  bootStates: ['Verified' as const],
  releasedOn: `2026-0${8 + at}-01`,
}));
const registry = {
  id: 'bench',
  name: 'bench',
  sequence: 1,
  issuedAt: AT - 1,
  expiresAt: AT + 1,
  signedBy: null,
  releases,
  systems: [],
};

/** As a worker proves them: records of one build share their hardware list, and so their decisions. */
const memory = createMemory();
const shared = fleet.map(({ chain }) => prove(chain, world.anchors, memory));
/** As devices nobody has seen the like of: every rule is evaluated each time. */
const alone = fleet.map(({ chain }) => prove(chain, world.anchors));

/** Judges the devices in turn; in each turn a device meets another of the callers. */
function judgeBy(
  policy: Policy,
  callers: readonly CallerContext[],
  proofs: readonly Proof[],
): (call: number) => void {
  const prepared = preparePolicy(parsePolicy(JSON.stringify(policy), policy.id, AT));
  const contexts = callers.map((caller) =>
    fleet.map((evidence): JudgeContext => {
      const common = contextIn(world, policy, evidence);
      return { ...common, policy: prepared, registry, caller };
    }),
  );
  return (call) => {
    const device = call % DEVICES;
    const caller = (call + Math.floor(call / DEVICES)) % callers.length;
    const context = contexts[caller]?.[device] as JudgeContext;
    const { outcome, findings } = judge(proofs[device] as Proof, context);
    if (outcome !== 'accept') throw new Error(findings.map(({ code }) => code).join());
  };
}

/** Microseconds a call. */
function costOf(work: (call: number) => void): number {
  const started = performance.now();
  for (let call = 0; call < CALLS; call += 1) work(call);
  return ((performance.now() - started) * 1000) / CALLS;
}

function compare(name: string, callers: readonly CallerContext[], proofs: readonly Proof[]): Cost {
  const hardware = judgeBy(policyNamed('android-hardware'), callers, proofs);
  const production = judgeBy(full, callers, proofs);
  for (let warm = 0; warm < 3; warm += 1) for (const work of [hardware, production]) costOf(work);
  const rounds = Array.from(
    { length: ROUNDS },
    () => [costOf(hardware), costOf(production)] as const,
  );
  return {
    name,
    hardwareUs: median(rounds.map(([before]) => before)),
    productionUs: median(rounds.map(([, after]) => after)),
    differenceUs: median(rounds.map(([before, after]) => after - before)),
  };
}

interface Cost {
  readonly name: string;
  readonly hardwareUs: number;
  readonly productionUs: number;
  readonly differenceUs: number;
}

const machine = describeMachine();
const NO_ACTION = [NO_CALLER_CONTEXT];
const EVERY_ACTION = ACTIONS.map((action) => ({ ...NO_CALLER_CONTEXT, action }));
const costs = [
  compare('no action named', NO_ACTION, shared),
  compare('another action each time', EVERY_ACTION, shared),
  compare('no action named, nothing remembered', NO_ACTION, alone),
  compare('another action each time, nothing remembered', EVERY_ACTION, alone),
];
console.log(
  `${machine.cpu}, Node ${machine.node}; judge, ${DEVICES} devices of ${RELEASES} releases in turn`,
);
for (const { name, hardwareUs, productionUs, differenceUs } of costs) {
  console.log(
    `${name}: android-hardware ${hardwareUs.toFixed(2)} µs, full production policy ${productionUs.toFixed(2)} µs, difference ${differenceUs.toFixed(2)} µs (at most ${LIMIT_US})`,
  );
}
if (values.json !== undefined) {
  writeFileSync(values.json, `${JSON.stringify({ machine, costs }, null, 2)}\n`);
}
