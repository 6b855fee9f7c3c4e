/** Both forms of import: the same keys, and the same refusals. */
import { createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  asDer,
  asKey,
  asPem,
  importKey,
  isRefusalByOpenSsl,
  type KeyForm,
  keyFormFor,
} from '../../src/core/x509/index.ts';

const KINDS: readonly (readonly [string, () => Pair])[] = [
  ['P-256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' })],
  ['P-384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' })],
  ['P-521', () => generateKeyPairSync('ec', { namedCurve: 'P-521' })],
  ['RSA-2048', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
  // Its base64 is longer than a line of PEM is where OpenSSL reads lines in pieces.
  ['RSA-4096', () => generateKeyPairSync('rsa', { modulusLength: 4096 })],
  ['Ed25519', () => generateKeyPairSync('ed25519')],
  ['ML-DSA-44', () => generateKeyPairSync('ml-dsa-44')],
  ['ML-DSA-87', () => generateKeyPairSync('ml-dsa-87')],
];

interface Pair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

function spkiOf({ publicKey }: Pair): Uint8Array {
  return new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }));
}

/** The key as DER again, or that it was refused. */
function read(form: KeyForm, spki: Uint8Array): string {
  try {
    return createPublicKey(form(spki)).export({ format: 'der', type: 'spki' }).toString('hex');
  } catch {
    return 'refused';
  }
}

test.each(KINDS)('%s verifies the same imported either way', (name, make) => {
  const pair = make();
  // Out of a larger buffer, as it is cut from a certificate.
  const around = new Uint8Array([0x30, 0x03, ...spkiOf(pair), 0x05]);
  const spki = around.subarray(2, -1);
  const hash = /^(P-|RSA)/.test(name) ? 'sha256' : null;
  const data = Buffer.from('a certificate');
  const signature = sign(hash, data, pair.privateKey);
  expect(importKey(spki).equals(pair.publicKey)).toBe(true);
  for (const form of [asDer, asPem, asKey]) {
    expect(createPublicKey(form(spki)).equals(pair.publicKey)).toBe(true);
    for (const key of [form(spki), createPublicKey(form(spki))]) {
      expect(verify(hash, data, key, signature)).toBe(true);
      expect(verify(hash, Buffer.from('another'), key, signature)).toBe(false);
    }
  }
});

test.each(KINDS)(
  '%s with an octet changed, cut or added is refused by both or by none',
  (_, make) => {
    const spki = spkiOf(make());
    const mutants = [
      ...Array.from({ length: Math.min(spki.length, 160) }, (__, at) =>
        spki.with(at, (spki[at] as number) ^ 0x01),
      ),
      spki.subarray(0, -1),
      spki.subarray(0, 5),
      new Uint8Array(0),
      new Uint8Array([...spki, 0x00]),
      new Uint8Array([...spki, 0x30, 0x00]),
    ];
    const answers = mutants.map((mutant) => read(asDer, mutant));
    expect(mutants.map((mutant) => read(asPem, mutant))).toEqual(answers);
    expect(answers).toContain('refused');
  },
);

test('a point off its curve is refused by both', () => {
  const spki = spkiOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }));
  const off = spki.with(-1, (spki.at(-1) as number) ^ 0x01);
  expect([asDer, asPem].map((form) => read(form, off))).toEqual(['refused', 'refused']);
});

test('a runtime that does not name OpenSSL when it refuses DER is given PEM', () => {
  const named = Object.assign(new Error('decode error'), { code: 'ERR_OSSL_EVP_DECODE_ERROR' });
  expect(keyFormFor(named)).toBe(asDer);
  expect(keyFormFor(new Error('Failed to read asymmetric key'))).toBe(asPem);
  expect(keyFormFor(new RangeError('ours'))).toBe(asPem);
  const isOld = Number.parseInt(process.versions.node, 10) < 26;
  expect(asKey).toBe(isOld ? asPem : asDer);
});

test('the form in use names OpenSSL for whatever OpenSSL refuses', () => {
  const spki = spkiOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }));
  for (let at = 0; at < spki.length; at += 1) {
    const mutant = spki.with(at, (spki[at] as number) ^ 0x01);
    const refusals = [
      () => importKey(mutant),
      () => verify('sha256', Buffer.of(1), asKey(mutant), Buffer.of(2)),
    ].map(refusalOf);
    for (const refusal of refusals) {
      if (refusal !== null) expect(isRefusalByOpenSsl(refusal)).toBe(true);
    }
    // Read for one signature or to be kept: refused by both or by none.
    expect(refusals[0] === null).toBe(refusals[1] === null);
  }
  expect.hasAssertions();
});

function refusalOf(work: () => unknown): unknown {
  try {
    work();
    return null;
  } catch (error) {
    return error;
  }
}
