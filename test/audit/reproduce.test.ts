/** Deriving again: whatever a request had, and what stands in the way. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { KeptState } from '../../src/audit/in-force.ts';
import { reproduce } from '../../src/audit/reproduce.ts';
import type { ChallengeClaim, IssuedChallenge } from '../../src/core/binding/index.ts';
import type { JudgeContext } from '../../src/core/judge.ts';
import { BUILTIN_POLICIES, preparePolicy } from '../../src/core/policy/index.ts';
import type { VerifyRequest } from '../../src/request/index.ts';
import { type Evidence, signStatement } from '../../src/simulator/index.ts';
import { post, serve } from '../support/service.ts';
import { newFolder, attest as run } from '../support/terminal.ts';
import {
  AT,
  attest,
  makeWorld,
  makeWorldOfNow,
  policyNamed,
  reportOn,
  type World,
} from '../support/world.ts';

let world: World;
let evidence: Evidence;
let state: KeptState;

/** Wants challenges of the service. */
const STRICT = { ...policyNamed('enigm-development'), id: 'strict', challenge: 'service' as const };

beforeAll(async () => {
  world = await makeWorld('enigm-development');
  evidence = attest(world);
  const policies = [...BUILTIN_POLICIES, STRICT].map(
    (each) => [each.id, preparePolicy(each)] as const,
  );
  const { anchors, registry, revocation } = world;
  const rest = { environment: 'development', defaultPolicy: 'inspect', statementApps: [] } as const;
  state = { trust: { ...rest, anchors, registry, policies: new Map(policies) }, revocation };
});

function requestOf(more: Partial<VerifyRequest> = {}): VerifyRequest {
  return {
    chain: evidence.chain,
    chainTexts: null,
    challenge: evidence.challenge,
    policy: null,
    publicKey: null,
    statement: null,
    context: {},
    result: 'report',
    audience: null,
    enrol: false,
    enrolmentRecord: null,
    ...more,
  };
}

const UNNAMED = {
  handle: 'unnamed',
  enrolment: 'unnamed',
  action: 'unnamed',
  requestDigest: 'unnamed',
  transport: 'unnamed',
} as const;

const issued = (more: Partial<IssuedChallenge> = {}, bytes?: Uint8Array): ChallengeClaim => ({
  kind: 'issued',
  bytes: bytes ?? evidence.challenge,
  issued: {
    issuedAt: AT - 1000,
    expiresAt: AT + 1000,
    isOfCaller: true,
    context: UNNAMED,
    mark: 'free',
    ...more,
  },
});

const CONTEXT = { handle: 'one', action: 'two' };
const OTHER = Uint8Array.of(1, 2, 3);
const given = (bytes: Uint8Array) => ({ challenge: { kind: 'given' as const, bytes } });

type Case = () => [Partial<JudgeContext>, Partial<VerifyRequest>];
const CASES: Readonly<Record<string, Case>> = {
  'the caller’s challenge': () => [{}, {}],
  'another challenge': () => [given(OTHER), { challenge: OTHER }],
  'no challenge': () => [{ challenge: { kind: 'absent' } }, { challenge: null }],
  'a challenge that was waived': () => [{ challenge: { kind: 'waived' } }, { challenge: null }],
  'a challenge that was not kept': () => [
    { challenge: { kind: 'unrecorded' } },
    { challenge: null },
  ],
  'a forged one': () => [{ challenge: { kind: 'forged', bytes: OTHER } }, { challenge: OTHER }],
  'an issued one': () => [{ challenge: issued() }, {}],
  'an expired one': () => [{ challenge: issued({ expiresAt: AT }) }, {}],
  'one of another caller': () => [{ challenge: issued({ isOfCaller: false }) }, {}],
  'a used one': () => [{ challenge: issued({ mark: 'used' }) }, {}],
  'one whose mark is lost': () => [{ challenge: issued({ mark: 'lost' }) }, {}],
  'one whose mark cannot be taken': () => [{ challenge: issued({ mark: 'unavailable' }) }, {}],
  'one for another handle': () => [
    {
      challenge: issued({ context: { ...UNNAMED, handle: 'broken', action: 'held' } }),
      context: CONTEXT,
    },
    { context: CONTEXT },
  ],
  'one for a request that is not named': () => [
    { challenge: issued({ context: { ...UNNAMED, requestDigest: 'omitted' } }) },
    {},
  ],
  'an issued one in place of another': () => [
    { challenge: issued({}, OTHER), context: CONTEXT },
    { challenge: OTHER, context: CONTEXT },
  ],
  'a context that nothing stands for': () => [{ context: CONTEXT }, { context: CONTEXT }],
  'another key': () => [{ publicKey: OTHER }, { publicKey: OTHER }],
  'a statement': () => {
    const statement = signStatement(evidence, { at: AT });
    return [{ statement }, { statement }];
  },
  'a record that was refused': () => [
    { enrolment: { kind: 'refused', reason: 'TOKEN_EXPIRED' } },
    { enrolmentRecord: 'a.b.c' },
  ],
  'a record of another device': () => {
    const device = {
      key: 'aa',
      securityLevel: 'StrongBox',
      bootKey: 'bb',
      patchFloor: { osPatchLevel: 20990101, vendorPatchLevel: null, bootPatchLevel: null },
      signers: [],
    };
    const payload = Buffer.from(JSON.stringify({ device })).toString('base64url');
    return [
      { enrolment: { kind: 'verified', device, handleFits: false } },
      { enrolmentRecord: `a.${payload}.c` },
    ];
  },
  'no revocation': () => [{ revocation: 'waived' }, {}],
  'an attestation key of many keys': () => [{ attestationKeyUse: 1_000_000 }, {}],
};

test.each(
  Object.keys(CASES).flatMap((name) =>
    ['enigm-development', 'inspect', 'strict'].map((policy) => [name, policy] as const),
  ),
)('%s, under %s, comes out the same', (name, policy) => {
  const [changes, request] = (CASES[name] as Case)();
  const report = reportOn(world, evidence, policy === 'strict' ? STRICT : policy, changes);
  const stored = JSON.parse(JSON.stringify(report));
  expect(reproduce(stored, requestOf(request), state).differences).toEqual([]);
});

test.each([
  ['bound', {}],
  ['mismatch', given(OTHER)],
  ['with another key', { publicKey: OTHER }],
  ['with a context', { context: CONTEXT }],
])('a chain alone will do for a challenge: %s', (_name, changes) => {
  const stored = reportOn(world, evidence, 'enigm-development', changes);
  const made = reproduce(stored, requestOf({ challenge: null }), state);
  expect(made.differences).toEqual([]);
  expect(made.takenFromReport.length).toBeGreaterThan(0);
});

test('a report that was changed, or is on other evidence, is named member by member', () => {
  const stored = reportOn(world, evidence, 'enigm-development');
  const changed = { ...stored, trustState: 'PROTECTED' as const, rollback: null as never };
  expect(reproduce(changed, requestOf(), state).differences).toEqual(['trustState', 'rollback']);
  const { outcome, ...rest } = stored;
  const moved = { ...rest, outcome };
  expect(reproduce(moved, requestOf(), state).differences).toEqual(['order of members']);
  const other = requestOf({ chain: attest(world).chain });
  expect(reproduce(stored, other, state).differences).toContain('evidenceDigest');
});

test('the command says what differs, what the archive lacks, and what it cannot read', async () => {
  const [audit, folder] = [newFolder(), mkdtempSync(path.join(tmpdir(), 'enigm-attest-'))];
  const service = await serve({ audit });
  const now = await makeWorldOfNow('enigm-development', 'reproduce');
  const { chain } = attest(now);
  const request = JSON.stringify({
    chain: chain.map((der) => Buffer.from(der).toString('base64')),
    policy: 'inspect',
  });
  const { answer } = await post(`${service.url}/v1/verify`, request);
  await service.close();
  const write = (name: string, document: unknown): string => {
    writeFileSync(path.join(folder, name), JSON.stringify(document));
    return name;
  };
  write('request', JSON.parse(request));
  const reproduced = async (report: unknown, ...more: readonly string[]) => {
    const args = ['reproduce', write('report', report), '--chain', 'request', '--audit', audit];
    const { exitCode, out, err } = await run([...args, ...more], { folder });
    return [exitCode, out + err];
  };
  expect((await reproduced(answer))[0]).toBe(0);
  expect(await reproduced({ ...answer, outcome: 'reject' })).toEqual([
    1,
    expect.stringContaining('\n  outcome\n'),
  ]);
  const [code, json] = await reproduced(answer, '--format', 'json');
  expect([code, JSON.parse(json as string)]).toMatchObject([
    0,
    { reproduced: true, differences: [] },
  ]);
  const policy = { ...(answer['policy'] as object), digest: '0'.repeat(64) };
  expect(await reproduced({ ...answer, policy })).toEqual([
    2,
    expect.stringContaining('has no state with policy inspect'),
  ]);
  expect(await reproduced({})).toEqual([65, expect.stringContaining('is no report')]);
  expect((await reproduced(answer, '--chain', 'none'))[0]).toBe(65);
  expect((await reproduced(answer, '--audit', folder))[0]).toBe(65);
});
