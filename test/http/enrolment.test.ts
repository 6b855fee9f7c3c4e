/** Enrol, then come back: everything from the record alone, over HTTP. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Report } from '../../src/core/report/index.ts';
import { openSigner } from '../../src/results/index.ts';
import type { Evidence } from '../../src/simulator/index.ts';
import { post, type RunningService, serve } from '../support/service.ts';
import { attest, makeWorldOfNow, type World } from '../support/world.ts';

let service: RunningService;
let world: World;
let evidence: Evidence;
let record: string;
const folder = mkdtempSync(path.join(tmpdir(), 'enrolment-'));
const HANDLE = { context: { handle: 'zulu-harbour' } };

type Answered = Report & { token?: string; enrolmentRecord?: string };

async function verify(sent: Evidence, members: object): Promise<Answered> {
  const body = JSON.stringify({
    chain: sent.chain.map((der) => Buffer.from(der).toString('base64')),
    challenge: Buffer.from(sent.challenge).toString('base64url'),
    policy: 'enigm-development',
    ...members,
  });
  const { status, answer } = await post(`${service.url}/v1/verify`, body);
  expect(status, JSON.stringify(answer)).toBe(200);
  return answer as never;
}

const continuityOf = ({ findings }: Answered) =>
  findings.map(({ code }) => code).filter((code) => code.startsWith('ENROLMENT_'));

beforeAll(async () => {
  service = await serve({ state: folder });
  world = await makeWorldOfNow('enigm-development', 'enrolment');
  evidence = attest(world);
  record = (await verify(evidence, { enrol: true, ...HANDLE })).enrolmentRecord as string;
});

afterAll(async () => {
  await service.close();
  rmSync(folder, { recursive: true });
});

/** The record with its device changed, signed by the same service. */
async function recordOf(device: object, claims: object = {}): Promise<string> {
  const signer = openSigner({ environment: 'development', resultKeys: [], state: folder });
  const was = decodeJwt(record);
  const changed = { ...was, ...claims, device: { ...(was['device'] as object), ...device } };
  return (await signer?.signDocument('enrolment', changed)) as string;
}

test('a record names the device by nothing but its key', () => {
  const claims = decodeJwt(record);
  expect(Object.keys(claims).sort()).toEqual([
    'aud',
    'device',
    'environment',
    'exp',
    'handleHmac',
    'iat',
    'iss',
  ]);
  expect(JSON.stringify(claims)).not.toMatch(/zulu|harbour/);
});

test('only an accept is enrolled', async () => {
  const wrong = { ...evidence, challenge: new Uint8Array(32) };
  const report = await verify(wrong, { enrol: true, result: 'both' });
  expect(report.outcome).toBe('reject');
  expect(report).not.toHaveProperty('enrolmentRecord');
  expect(report).toHaveProperty('noEnrolmentRecord', 'NOT_ACCEPTED');
  const bare = await verify(wrong, { enrol: true, result: 'token' });
  expect(Object.keys(bare)).toEqual(['outcome', 'codes', 'noEnrolmentRecord', 'token']);
  // Accepted, and nothing says that it is fresh.
  const chain = evidence.chain.map((der) => Buffer.from(der).toString('base64'));
  const stale = JSON.stringify({ chain, enrol: true, policy: 'inspect' });
  const { answer } = await post(`${service.url}/v1/verify`, stale);
  expect(answer).toMatchObject({ outcome: 'accept', noEnrolmentRecord: 'CHALLENGE_NOT_BOUND' });
  expect(report.token).toBeTypeOf('string');
  const token = await verify(evidence, { enrol: true, result: 'token', ...HANDLE });
  expect(Object.keys(token)).toEqual(['outcome', 'codes', 'token', 'enrolmentRecord']);
});

test.each([
  ['the same key', async () => record, []],
  ['another key', async () => recordOf({ key: '00'.repeat(32) }), ['ENROLMENT_KEY_CHANGED']],
  [
    'an older patch level',
    async () =>
      recordOf({
        patchFloor: { osPatchLevel: 20_991_200, vendorPatchLevel: null, bootPatchLevel: null },
      }),
    ['ENROLMENT_PATCH_ROLLBACK'],
  ],
  [
    'another boot-key family',
    async () => recordOf({ bootKey: '00'.repeat(32) }),
    ['ENROLMENT_BOOT_KEY_CHANGED'],
  ],
  [
    'a lower security level',
    async () => recordOf({ securityLevel: 'StrongBox' }),
    ['ENROLMENT_LEVEL_LOWER'],
  ],
  ['an expired record', async () => recordOf({}, { exp: 1 }), ['ENROLMENT_RECORD_INVALID']],
  [
    'a record of another issuer',
    async () => recordOf({}, { iss: 'x' }),
    ['ENROLMENT_RECORD_INVALID'],
  ],
  [
    'a record of another environment',
    async () => recordOf({}, { environment: 'production' }),
    ['ENROLMENT_RECORD_INVALID'],
  ],
  ['a record with more in it', async () => recordOf({ name: 'x' }), ['ENROLMENT_RECORD_INVALID']],
  ['no record at all', async () => 'rubbish', ['ENROLMENT_RECORD_INVALID']],
  [
    'a record with a broken handle',
    async () => recordOf({}, { handleHmac: 7 }),
    ['ENROLMENT_HANDLE_MISMATCH'],
  ],
])('return with %s', async (_what, made, codes) => {
  const report = await verify(evidence, { enrolmentRecord: await made(), ...HANDLE });
  expect(continuityOf(report)).toEqual(codes);
  expect(report.outcome).toBe(
    codes.length === 0 || codes[0] === 'ENROLMENT_KEY_CHANGED' ? 'accept' : 'reject',
  );
});

test('a record belongs to its handle', async () => {
  const other = { context: { handle: 'another' } };
  for (const members of [other, {}]) {
    const report = await verify(evidence, { enrolmentRecord: record, ...members });
    expect(continuityOf(report)).toEqual(['ENROLMENT_HANDLE_MISMATCH']);
  }
  const free = await recordOf({}, { handleHmac: null });
  expect(continuityOf(await verify(evidence, { enrolmentRecord: free }))).toEqual([]);
});

test('an EAR is no record', async () => {
  const { token } = await verify(evidence, { result: 'both' });
  const report = await verify(evidence, { enrolmentRecord: token, ...HANDLE });
  const invalid = report.findings.find(({ code }) => code === 'ENROLMENT_RECORD_INVALID');
  expect(invalid?.got).toBe('TOKEN_TYPE');
});
