/** A difference in any member is said, and never more of a device than the report shows. */
import { describe, expect, test } from 'vitest';
import type { Report } from '../../src/core/report/index.ts';
import { compareWithReport, crossCheck, type SecondOpinion } from '../../src/crosscheck/index.ts';
import { attest, makeWorld, policyNamed, reportOn } from '../support/world.ts';

const world = await makeWorld('google-like', 'compare');
const evidence = attest(world, {}, { defect: 'quirk-device-identifiers' });
const INSPECT = policyNamed('inspect');
const waived = { challenge: { kind: 'waived' } } as const;
const redacted = reportOn(world, evidence, INSPECT, waived);
const exposed = reportOn(world, evidence, { ...INSPECT, exposeDeviceIdentifiers: true }, waived);
const opinion = await crossCheck(evidence.chain, world.anchors);

type Description = NonNullable<SecondOpinion['keyDescription']>;

function described(changes: Partial<Description>): SecondOpinion {
  return { ...opinion, keyDescription: { ...(opinion.keyDescription as Description), ...changes } };
}

function inHardware(changes: Description['hardwareEnforced']): SecondOpinion {
  const { hardwareEnforced } = opinion.keyDescription as Description;
  return described({ hardwareEnforced: { ...hardwareEnforced, ...changes } });
}

function members(report: Report, other: SecondOpinion): readonly string[] {
  return compareWithReport(report, other).map(({ member }) => member);
}

test('a report and an opinion on the same chain agree in both exposures', () => {
  expect(compareWithReport(redacted, opinion)).toEqual([]);
  expect(compareWithReport(exposed, opinion)).toEqual([]);
});

describe('a difference is named by its member', () => {
  test.each<[string, SecondOpinion]>([
    ['chain.shape', { ...opinion, shape: 'factory' }],
    ['chain.anchor.id', { ...opinion, anchorId: 'another' }],
    ['key.spkiSha256', { ...opinion, leafSpkiSha256: '00' }],
    ['chain.certificates.length', { ...opinion, serials: opinion.serials.slice(1) }],
    ['chain.certificates[2].serial', { ...opinion, serials: opinion.serials.with(2, 'ff') }],
    [
      'chain.certificates[1].notAfter',
      {
        ...opinion,
        validity: opinion.validity.with(1, {
          notBefore: opinion.validity[1]?.notBefore ?? 0,
          notAfter: 1,
        }),
      },
    ],
    ['keyDescription.attestationVersion', described({ attestationVersion: 1 })],
    [
      'keyDescription.attestationSecurityLevel',
      described({ attestationSecurityLevel: 'Software' }),
    ],
    ['keyDescription.keyMintVersion', described({ keyMintVersion: 1 })],
    ['keyDescription.keyMintSecurityLevel', described({ keyMintSecurityLevel: 'Software' })],
    ['keyDescription.attestationChallenge', described({ attestationChallenge: '' })],
    ['keyDescription.hardwareEnforced.purpose', inHardware({ purpose: ['SIGN'] })],
    ['keyDescription.hardwareEnforced.osVersion', inHardware({ osVersion: 1 })],
    ['keyDescription.hardwareEnforced.callerNonce', inHardware({ callerNonce: true })],
    [
      'keyDescription.hardwareEnforced.unknownTags',
      inHardware({ unknownTags: [{ tag: 799, der: 'bf861f00' }] }),
    ],
    [
      'keyDescription.hardwareEnforced.malformedTags',
      inHardware({ malformedTags: [{ tag: 710, der: 'bf854600' }] }),
    ],
  ])('%s', (member, other) => {
    const found = members(redacted, other);
    if (member === 'chain.certificates.length') expect(found).toContain(member);
    else expect(found).toEqual([member]);
    expect(members(exposed, other)).toEqual(found);
  });

  test('a field that only the report has', () => {
    const { hardwareEnforced } = opinion.keyDescription as Description;
    const { osVersion: _, ...others } = hardwareEnforced;
    const [only, ...more] = compareWithReport(redacted, described({ hardwareEnforced: others }));
    expect(more).toEqual([]);
    expect(only).toEqual({
      member: 'keyDescription.hardwareEnforced.osVersion',
      ours: '160000',
      theirs: 'nothing',
      text: 'keyDescription.hardwareEnforced.osVersion: the report says 160000, the second verifier nothing',
    });
  });
});

describe('verdicts', () => {
  const refused: SecondOpinion = {
    ...opinion,
    verified: false,
    reason: 'it could not be read',
    keyDescription: null,
  };

  test('a chain that only the report proves', () => {
    expect(compareWithReport(redacted, refused).map(({ text }) => text)).toEqual([
      'proof: the report says verified, the second verifier refused (it could not be read)',
    ]);
  });

  test('a chain that only the second verifier proves', () => {
    const broken = attest(world, {}, { defect: 'leaf-signature' });
    const report = reportOn(world, broken, INSPECT, waived);
    const [verdict] = compareWithReport(report, opinion);
    expect(verdict?.text).toBe(
      'proof: the report says refused (SIGNATURE_INVALID), the second verifier verified',
    );
  });

  test('certificates are compared as far as both could read them', () => {
    const report = reportOn(
      world,
      attest(world, {}, { defect: 'padded-integer' }),
      INSPECT,
      waived,
    );
    const disagreements = compareWithReport(report, { ...refused, serials: [], validity: [] });
    expect(disagreements.map(({ member }) => member)).not.toContain('chain.certificates[0].serial');
  });
});

describe('identifiers of the device', () => {
  const IMEI = '000000000000000';
  const other = inHardware({ attestationIdImei: IMEI });

  test('are not compared where the report redacts them', () => {
    const { hardwareEnforced } = redacted.keyDescription as NonNullable<Report['keyDescription']>;
    expect(hardwareEnforced['attestationIdImei']).toBe('redacted');
    expect(compareWithReport(redacted, other)).toEqual([]);
  });

  test('are compared where it shows them, and quoted by neither', () => {
    const found = compareWithReport(exposed, other);
    expect(found.map(({ member }) => member)).toEqual([
      'keyDescription.hardwareEnforced.attestationIdImei',
    ]);
    const { hardwareEnforced } = exposed.keyDescription as NonNullable<Report['keyDescription']>;
    const said = JSON.stringify(found);
    expect(said).not.toContain(IMEI);
    expect(said).not.toContain(hardwareEnforced['attestationIdImei']);
  });

  test('are not quoted where only one verifier has them', () => {
    const found = compareWithReport(redacted, inHardware({ attestationIdSerial: IMEI }));
    expect(found).toHaveLength(1);
    expect(JSON.stringify(found)).not.toContain(IMEI);
  });
});

test('elements kept as they were are compared by length and digest where they are redacted', async () => {
  const later = attest(world, {}, { defect: 'quirk-unknown-tag' });
  const report = reportOn(world, later, INSPECT, waived);
  const second = await crossCheck(later.chain, world.anchors);
  expect(compareWithReport(report, second)).toEqual([]);
  const description = second.keyDescription as Description;
  const changed: SecondOpinion = {
    ...second,
    keyDescription: {
      ...description,
      hardwareEnforced: {
        ...description.hardwareEnforced,
        unknownTags: [{ tag: 799, der: 'bf861f0704056f74686572' }],
      },
    },
  };
  const [only] = compareWithReport(report, changed);
  expect(only?.member).toBe('keyDescription.hardwareEnforced.unknownTags');
  expect(only?.text).not.toContain('6f74686572');
});
