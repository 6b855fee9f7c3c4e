/** A recheck record judges as the evidence did, and notices what changed since. */
import { beforeAll, describe, expect, test } from 'vitest';
import { type JudgeContext, judge } from '../../src/core/judge.ts';
import { NO_CALLER_CONTEXT, preparePolicy } from '../../src/core/policy/index.ts';
import { type RecheckFacts, rejudge, toRecheckFacts } from '../../src/core/recheck.ts';
import { compileSnapshot, type DeniedKey } from '../../src/core/revocation/index.ts';
import { DEFECTS } from '../../src/simulator/index.ts';
import {
  AT,
  attest,
  codesOf,
  contextIn,
  makeWorld,
  policyNamed,
  proveIn,
  type World,
} from '../support/world.ts';

let google: World;
let enigm: World;

beforeAll(async () => {
  [google, enigm] = await Promise.all([makeWorld('google-like'), makeWorld('enigm-development')]);
});

const LATER = {
  id: 'later',
  feed: 'operator',
  anchors: 'all',
  fetchedAt: null,
  refreshAfterMs: 0,
} as const;

/** Judges evidence, keeps its facts as JSON, and judges those. */
function both(
  world: World,
  evidence: ReturnType<typeof attest>,
  policy: string,
  changes: Partial<JudgeContext> = {},
) {
  const proof = proveIn(world, evidence.chain);
  const context = { ...contextIn(world, policy, evidence), ...changes };
  const report = judge(proof, context);
  const facts = toRecheckFacts(proof, report, {
    evidenceTime: AT,
    attestationKeyUse: context.attestationKeyUse ?? null,
    caller: context.caller,
  });
  const kept = facts === null ? null : (JSON.parse(JSON.stringify(facts)) as RecheckFacts);
  const again = kept === null ? null : rejudge(kept, { ...context, anchors: world.anchors });
  return { report, kept, again, context };
}

describe.each([
  ['google-like', 'android-hardware', () => google],
  ['google-like', 'inspect', () => google],
  ['enigm-development', 'enigm-development', () => enigm],
] as const)('%s devices under %s', (_, policy, worldOf) => {
  test.each(DEFECTS.map((defect) => [defect.name, defect] as const))('%s', (_name, defect) => {
    const world = worldOf();
    const evidence = attest(world, defect.device, { ...defect.attest, defect: defect.name });
    const { report, again } = both(world, evidence, policy);
    if (again === null) {
      expect(report.keyDescription).toBeNull();
      return;
    }
    const { outcome, trustState, findings, layers, trustInputs } = report;
    expect(again).toMatchObject({ outcome, trustState, layers, trustInputs });
    const { revocation, release, rollback } = report;
    expect(again).toMatchObject({ revocation, release, rollback });
    expect(again.findings).toEqual(findings);
    expect(again.anchor).toEqual(report.chain.anchor);
  });
});

test('a record holds no certificate, no challenge and no identifier', () => {
  const evidence = attest(google, {}, { challenge: Buffer.from('an-unlikely-challenge') });
  const text = JSON.stringify(both(google, evidence, 'inspect').kept);
  expect(text).not.toContain(Buffer.from('an-unlikely-challenge').toString('hex'));
  expect(text).not.toMatch(/attestationId(Serial|Imei|Meid|SecondImei)/);
  for (const der of evidence.chain) {
    expect(text).not.toContain(Buffer.from(der).toString('base64').slice(0, 60));
  }
});

test('a certificate listed later rejects the record', () => {
  const { kept, context } = both(google, attest(google), 'inspect');
  const serial = (kept as RecheckFacts).certificates[1]?.serial.replace(/^0+/, '') as string;
  const revocation = compileSnapshot([
    { ...LATER, entries: [{ serial, status: 'revoked', reason: null }] },
  ]);
  const again = rejudge(kept as RecheckFacts, { ...context, anchors: google.anchors, revocation });
  expect(again.outcome).toBe('reject');
  expect(again.findings[0]?.code).toBe('CERTIFICATE_REVOKED');
  expect(again.trustState).toBe('INACTIVE');
});

describe('keys that are denied later', () => {
  const denying = (...deniedKeys: readonly DeniedKey[]) =>
    compileSnapshot([{ ...LATER, feed: 'local', entries: [], deniedKeys }]);

  test.each([0, 1, 2])('the key of certificate %i', (cert) => {
    const { kept, context } = both(google, attest(google), 'inspect');
    const { certificates } = kept as RecheckFacts;
    const digest = certificates[cert]?.spkiSha256 as string;
    const revocation = denying({ kind: 'attestation-key', digest, reason: 'LEAKED' });
    const again = rejudge(kept as RecheckFacts, {
      ...context,
      anchors: google.anchors,
      revocation,
    });
    expect(again).toMatchObject({ outcome: 'reject', trustState: 'INACTIVE' });
    expect(again.findings[0]).toMatchObject({
      code: 'ATTESTATION_KEY_DENIED',
      at: { cert, field: 'subjectPublicKeyInfo' },
      got: 'denied (LEAKED) by later',
    });
  });

  test('the boot key', () => {
    const { report, kept, context } = both(google, attest(google), 'inspect');
    const { rootOfTrust } = report.keyDescription?.hardwareEnforced ?? {};
    const digest = (rootOfTrust as { verifiedBootKey: string }).verifiedBootKey;
    const revocation = denying({ kind: 'boot-key', digest, reason: null });
    const again = rejudge(kept as RecheckFacts, {
      ...context,
      anchors: google.anchors,
      revocation,
    });
    expect(again.outcome).toBe('reject');
    expect(again.findings[0]?.code).toBe('BOOT_KEY_LISTED');
  });
});

test('how often an attestation key was used is kept, and judged under the policy of today', () => {
  const MANY = 1_000_000;
  const evidence = attest(google);
  const inspect = policyNamed('inspect');
  const riskSignals = {
    ...inspect.rules.riskSignals,
    RISK_ATTESTATION_KEY_VELOCITY: 'review',
  } as const;
  const policy = preparePolicy({ ...inspect, rules: { ...inspect.rules, riskSignals } });
  const velocityOf = (attestationKeyUse: number | null) => {
    const { kept, again } = both(google, evidence, 'inspect', { attestationKeyUse, policy });
    return [
      kept?.attestationKeyUse,
      again?.findings.find(({ code }) => code === 'RISK_ATTESTATION_KEY_VELOCITY')?.got,
    ];
  };
  expect(velocityOf(MANY)).toEqual([MANY, MANY]);
  expect(velocityOf(1)).toEqual([1, undefined]);
  expect(velocityOf(null)).toEqual([null, undefined]);
});

test('what the caller said then narrows today: a floor that was not met is not met by a record', () => {
  const evidence = attest(enigm);
  const floors = [{ source: 'caller', levels: { osPatchLevel: 209912 } }] as const;
  const caller = { ...NO_CALLER_CONTEXT, floors };
  const { report, again } = both(enigm, evidence, 'enigm-development', { caller });
  expect(report.rollback.state).toBe('visible');
  expect(again).toMatchObject({ outcome: 'reject', rollback: report.rollback });
  expect(again?.findings).toEqual(report.findings);
});

test('a registry that has expired since recognises nothing', () => {
  const { kept, context } = both(enigm, attest(enigm), 'enigm-development');
  const expiresAt = context.registry?.expiresAt as number;
  const again = rejudge(kept as RecheckFacts, {
    ...context,
    anchors: enigm.anchors,
    appraisedAt: expiresAt,
  });
  expect(again.release).toBeNull();
  expect(again.findings.map(({ code }) => code)).toContain('REGISTRY_EXPIRED');
});

test('an anchor that is trusted no more rejects the record', () => {
  const { kept, context } = both(google, attest(google), 'inspect');
  const again = rejudge(kept as RecheckFacts, { ...context, anchors: enigm.anchors });
  expect(again).toMatchObject({ outcome: 'reject', trustState: 'INACTIVE', anchor: null });
  expect(again.findings[0]?.code).toBe('UNTRUSTED_ROOT');
  expect(again.revocation).toEqual({ checked: false, status: null, snapshot: null });
});

test('without releases a record is judged like evidence without them', () => {
  const { kept, context } = both(enigm, attest(enigm), 'enigm-development');
  const again = rejudge(kept as RecheckFacts, {
    ...context,
    anchors: enigm.anchors,
    registry: null,
  });
  expect(again.outcome).toBe('inconclusive');
  expect(again.findings.map(({ code }) => code)).toContain('REGISTRY_NOT_CONFIGURED');
});

test('stored evidence with its challenge is compared whoever issued it', () => {
  const evidence = attest(google);
  const proof = proveIn(google, evidence.chain);
  const context = contextIn(google, 'enigm-production', evidence);
  const recorded = (bytes: Uint8Array) =>
    judge(proof, { ...context, challenge: { kind: 'recorded', bytes } });
  expect(recorded(evidence.challenge).binding.challenge).toBe('bound');
  expect(codesOf(recorded(Buffer.from('another')))).toContain('CHALLENGE_MISMATCH');
  const ignored = judge(proof, {
    ...contextIn(google, 'inspect', evidence),
    challenge: { kind: 'recorded', bytes: evidence.challenge },
  });
  expect(codesOf(ignored)).toContain('CHALLENGE_NOT_CHECKED');
});
