/** The claims of an EAR, from reports of every outcome. */

import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Report } from '../../src/core/report/index.ts';
import {
  EAR_SUBMODULE,
  makeSigner,
  toEarClaims,
  toEatNonce,
  toSigningKey,
  verifyResult,
} from '../../src/results/index.ts';

const NOW = Date.UTC(2026, 10, 22);
const TERMS = { issuer: 'us', audience: 'rp', now: NOW, lifetimeSeconds: 60 };
const CHALLENGE = '00112233445566778899aabbccddeeff';

/** A report of an accepted production device, with what a test changes; only what an EAR reads. */
function reportWith(changes: object = {}): Report {
  return {
    outcome: 'accept',
    trustState: 'PROTECTED',
    environment: 'production',
    evidenceDigest: 'ab',
    verifier: { name: 'enigm-attest', version: '1' },
    findings: [],
    layers: [{ layer: 'hardware-integrity', state: 'satisfied', basis: '', findings: [] }],
    chain: { anchor: { id: 'google', spkiSha256: 'cd', environment: 'production' } },
    key: null,
    keyDescription: {
      attestationChallenge: CHALLENGE,
      hardwareEnforced: { rootOfTrust: { deviceLocked: true, verifiedBootState: 'Verified' } },
    },
    revocation: { checked: true, status: 'good', snapshot: { id: 'ef' } },
    policy: { id: 'p', version: '1', digest: '12' },
    binding: { challenge: 'bound' },
    release: null,
    ...changes,
  } as unknown as Report;
}
const finding = (code: string, disclosure = 'caller') => ({ code, disclosure });
const boot = (deviceLocked: boolean, verifiedBootState: string) => ({
  keyDescription: {
    attestationChallenge: '',
    hardwareEnforced: { rootOfTrust: { deviceLocked, verifiedBootState } },
  },
});
const layer = (state: string) => ({ layers: [{ layer: 'hardware-integrity', state }] });
const GOOD = { hardware: 2, executables: 3, configuration: 2 };

test.each([
  ['PROTECTED in production', {}, 'affirming', GOOD],
  ['accepted, no more', { trustState: 'REVIEW_REQUIRED' }, 'warning', GOOD],
  ['outside production', { environment: 'development' }, 'warning', GOOD],
  ['inconclusive', { outcome: 'inconclusive' }, 'none', { hardware: 0 }],
  ['rejected', { outcome: 'reject' }, 'contraindicated', GOOD],
  [
    'no path',
    { outcome: 'reject', chain: { anchor: null }, keyDescription: null },
    'contraindicated',
    { hardware: 97 },
  ],
  [
    'a bad signature',
    { outcome: 'reject', findings: [finding('SIGNATURE_INVALID')] },
    'contraindicated',
    { hardware: 99 },
  ],
  [
    'revoked',
    { outcome: 'reject', revocation: { checked: true, status: 'revoked', snapshot: null } },
    'contraindicated',
    { ...GOOD, hardware: 96 },
  ],
  [
    'hardware failed',
    { outcome: 'reject', ...layer('failed') },
    'contraindicated',
    { ...GOOD, hardware: 97 },
  ],
  ['hardware degraded', layer('degraded'), 'warning', { ...GOOD, hardware: 32 }],
  [
    'old patches',
    { findings: [finding('PATCH_LEVEL_TOO_OLD')] },
    'warning',
    { ...GOOD, configuration: 32 },
  ],
  [
    'unknown patches',
    { findings: [finding('PATCH_LEVEL_ZERO')] },
    'warning',
    { ...GOOD, configuration: 36 },
  ],
  [
    'unlocked',
    { outcome: 'reject', ...boot(false, 'Unverified') },
    'contraindicated',
    { ...GOOD, executables: 33 },
  ],
  [
    'a failed boot',
    { outcome: 'reject', ...boot(true, 'Failed') },
    'contraindicated',
    { ...GOOD, executables: 96 },
  ],
  [
    'a failed boot that a policy accepts',
    boot(true, 'Failed'),
    'warning',
    { ...GOOD, executables: 33 },
  ],
  [
    'a known release with its own key',
    { ...boot(true, 'SelfSigned'), release: { name: 'r' } },
    'affirming',
    GOOD,
  ],
  ['failed hardware that a policy accepts', layer('failed'), 'warning', { ...GOOD, hardware: 32 }],
  [
    'no root of trust',
    { outcome: 'reject', keyDescription: { attestationChallenge: '', hardwareEnforced: {} } },
    'contraindicated',
    { ...GOOD, executables: 33 },
  ],
])('%s', (_what, changes, status, vector) => {
  const claims = toEarClaims(reportWith(changes), TERMS);
  const submods = claims['submods'] as Record<string, Record<string, unknown>>;
  expect(claims['ear_status']).toBe(status);
  expect(submods[EAR_SUBMODULE]).toMatchObject({
    ear_status: status,
    ear_trustworthiness_vector: vector,
  });
  expect(submods[EAR_SUBMODULE]?.['ear_trustworthiness_vector']).toEqual(vector);
});

test('an anchor that is not for production says so', () => {
  const chain = { anchor: { id: 'x', spkiSha256: '', environment: 'test' } };
  expect(toEarClaims(reportWith({ chain }), TERMS)).toMatchObject({
    environment: 'test',
    ear_status: 'warning',
  });
});

test('risk signals are not in a result', () => {
  const findings = [finding('PATCH_LEVEL_ZERO'), finding('RISK_ZERO_BOOT_KEY', 'operator')];
  const text = JSON.stringify(toEarClaims(reportWith({ findings }), TERMS));
  expect(text).toContain('PATCH_LEVEL_ZERO');
  expect(text).not.toContain('RISK_');
});

describe('the nonce', () => {
  test('is the challenge, or its digest where EAT has no room for it', () => {
    expect(toEatNonce(Buffer.from(CHALLENGE, 'hex'))).toBe('ABEiM0RVZneImaq7zN3u_w');
    expect(toEatNonce(new Uint8Array(7))).toHaveLength(43);
    expect(toEatNonce(new Uint8Array(64))).toHaveLength(86);
    expect(toEatNonce(new Uint8Array(65))).toHaveLength(43);
  });

  test('stands at the top only where it was bound', () => {
    expect(toEarClaims(reportWith(), TERMS)).toMatchObject({ eat_nonce: 'ABEiM0RVZneImaq7zN3u_w' });
    const unbound = reportWith({ binding: { challenge: 'not_checked' } });
    expect(toEarClaims(unbound, TERMS)).not.toHaveProperty('eat_nonce');
  });
});

test('a key without a JWK form is in akpub alone', () => {
  const claims = toEarClaims(reportWith({ key: { spki: 'AAAA' } }), TERMS);
  expect(claims).not.toHaveProperty('cnf');
  expect(JSON.stringify(claims)).toContain('"akpub":"AAAA"');
});

test('a signed result that lacks what an EAR must have is refused', async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signer = makeSigner(
    toSigningKey(privateKey.export({ type: 'pkcs8', format: 'pem' }) as string),
  );
  const claims = toEarClaims(reportWith(), TERMS);
  const outcomeOf = async (changes: object) => {
    const token = await signer.signDocument('ear', { ...claims, ...changes });
    const verified = verifyResult(token, { keys: signer.keys, now: NOW });
    return verified.ok ? 'accepted' : `${verified.fault.code} ${verified.fault.member}`;
  };
  expect(await outcomeOf({})).toBe('accepted');
  expect(await outcomeOf({ iat: NOW })).toBe('TOKEN_NOT_YET_VALID iat');
  expect(await outcomeOf({ eat_profile: 'tag:ietf.org,2026:rats/ear#04' })).toBe(
    'TOKEN_PROFILE eat_profile',
  );
  for (const claim of ['aud', 'environment', 'ear_verifier_id', 'submods']) {
    expect(await outcomeOf({ [claim]: undefined })).toBe(`TOKEN_CLAIM_MISSING ${claim}`);
  }
  const submods = { [EAR_SUBMODULE]: { ear_status: 'good' } };
  expect(await outcomeOf({ submods })).toBe('TOKEN_CLAIM_MISSING submods');
});
