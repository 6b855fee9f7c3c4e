/** Kinds of keys, and which may issue certificates. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { newEffort } from '../../src/core/base/index.ts';
import { DerFault, DerReader } from '../../src/core/der/index.ts';
import { mayIssue, type PublicKey, readPublicKey } from '../../src/core/x509/index.ts';
import {
  type Bytes,
  bitString,
  integer,
  nullValue,
  objectIdentifier,
  sequence,
} from '../../src/simulator/der.ts';

function read(spki: Bytes): PublicKey | string {
  try {
    return readPublicKey(new DerReader(spki, newEffort()), newEffort());
  } catch (fault) {
    if (fault instanceof DerFault) return fault.code;
    throw fault;
  }
}

/** The types of `generateKeyPairSync` know each kind by itself; a table has all of them. */
function spkiOf(type: string, options: object): Bytes {
  const generate = generateKeyPairSync as unknown as (
    type: string,
    options: object,
  ) => { readonly publicKey: KeyObject };
  return generate(type, options).publicKey.export({ format: 'der', type: 'spki' });
}

function rsa(modulus: bigint, exponent: bigint): Bytes {
  const key = sequence(integer(modulus), integer(exponent));
  return sequence(sequence(objectIdentifier('1.2.840.113549.1.1.1'), nullValue()), bitString(key));
}

const ODD_MODULUS = 2n ** 2047n + 1n;

describe('kinds the runtime makes', () => {
  test.each<[string, object, object, boolean]>([
    ['ec', { namedCurve: 'P-256' }, { algorithm: 'EC', curve: 'P_256', size: 256 }, true],
    ['ec', { namedCurve: 'P-384' }, { algorithm: 'EC', curve: 'P_384', size: 384 }, true],
    ['ec', { namedCurve: 'P-521' }, { algorithm: 'EC', curve: 'P_521', size: 521 }, true],
    ['ec', { namedCurve: 'secp224r1' }, { algorithm: 'EC', curve: 'P_224', size: 224 }, false],
    ['ec', { namedCurve: 'secp256k1' }, { algorithm: 'EC', curve: '1.3.132.0.10', size: 0 }, false],
    ['ed25519', {}, { algorithm: 'EC', curve: 'CURVE_25519' }, false],
    ['x25519', {}, { algorithm: 'EC', curve: 'CURVE_25519' }, false],
    ['ed448', {}, { algorithm: '1.3.101.113', unknown: true }, false],
    ['rsa', { modulusLength: 2048 }, { algorithm: 'RSA', size: 2048 }, true],
    ['rsa', { modulusLength: 1024 }, { algorithm: 'RSA', size: 1024 }, false],
    ['ml-dsa-44', {}, { algorithm: 'ML-DSA', parameterSet: 'ML-DSA-44' }, true],
    ['ml-dsa-87', {}, { algorithm: 'ML-DSA', parameterSet: 'ML-DSA-87' }, true],
  ])('%s %o', (type, options, expected, issues) => {
    const key = read(spkiOf(type, options));
    expect(key).toMatchObject(expected);
    expect(mayIssue(key as PublicKey)).toBe(issues);
  });
});

describe('RSA', () => {
  test.each<[string, bigint, bigint, boolean]>([
    ['sound', ODD_MODULUS, 65537n, true],
    ['a longer exponent', ODD_MODULUS, 2n ** 40n + 1n, true],
    ['exponent 3', ODD_MODULUS, 3n, false],
    ['an even exponent', ODD_MODULUS, 65538n, false],
    ['an exponent of 65 bits', ODD_MODULUS, 2n ** 64n + 1n, false],
    ['2047 bits', 2n ** 2046n + 1n, 65537n, false],
    ['8192 bits', 2n ** 8191n + 1n, 65537n, true],
    ['8193 bits', 2n ** 8192n + 1n, 65537n, false],
  ])('%s', (_, modulus, exponent, issues) => {
    const key = read(rsa(modulus, exponent)) as PublicKey;
    expect(key).toMatchObject({ algorithm: 'RSA', size: modulus.toString(2).length });
    expect(mayIssue(key)).toBe(issues);
  });

  test.each<[string, Bytes, string]>([
    ['a modulus of zero', rsa(0n, 65537n), 'X_BAD_PUBLIC_KEY'],
    ['a negative modulus', rsa(-5n, 65537n), 'X_BAD_PUBLIC_KEY'],
    [
      'a third number',
      sequence(
        sequence(objectIdentifier('1.2.840.113549.1.1.1'), nullValue()),
        bitString(sequence(integer(5), integer(7), integer(9))),
      ),
      'DER_TRAILING_DATA',
    ],
    [
      'bytes behind the key',
      sequence(
        sequence(objectIdentifier('1.2.840.113549.1.1.1'), nullValue()),
        bitString(Uint8Array.of(...sequence(integer(5), integer(7)), 0x05, 0x00)),
      ),
      'DER_TRAILING_DATA',
    ],
  ])('%s', (_, spki, code) => {
    expect(read(spki)).toBe(code);
  });

  test('parameters may be absent', () => {
    const key = sequence(integer(ODD_MODULUS), integer(65537));
    const spki = sequence(sequence(objectIdentifier('1.2.840.113549.1.1.1')), bitString(key));
    expect(read(spki)).toMatchObject({ algorithm: 'RSA', size: 2048 });
  });
});

describe('others', () => {
  test('a kind that is not known keeps its identifier, parameters unread', () => {
    const spki = sequence(
      sequence(objectIdentifier('1.2.3.4'), integer(1)),
      bitString(Uint8Array.of(1)),
    );
    expect(read(spki)).toEqual({ algorithm: '1.2.3.4', unknown: true });
  });

  test('an ML-DSA key has no parameters', () => {
    const spki = sequence(
      sequence(objectIdentifier('2.16.840.1.101.3.4.3.18'), nullValue()),
      bitString(Uint8Array.of(1)),
    );
    expect(read(spki)).toBe('DER_TRAILING_DATA');
  });

  test('an EC key without curve is none', () => {
    const spki = sequence(
      sequence(objectIdentifier('1.2.840.10045.2.1')),
      bitString(Uint8Array.of(4)),
    );
    expect(read(spki)).toBe('X_BAD_PUBLIC_KEY');
  });
});
