/** Statements: whose they are, what they prove, and where what they say counts. */
import { createPublicKey, sign } from 'node:crypto';
import fc from 'fast-check';
import { compactVerify } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import type { JudgeContext } from '../../src/core/judge.ts';
import type { Report } from '../../src/core/report/index.ts';
import { compileSnapshot } from '../../src/core/revocation/index.ts';
import {
  type AttestOptions,
  type DeviceOptions,
  type Evidence,
  SOUND_FIELDS,
  type StatementOptions,
  signStatement,
} from '../../src/simulator/index.ts';
import {
  applicationIdField,
  type Description,
  setField,
  TAG,
  withField,
  withoutField,
} from '../../src/simulator/key-description.ts';
import { type ChainPlan, certificateAt, change, changeParts } from '../../src/simulator/plan.ts';
import { SeededRandom } from '../../src/simulator/random.ts';
import { AT, attest, decidingCodes, makeWorld, reportOn, type World } from '../support/world.ts';

let world: World;

beforeAll(async () => {
  world = await makeWorld('enigm-development');
});

const SIGNER = Buffer.from(new SeededRandom('org.enigm.demo').bytes(32)).toString('hex');
const APP = { package: 'org.enigm.demo', signerSha256: SIGNER };

function reportWith(
  evidence: Evidence,
  statement: string,
  changes: Partial<JudgeContext> = {},
  policy = 'enigm-development',
): Report {
  return reportOn(world, evidence, policy, {
    statement,
    statementApps: [APP],
    ...changes,
  });
}

function layersOf(report: Report): Record<string, string> {
  return Object.fromEntries(report.layers.map(({ layer, state }) => [layer, state]));
}

const ABOUT_STATEMENTS = ['network-policy', 'trust-security-center', 'update-management'] as const;

const sound = (evidence: Evidence, options: Partial<StatementOptions> = {}) =>
  signStatement(evidence, { at: AT, ...options });

describe('a statement by the attested key', () => {
  test('proves possession and lands in its layers', () => {
    const evidence = attest(world);
    const report = reportWith(evidence, sound(evidence));
    expect(decidingCodes(report)).toEqual([]);
    expect(report.binding.keyPossession).toBe('bound');
    expect(report.statement).toEqual({ fields: SOUND_FIELDS, counts: true });
    const inputs = Object.fromEntries(report.trustInputs.map(({ input, state }) => [input, state]));
    expect(inputs).toMatchObject({
      'security-service-state': 'satisfied',
      'managed-device': 'satisfied',
      'trust-security-center': 'satisfied',
    });
    for (const layer of report.layers.filter(({ layer: id }) =>
      ABOUT_STATEMENTS.includes(id as never),
    )) {
      expect(layer.state).toBe('satisfied');
      expect(layer.basis).toContain('reported by the device, bound to its key');
    }
  });

  test('says what is out of order', () => {
    const evidence = attest(world);
    const fields = {
      networkPolicy: 'PARTIAL',
      trustSecurityCenter: 'PROTECTED',
      securityService: 'DEGRADED',
      updateState: 'FAILED',
    };
    expect(layersOf(reportWith(evidence, sound(evidence, { fields })))).toMatchObject({
      'network-policy': 'degraded',
      'trust-security-center': 'degraded',
      'update-management': 'degraded',
    });
  });

  test('settles no layer with facts that are neither good nor bad, or with nothing', () => {
    const evidence = attest(world);
    const fields = { privacyMode: 'ON', managedState: 'UNMANAGED' };
    const open = reportWith(evidence, sound(evidence, { fields }));
    expect(open.statement).toEqual({ fields, counts: true });
    expect(layersOf(open)).toMatchObject({
      'network-policy': 'not_evidenced',
      'trust-security-center': 'not_evidenced',
    });
    const bare = reportWith(evidence, sound(evidence, { fields: {} }), { statementApps: [] });
    expect(bare.binding.keyPossession).toBe('bound');
    expect(bare.statement).toEqual({ fields: {}, counts: false });
    expect(bare.findings.map(({ code }) => code)).not.toContain('STATEMENT_NOT_MEANINGFUL');
  });

  test('says of updates what no release is known for', () => {
    const evidence = attest(world);
    const report = reportWith(evidence, sound(evidence), { registry: null });
    expect(layersOf(report)['update-management']).toBe('satisfied');
  });

  test('without a checked challenge proves nothing', () => {
    const evidence = attest(world);
    const report = reportWith(evidence, sound(evidence), { challenge: { kind: 'absent' } });
    expect(report.binding.keyPossession).toBe('not_checked');
    expect(report.statement).toEqual({ fields: SOUND_FIELDS, counts: false });
    expect(layersOf(report)['network-policy']).toBe('not_evidenced');
  });

  test('is not looked at without a verified path, a record, or a statement', () => {
    const broken = attest(world, {}, { defect: 'leaf-signature' });
    const report = reportWith(broken, sound(broken));
    expect([report.statement, report.binding.keyPossession]).toEqual([null, 'not_checked']);
    const unreadable = attest(world, {}, { defect: 'description-nine-elements' });
    expect(reportWith(unreadable, sound(unreadable)).statement).toBeNull();
    expect(reportOn(world, attest(world), 'enigm-development').statement).toBeNull();
  });
});

type Case = readonly [string, Partial<DeviceOptions>, AttestOptions, Partial<JudgeContext>, string];

test.each<Case>([
  ['an unlocked device', { deviceLocked: false }, {}, {}, 'boot'],
  ['an app nobody named', {}, {}, { statementApps: [] }, 'application'],
  ['another package', {}, {}, { statementApps: [{ ...APP, package: 'org.other' }] }, 'application'],
  ['another signer', {}, {}, { statementApps: [{ ...APP, signerSha256: '00' }] }, 'application'],
  ['an imported key', {}, { defect: 'imported-key' }, {}, 'key'],
  ['a key kept in software', {}, { defect: 'software-kept-key' }, {}, 'key'],
  ['a record without an app', {}, { defect: withApplication([], 0) }, {}, 'application'],
  [
    'two packages',
    {},
    { defect: withApplication([APP.package, 'org.other'], 1) },
    {},
    'application',
  ],
  ['two signers', {}, { defect: withApplication([APP.package], 2) }, {}, 'application'],
])('%s speaks for no device', (_, device, key, changes, doubt) => {
  const evidence = attest(world, device, key);
  const report = reportWith(evidence, sound(evidence), changes);
  expect(report.binding.keyPossession).toBe('bound');
  expect(report.statement?.counts).toBe(false);
  expect(report.findings).toContainEqual(
    expect.objectContaining({ code: 'STATEMENT_NOT_MEANINGFUL', got: doubt }),
  );
  const layers = layersOf(report);
  expect([layers['network-policy'], layers['trust-security-center']]).toEqual([
    'not_evidenced',
    'not_evidenced',
  ]);
});

type Edit = (description: Description) => Partial<Description>;

function describing(edit: Edit) {
  return {
    apply: (plan: ChainPlan) => {
      const { description } = certificateAt(plan, 0);
      if (description === undefined) throw new RangeError('no description');
      change(plan, 0, { description: { ...description, ...edit(description) } });
    },
  };
}

/** No package: no application id at all. */
function withApplication(names: readonly string[], signers: number) {
  return describing(({ softwareEnforced }) => {
    const others = withoutField(softwareEnforced, TAG.attestationApplicationId);
    if (names.length === 0) return { softwareEnforced: others };
    const packages = names.map((name) => ({ name, version: 1 }));
    const digests = Array.from({ length: signers }, (_, index) =>
      new Uint8Array(Buffer.from(SIGNER, 'hex')).map((octet) => octet ^ index),
    );
    return { softwareEnforced: [...others, applicationIdField(packages, digests)] };
  });
}

describe('algorithms follow from the key', () => {
  const withPadding = (paddings: readonly number[]) =>
    describing(({ hardwareEnforced }) => ({
      hardwareEnforced:
        paddings.length === 0
          ? withoutField(hardwareEnforced, TAG.padding)
          : withField(hardwareEnforced, setField(TAG.padding, paddings)),
    }));

  test.each<[string, AttestOptions, string, boolean]>([
    ['RSA for PKCS1', { kind: 'RSA_2048' }, 'RS256', true],
    ['RSA for PKCS1', { kind: 'RSA_2048' }, 'PS256', false],
    ['RSA for PSS', { kind: 'RSA_2048', defect: withPadding([3]) }, 'PS256', true],
    ['RSA for PSS', { kind: 'RSA_2048', defect: withPadding([3]) }, 'RS256', false],
    ['RSA for no padding', { kind: 'RSA_2048', defect: withPadding([]) }, 'RS256', false],
    ['a short RSA key', { kind: 'RSA_1024' }, 'RS256', false],
    ['P-384', { kind: 'P_384' }, 'ES256', false],
    ['ML-DSA', { kind: 'ML_DSA_65' }, 'ES256', false],
  ])('%s, %s', async (_, key, alg, holds) => {
    const evidence = attest(world, {}, key);
    const isKnown = holds || key.kind?.startsWith('RSA') === true;
    const statement = isKnown
      ? sound(evidence, { header: { alg } })
      : sound(evidence, { signer: attest(world).key.privateKey });
    const report = reportWith(evidence, statement);
    expect(report.binding.keyPossession).toBe(holds ? 'bound' : 'mismatch');
    if (!holds) {
      expect(decidingCodes(report)).toContain('STATEMENT_ALGORITHM');
      return;
    }
    // A second implementation agrees.
    const spki = createPublicKey({
      key: Buffer.from(evidence.key.spki),
      format: 'der',
      type: 'spki',
    });
    const verified = await compactVerify(statement, spki);
    expect(verified.protectedHeader).toEqual({ alg, typ: 'enigm-statement+jwt' });
  });

  test('a key that cannot be imported has signed nothing', () => {
    const offCurve = (plan: ChainPlan) => {
      const { spki } = certificateAt(plan, 0).parts;
      changeParts(plan, 0, { spki: spki.with(-1, (spki.at(-1) as number) ^ 1) });
    };
    const evidence = attest(world, {}, { defect: { apply: offCurve } });
    expect(decidingCodes(reportWith(evidence, sound(evidence)))).toContain(
      'STATEMENT_SIGNATURE_INVALID',
    );
  });
});

describe('what is no statement', () => {
  const ofParts = (statement: string, change: (parts: string[]) => string[]) =>
    change(statement.split('.')).join('.');
  const encode = (text: string) => Buffer.from(text).toString('base64url');

  test.each<[string, (statement: string) => string]>([
    ['two parts', (text) => ofParts(text, (parts) => parts.slice(0, 2))],
    ['four parts', (text) => `${text}.AA`],
    ['nothing', () => ''],
    ['padding', (text) => `${text}=`],
    ['too much', (text) => `${text}${'A'.repeat(4096)}`],
    ['a header that is no JSON', (text) => ofParts(text, ([, ...rest]) => ['AAAA', ...rest])],
    [
      'a header that is an array',
      (text) => ofParts(text, ([, ...rest]) => [encode('[]'), ...rest]),
    ],
    ['a header that is null', (text) => ofParts(text, ([, ...rest]) => [encode('null'), ...rest])],
    [
      'a member twice',
      (text) =>
        ofParts(text, ([, ...rest]) => [
          encode('{"alg":"ES256","alg":"ES256","typ":"enigm-statement+jwt"}'),
          ...rest,
        ]),
    ],
  ])('%s', (_, change) => {
    const evidence = attest(world);
    const report = reportWith(evidence, change(sound(evidence)));
    expect(decidingCodes(report)).toEqual(['STATEMENT_MALFORMED']);
    expect(report.binding.keyPossession).toBe('mismatch');
    expect(report.statement).toBeNull();
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['a nonce that is no text', { nonce: 7 }, 'statement.nonce'],
    ['a nonce that is no base64url', { nonce: 'a+b/' }, 'statement.nonce'],
    ['no digest', { evidenceDigest: null }, 'statement.evidenceDigest'],
    ['a time that is no integer', { iat: 1.5 }, 'statement.iat'],
    ['no time', { iat: undefined }, 'statement.iat'],
    ['a name of every object', { toString: 'ACTIVE' }, 'statement.payload'],
  ])('%s', (_, payload, field) => {
    const evidence = attest(world);
    const report = reportWith(evidence, sound(evidence, { payload }));
    expect(report.findings.find(({ severity }) => severity === 'reject')).toMatchObject({
      code: 'STATEMENT_MALFORMED',
      at: { field },
    });
  });

  test('a payload that is no object, though its signature holds', () => {
    const evidence = attest(world);
    const [header = ''] = sound(evidence).split('.');
    const input = `${header}.${encode('[]')}`;
    const statement = `${input}.${signRaw(evidence, input)}`;
    expect(reportWith(evidence, statement).findings[0]).toMatchObject({
      code: 'STATEMENT_MALFORMED',
      at: { field: 'statement.payload' },
    });
  });

  test('a signature of any other form', () => {
    const evidence = attest(world);
    const other = ofParts(sound(evidence), ([header = '', payload = '']) => [header, payload, '']);
    expect(decidingCodes(reportWith(evidence, other))).toEqual(['STATEMENT_SIGNATURE_INVALID']);
  });
});

function signRaw(evidence: Evidence, input: string): string {
  return sign('sha256', Buffer.from(input), {
    key: evidence.key.privateKey,
    dsaEncoding: 'ieee-p1363',
  }).toString('base64url');
}

test('what a revoked device says does not count', () => {
  const evidence = attest(world);
  const serial = reportWith(evidence, sound(evidence)).chain.certificates[1]?.serial as string;
  const list = {
    id: 'changed',
    feed: 'enigm-development-status',
    anchors: ['enigm-development'],
    fetchedAt: AT,
    refreshAfterMs: 86_400_000,
    entries: [{ serial, status: 'revoked', reason: null }],
  } as const;
  const report = reportWith(evidence, sound(evidence), { revocation: compileSnapshot([list]) });
  expect(report.revocation.status).toBe('revoked');
  expect(report.statement?.counts).toBe(false);
  expect(report.findings).toContainEqual(
    expect.objectContaining({ code: 'STATEMENT_NOT_MEANINGFUL', got: 'revocation' }),
  );
  const waived = reportWith(evidence, sound(evidence), { revocation: 'waived' });
  expect(waived.statement?.counts).toBe(true);
});

test('any text is refused by name, and never taken for a statement', () => {
  const evidence = attest(world);
  const whole = sound(evidence);
  const changed = fc
    .tuple(fc.nat(whole.length - 1), fc.string({ maxLength: 3 }), fc.nat(3))
    .map(([at, put, drop]) => whole.slice(0, at) + put + whole.slice(at + drop));
  fc.assert(
    fc.property(fc.oneof(fc.string(), changed), (text) => {
      fc.pre(text !== whole);
      const report = reportWith(evidence, text);
      expect(report.outcome).toBe('reject');
      expect(report.binding.keyPossession).toBe('mismatch');
      expect(report.findings[0]?.code).toMatch(/^STATEMENT_/);
    }),
    { numRuns: 200 },
  );
});
