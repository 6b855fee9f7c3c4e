/** What a record says, and what is said of records that are unusual. */
import { beforeAll, expect, test } from 'vitest';
import { newEffort } from '../../src/core/base/index.ts';
import {
  checkKeyParameters,
  FIELDS,
  type KeyDescription,
  parseUnverifiedKeyDescription,
} from '../../src/core/key-description/index.ts';
import { parseCertificate } from '../../src/core/x509/index.ts';
import { attest, makeWorld, policyNamed, proveIn, reportOn, type World } from '../support/world.ts';

let world: World;

beforeAll(async () => {
  world = await makeWorld('google-like');
});

function describe(defect?: string): KeyDescription {
  const proof = proveIn(world, attest(world, {}, defect === undefined ? {} : { defect }).chain);
  if (!proof.keyDescription?.ok) throw new Error('no record');
  return proof.keyDescription.value;
}

test('every field of the schema has a tag of its own, and names are those of the schema', () => {
  const tags = Object.values(FIELDS).map(({ tag }) => tag);
  expect(new Set(tags).size).toBe(tags.length);
  expect(tags).toEqual(tags.toSorted((a, b) => a - b));
  expect(tags).toHaveLength(48);
});

test('a certificate without the extension has no record', () => {
  const parsed = parseCertificate(attest(world).chain[1] as Uint8Array, 1, newEffort());
  if (!parsed.ok) throw new Error(parsed.finding.code);
  expect(parseUnverifiedKeyDescription(parsed.value, 1, newEffort())).toMatchObject({
    ok: false,
    finding: { code: 'TARGET_MISSING_ATTESTATION_EXTENSION', at: { cert: 1 } },
  });
});

test('a record that software made describes its key in the software list', () => {
  const description = describe();
  const { softwareEnforced, hardwareEnforced } = description;
  const swapped = {
    ...description,
    softwareEnforced: hardwareEnforced,
    hardwareEnforced: softwareEnforced,
  };
  const key = { algorithm: 'EC', curve: 'P_384', size: 384 } as const;
  expect(checkKeyParameters(swapped, key).map(({ at }) => at.field)).toEqual([
    'softwareEnforced.keySize',
    'softwareEnforced.ecCurve',
  ]);
  expect(
    checkKeyParameters(description, { algorithm: '1.2.3', unknown: true }).map(
      ({ at }) => at.field,
    ),
  ).toEqual(['hardwareEnforced.algorithm', 'hardwareEnforced.keySize', 'hardwareEnforced.ecCurve']);
});

test('an enumeration value without a name stays a number in reports and reads as one in findings', () => {
  const evidence = attest(world, {}, { defect: 'quirk-unknown-purpose' });
  const report = reportOn(world, evidence, {
    ...policyNamed('inspect'),
    rules: {
      ...policyNamed('inspect').rules,
      keyPurpose: { severity: 'reject', allowed: 'any', denied: ['99'] },
    },
  });
  expect(report.keyDescription?.hardwareEnforced['purpose']).toEqual([99]);
  expect(report.findings[0]).toMatchObject({ code: 'KEY_PURPOSE', got: '99' });
});

test('numbers beyond what doubles hold are decimal text', () => {
  const evidence = attest(world, {}, { defect: 'quirk-huge-version-code' });
  const id = reportOn(world, evidence, 'inspect').keyDescription?.softwareEnforced[
    'attestationApplicationId'
  ];
  expect(id).toEqual({
    packages: [{ name: 'org.enigm.café', version: '9223372036854775807' }],
    signatureDigests: ['00'.repeat(32)],
  });
});

test('provisioning info: documented keys by type, others by number', () => {
  const info = (defect: string) =>
    reportOn(world, attest(world, {}, { defect }), 'inspect').chain.provisioningInfo;
  expect(info('quirk-lost-device-info')).toEqual({
    certificatesIssued: 8,
    manufacturer: null,
    validatedAttestedEntity: 'TEE',
    isLostDevice: false,
    unknownKeys: [2],
  });
  expect(info('quirk-odd-provisioning-info')).toEqual({
    certificatesIssued: null,
    manufacturer: null,
    validatedAttestedEntity: null,
    isLostDevice: null,
    unknownKeys: [99],
  });
});

test('a policy that ignores a rule or a signal says nothing of it', () => {
  const policy = policyNamed('inspect');
  const riskSignals = Object.fromEntries(
    Object.keys(policy.rules.riskSignals).map((code) => [code, 'ignore']),
  ) as typeof policy.rules.riskSignals;
  const evidence = attest(world, {}, { defect: 'risk-root-of-trust-last' });
  const report = reportOn(world, evidence, { ...policy, rules: { ...policy.rules, riskSignals } });
  expect(report.findings.map(({ code }) => code)).not.toContain('RISK_ROT_TAG_LAST');
});
