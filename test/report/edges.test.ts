/** Records that leave out, misplace or misspell what a rule looks at: absent and unreadable are never good. */
import { beforeAll, expect, test } from 'vitest';
import { prove } from '../../src/core/prove.ts';
import { crossCheck } from '../../src/crosscheck/index.ts';
import { explicit } from '../../src/simulator/der.ts';
import {
  type Description,
  type Field,
  integerField,
  TAG,
  textField,
} from '../../src/simulator/key-description.ts';
import { certificateAt, change, type PlanChange } from '../../src/simulator/plan.ts';
import {
  attest,
  codesOf,
  decidingCodes,
  makeWorld,
  reportOn,
  type World,
} from '../support/world.ts';

let google: World;
let enigm: World;

beforeAll(async () => {
  google = await makeWorld('google-like', 'edges');
  enigm = await makeWorld('enigm-development', 'edges');
});

function withHardware(edit: (list: readonly Field[]) => readonly Field[]): { apply: PlanChange } {
  return {
    apply: (plan) => {
      const description = certificateAt(plan, 0).description as Description;
      const hardwareEnforced = [...edit(description.hardwareEnforced)];
      change(plan, 0, { description: { ...description, hardwareEnforced } });
    },
  };
}

function utf8Field(tag: number, text: string): Field {
  const content = Buffer.from(text);
  return { tag, der: explicit(tag, Buffer.concat([Buffer.from([0x0c, content.length]), content])) };
}

test('a record without an algorithm still describes its key: size and curve are compared (T32)', () => {
  const described: readonly number[] = [TAG.algorithm, TAG.keySize, TAG.ecCurve];
  const defect = withHardware((list) => [
    ...list.filter(({ tag }) => !described.includes(tag)),
    integerField(TAG.keySize, 384),
    integerField(TAG.ecCurve, 2),
  ]);
  const report = reportOn(google, attest(google, {}, { defect }), 'android-hardware');
  expect(report.outcome).toBe('reject');
  expect(report.findings.filter(({ code }) => code === 'KEY_PARAMS_INCONSISTENT')).toMatchObject([
    { at: { field: 'hardwareEnforced.keySize' }, got: 384 },
    { at: { field: 'hardwareEnforced.ecCurve' }, got: 'P_384' },
  ]);
});

test.each<[string, Field, string[]]>([
  ['another model', textField(TAG.attestationIdModel, 'Pixel'), ['RELEASE_MODEL_MISMATCH']],
  [
    'a model that cannot be read',
    utf8Field(TAG.attestationIdModel, 'Pixel'),
    ['RELEASE_MODEL_MISMATCH'],
  ],
])('a release is for its models: %s', (_, model, codes) => {
  const defect = withHardware((list) =>
    list.map((field) => (field.tag === TAG.attestationIdModel ? model : field)),
  );
  const report = reportOn(enigm, attest(enigm, {}, { defect }), 'enigm-development');
  expect(decidingCodes(report)).toEqual(codes);
});

test('an identifier that cannot be read is as hidden as one that can (T42)', () => {
  const imei = '356938035643809';
  const defect = withHardware((list) => [...list, utf8Field(TAG.attestationIdImei, imei)]);
  const evidence = attest(google, {}, { defect });
  const report = reportOn(google, evidence, 'inspect');
  expect(report.keyDescription?.hardwareEnforced['malformedTags']).toEqual([
    { tag: TAG.attestationIdImei, length: expect.any(Number), sha256: 'redacted' },
  ]);
  expect(codesOf(report)).toContain('K_FIELD_MALFORMED');
});

test('an identifier without end costs no more than its octets, and both verifiers refuse it (T49)', async () => {
  const endless = Buffer.concat([Buffer.alloc(15_000, 0x81), Buffer.from([0x01])]);
  const header = Buffer.from([0x06, 0x82, endless.length >> 8, endless.length & 0xff]);
  const oid = Buffer.concat([header, endless]);
  const genuine = attest(google).chain;
  const [leaf = new Uint8Array()] = genuine;
  // In place of the first attribute type of the issuer: lengths above it no longer fit, and need not.
  const at = Buffer.from(leaf).indexOf(Buffer.from([0x06, 0x03, 0x55, 0x04]));
  const spoiled = Buffer.concat([leaf.subarray(0, at), oid, leaf.subarray(at + 5)]);
  const { path, effort } = prove([spoiled, ...genuine.slice(1)], google.anchors);
  expect(path.ok).toBe(false);
  expect(effort.signaturesChecked).toBe(0);
  expect((await crossCheck([spoiled, ...genuine.slice(1)], google.anchors)).verified).toBe(false);
});
