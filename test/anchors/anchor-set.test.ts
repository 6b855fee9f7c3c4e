/** Sets of anchors that cannot be made, each by name. */
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type AnchorSource,
  buildAnchorSet,
  type SoftwareKeySource,
  sha256Hex,
} from '../../src/core/anchors/index.ts';
import { newEffort } from '../../src/core/base/index.ts';
import { parseCertificate, sliceOf } from '../../src/core/x509/index.ts';
import {
  makeName,
  makeSerial,
  makeTemplates,
  type Templates,
} from '../../src/simulator/certificate.ts';
import type { Bytes } from '../../src/simulator/der.ts';
import { type KeyKind, type KeyPair, makeKeyPair } from '../../src/simulator/key-pair.ts';
import { build, signedWith } from '../../src/simulator/plan.ts';
import { SeededRandom } from '../../src/simulator/random.ts';

let templates: Templates;
const random = new SeededRandom('anchors');

beforeAll(async () => {
  templates = await makeTemplates();
});

function rootOf(key: KeyPair, name: string, signer = key): Bytes {
  const subject = makeName({ CN: name });
  const parts = {
    ...templates.authority,
    subject,
    issuer: subject,
    spki: key.spki,
    serial: makeSerial(random.bytes(8)),
  };
  const planned = {
    parts: signedWith(parts, signer, 'sha256'),
    key,
    signer,
    hash: 'sha256',
  } as const;
  return build({ certificates: [planned] }, () => [])[0] as Bytes;
}

function spkiOf(certificate: Bytes): string {
  const parsed = parseCertificate(certificate, 0, newEffort());
  if (!parsed.ok) throw new Error(parsed.finding.code);
  return sha256Hex(sliceOf(parsed.value, parsed.value.spki));
}

function sourceOf(
  certificates: readonly Bytes[],
  changes: Partial<AnchorSource['record']> = {},
): AnchorSource {
  return {
    certificates,
    record: {
      id: 'anchor',
      name: 'An anchor',
      owner: 'Somebody',
      environment: 'test',
      revocationFeeds: [],
      spkiSha256: certificates[0] === undefined ? '' : spkiOf(certificates[0]),
      layouts: {},
      ...changes,
    },
  };
}

const newKey = (kind: KeyKind = 'P_256') => makeKeyPair(kind, random);

test('one anchor, several certificates of one key', () => {
  const key = newKey();
  const set = buildAnchorSet([sourceOf([rootOf(key, 'A'), rootOf(key, 'A')])], []);
  expect(set.anchors).toHaveLength(1);
  expect(set.anchors[0]?.certificates).toHaveLength(2);
});

test('the id changes with every certificate and every rule of a record', () => {
  const root = rootOf(newKey(), 'A');
  const id = (...sources: AnchorSource[]) => buildAnchorSet(sources, []).id;
  expect(id(sourceOf([root]))).toBe(id(sourceOf([root])));
  expect(id(sourceOf([root]))).not.toBe(id(sourceOf([root], { environment: 'production' })));
  expect(id(sourceOf([root]))).not.toBe(id(sourceOf([root, root])));
});

describe('refused', () => {
  test.each<[string, () => [AnchorSource[], SoftwareKeySource[]?], RegExp]>([
    ['no anchors', () => [[]], /every chain would be refused/],
    ['an anchor without certificate', () => [[sourceOf([])]], /it has no certificate/],
    [
      'bytes that are none',
      () => [[{ ...sourceOf([rootOf(newKey(), 'A')]), certificates: [Uint8Array.of(1)] }]],
      /not a certificate \(DER_/,
    ],
    [
      'another key than the pinned one',
      () => [[sourceOf([rootOf(newKey(), 'A')], { spkiSha256: '00' })]],
      /its key is [0-9a-f]{64}, the record pins 00/,
    ],
    [
      'a key that may not issue',
      () => [[sourceOf([rootOf(newKey('RSA_1024'), 'A')])]],
      /keys of its kind may not issue/,
    ],
    [
      'two names',
      () => {
        const key = newKey();
        return [[sourceOf([rootOf(key, 'A'), rootOf(key, 'B')])]];
      },
      /different subjects/,
    ],
    [
      'a certificate signed by another key',
      () => [[sourceOf([rootOf(newKey(), 'A', newKey())])]],
      /not signed by its own key/,
    ],
    [
      'an id twice',
      () => [[sourceOf([rootOf(newKey(), 'A')]), sourceOf([rootOf(newKey(), 'B')])]],
      /the id is used twice/,
    ],
    [
      'a published software key',
      () => {
        const root = rootOf(newKey(), 'A');
        return [[sourceOf([root])], [{ id: 'aosp', spkiSha256: spkiOf(root), certificate: root }]];
      },
      /the published software key aosp, which is never trusted/,
    ],
  ])('%s', (_, make, message) => {
    const [anchors, software = []] = make();
    expect(() => buildAnchorSet(anchors, software)).toThrow(message);
  });
});
