/** A decision that is remembered is the decision that would be made: for every fact it could rest on. */
import { beforeAll, describe, expect, test } from 'vitest';
import { toJsonText } from '../../src/core/base/index.ts';
import { NOTHING_BOUND } from '../../src/core/binding/index.ts';
import { type Deciding, decide, factsOf } from '../../src/core/decide.ts';
import { DecisionMemory } from '../../src/core/decision-memory.ts';
import { type JudgeContext, judge } from '../../src/core/judge.ts';
import type { AuthorizationList, KeyDescription } from '../../src/core/key-description/index.ts';
import { NO_CALLER_CONTEXT, preparePolicy, toSubjectPath } from '../../src/core/policy/index.ts';
import { type ProofMemory, prove } from '../../src/core/prove.ts';
import { toReportText } from '../../src/core/report/index.ts';
import { createMemory } from '../../src/pool/memory.ts';
import { DEFECTS } from '../../src/simulator/index.ts';
import { AT, attest, contextIn, makeWorld, policyNamed, type World } from '../support/world.ts';

const DAY = 86_400_000;
let world: World;
let memory: ProofMemory;
let base: Deciding;
let description: KeyDescription;

beforeAll(async () => {
  world = await makeWorld('enigm-development', 'decisions');
  memory = createMemory();
  const proof = prove(attest(world).chain, world.anchors, memory);
  if (!proof.path.ok || !proof.keyDescription?.ok) throw new Error('not proved');
  description = proof.keyDescription.value;
  const policy = preparePolicy(policyNamed('enigm-development'));
  base = {
    found: [],
    path: toSubjectPath(proof.path.value),
    description,
    provisioningInfo: proof.provisioningInfo,
    evidenceDay: 20_000,
    attestationKeyUse: null,
    revocationStatus: 'good',
    reported: null,
    binding: NOTHING_BOUND,
    caller: NO_CALLER_CONTEXT,
    policy,
    actions: policy.policy.eligibility,
    registry: world.registry,
    registryIsExpired: false,
  };
});

/** What each member may be instead; a member without a line here does not compile. */
function otherwise(): { [Member in keyof Required<Deciding>]: Deciding[Member][] } {
  const path = base.path as NonNullable<Deciding['path']>;
  const said = { ...base.caller };
  const software = description.softwareEnforced;
  const withSoftware = (fields: object): KeyDescription => ({
    ...description,
    softwareEnforced: { ...software, fields: { ...software.fields, ...fields } },
  });
  const at = { cert: 1, offset: 2, field: 'x' };
  const finding = { code: 'EXPIRED', at, expected: 1, got: 2 } as const;
  const found = (changes: object, severity: 'info' | 'review' = 'info') => [
    { finding: { ...finding, ...changes }, severity },
  ];
  return {
    found: [
      found({}),
      found({}, 'review'),
      found({ code: 'NOT_YET_VALID' }),
      found({ at: { ...at, cert: 2 } }),
      found({ at: { ...at, offset: 3 } }),
      found({ at: { ...at, field: 'y' } }),
      found({ expected: 3 }),
      found({ got: 3 }),
      [...found({}), ...found({})],
    ],
    path: [
      null,
      { ...path, anchor: { record: { ...path.anchor.record } } },
      { ...path, layout: { ...path.layout, shape: 'factory' } },
      { ...path, layout: { ...path.layout, provisioning: 'factory' } },
      { ...path, layout: { ...path.layout, attestationAt: 2 } },
      { ...path, certifiedLevel: 'unknown' },
      { ...path, leafOnlyCertifies: !path.leafOnlyCertifies },
      { ...path, leafKey: { algorithm: 'EC', curve: 'P_384', size: 384 } },
      { ...path, leafKey: { algorithm: 'EC', curve: 'P_256', size: 255 } },
      { ...path, leafKey: { algorithm: 'RSA', size: 2048, soundForIssuing: true } },
      { ...path, leafKey: { algorithm: 'RSA', size: 2049, soundForIssuing: true } },
      { ...path, leafKey: { algorithm: 'RSA', size: 2048, soundForIssuing: false } },
      { ...path, leafKey: { algorithm: 'ML-DSA', parameterSet: 'ML-DSA-44' } },
      { ...path, leafKey: { algorithm: 'ML-DSA', parameterSet: 'ML-DSA-65' } },
      { ...path, leafKey: { algorithm: '1.2.3', unknown: true } },
    ],
    description: [
      null,
      { ...description, attestationVersion: 1 },
      { ...description, attestationSecurityLevel: 'Software' },
      { ...description, keyMintVersion: 1 },
      { ...description, keyMintSecurityLevel: 'Software' },
      { ...description, attestationChallenge: new Uint8Array(129) },
      withSoftware({ attestationApplicationId: undefined }),
      withSoftware({ attestationApplicationId: { packages: [], signatureDigests: [] } }),
      withSoftware({ moduleHash: new Uint8Array(32) }),
      withSoftware({ moduleHash: new Uint8Array(32).fill(1) }),
      withSoftware({ allApplications: true }),
      withSoftware({ deviceUniqueAttestation: true }),
      withSoftware({ algorithm: 3 }),
      withSoftware({ keySize: 3 }),
      withSoftware({ ecCurve: 3 }),
      withSoftware({ mlDsaVariant: 3 }),
    ],
    provisioningInfo: [null, { ...base.provisioningInfo } as Deciding['provisioningInfo']],
    evidenceDay: [20_001],
    attestationKeyUse: [0, 7],
    revocationStatus: [null, 'revoked'],
    reported: [{ managedState: 'MANAGED' }],
    binding: [
      { ...NOTHING_BOUND, challenge: 'bound' },
      { ...NOTHING_BOUND, publicKey: 'bound' },
      { ...NOTHING_BOUND, handle: 'mismatch' },
    ],
    caller: [
      { ...said, lifecycle: 'active' },
      { ...said, enrolled: true },
      { ...said, channel: 'stable' },
      { ...said, cohort: 'early' },
      { ...said, action: 'enrol' },
      { ...said, floors: [{ source: 'caller', levels: { osVersion: 1 } }] },
    ],
    policy: [preparePolicy(policyNamed('android-hardware'))],
    actions: [undefined],
    registry: [null],
    registryIsExpired: [true],
  };
}

test('every fact that may decide tells decisions apart', () => {
  const all = Object.entries(otherwise()).flatMap(([member, values]) =>
    (values as unknown[]).map((value) => factsOf({ ...base, [member]: value })),
  );
  const facts = [factsOf(base), ...all];
  for (const [index, each] of facts.entries()) {
    for (const other of facts.slice(index + 1)) {
      const isSame = each.length === other.length && each.every((fact, at) => fact === other[at]);
      expect(isSame).toBe(false);
    }
  }
});

test('what is of one key alone is no fact: the same decision, and no text of its own', () => {
  const again: Deciding = {
    ...base,
    caller: { ...NO_CALLER_CONTEXT, handle: 'another' } as Deciding['caller'],
    description: { ...description, uniqueId: new Uint8Array(4) } as Deciding['description'],
  };
  expect(decide(again)).toBe(decide(base));
});

test('a decision that others get too cannot be changed', () => {
  const decision = decide(base);
  expect(() => {
    (decision as { outcome: string }).outcome = 'accept';
  }).toThrow(TypeError);
  expect(() => (decision.layers as unknown[]).pop()).toThrow(TypeError);
  const [layer] = decision.layers;
  expect(() => Object.assign(layer as object, { state: 'satisfied' })).toThrow(TypeError);
});

test('a decision on a list of one record alone is made anew', () => {
  const { shared: _, ...own } = description.hardwareEnforced;
  const deciding = { ...base, description: { ...description, hardwareEnforced: own } };
  expect(decide(deciding)).not.toBe(decide(deciding));
  expect(decide(deciding)).toEqual(decide(base));
});

test('the memory forgets the oldest first', () => {
  const decisions = new DecisionMemory<number>(2);
  const [list, other] = [{}, {}] as AuthorizationList[] as [AuthorizationList, AuthorizationList];
  let made = 0;
  const ask = (of: AuthorizationList, fact: unknown): number =>
    decisions.recall(of, [fact], () => {
      made += 1;
      return made;
    });
  expect([ask(list, 1), ask(list, 1), ask(other, 1), ask(list, 1)]).toEqual([1, 1, 2, 1]);
  expect([ask(list, 2), ask(other, 1), ask(list, 1)]).toEqual([3, 2, 4]);
});

describe('every defect and quirk, with and without memory, says the same', () => {
  const POLICIES = ['enigm-development', 'enigm-production', 'android-hardware', 'inspect'];
  const CHANGES: Record<string, Partial<JudgeContext>> = {
    'as it is': {},
    'a year later': { evidenceTime: AT + 365 * DAY, appraisedAt: AT + 365 * DAY },
    'lists not checked': { revocation: 'waived' },
    'no releases': { registry: null },
    'another challenge': { challenge: { kind: 'given', bytes: new Uint8Array(16) } },
    'a caller who knows more': {
      caller: {
        ...NO_CALLER_CONTEXT,
        lifecycle: 'suspended',
        floors: [{ source: 'caller', levels: { osVersion: 990_000 } }],
      },
    },
    'a busy attestation key': { attestationKeyUse: 5_000_000 },
  };

  test.each(POLICIES)('%s', (policy) => {
    for (const defect of DEFECTS) {
      const evidence = attest(world, defect.device, { ...defect.attest, defect: defect.name });
      const plain = prove(evidence.chain, world.anchors);
      // Through the same memory: as seen first, and as found again.
      const first = prove(evidence.chain, world.anchors, memory);
      const again = prove(evidence.chain, world.anchors, memory);
      for (const [name, change] of Object.entries(CHANGES)) {
        const context = { ...contextIn(world, policy, evidence), ...change };
        const expected = judge(plain, context);
        const report = judge(first, context);
        const text = toJsonText(expected);
        const said = [
          JSON.stringify(report),
          toReportText(report, first.parts),
          toReportText(judge(again, context), again.parts),
        ];
        expect(said, `${defect.name} ${name}`).toEqual([JSON.stringify(expected), text, text]);
      }
    }
  });
});
