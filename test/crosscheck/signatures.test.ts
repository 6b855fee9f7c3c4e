/** What the libraries leave open about signatures, names and issuers, and the rules close. */
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { readCertificate } from '../../src/crosscheck/certificate.ts';
import { readElement } from '../../src/crosscheck/elements.ts';
import { checkCriticalExtensions } from '../../src/crosscheck/issuers.ts';
import { isShortFormOf, readName } from '../../src/crosscheck/names.ts';
import { isSignedBy, toSigningKey } from '../../src/crosscheck/signatures.ts';
import {
  assembleTbs,
  type CertificateParts,
  makeAttribute,
  makeExtension,
  makeName,
  makeTemplates,
  signTbs,
} from '../../src/simulator/certificate.ts';
import { objectIdentifier, sequence, setOf } from '../../src/simulator/der.ts';
import type { KeyPair } from '../../src/simulator/key-pair.ts';

const { leaf } = await makeTemplates();

const ALGORITHM = {
  ecdsa: '1.2.840.10045.4.3.2',
  rsa: '1.2.840.113549.1.1.11',
  mlDsa44: '2.16.840.1.101.3.4.3.17',
  mlDsa65: '2.16.840.1.101.3.4.3.18',
} as const;

function keyPair(type: 'ec' | 'rsa' | 'ml-dsa-44'): KeyPair {
  const { publicKey, privateKey } =
    type === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : type === 'rsa'
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : generateKeyPairSync('ml-dsa-44');
  return { spki: new Uint8Array(publicKey.export({ format: 'der', type: 'spki' })), privateKey };
}

/** A certificate that `signer` signed and that says it did so with `algorithm`. */
function signed(
  signer: KeyPair,
  algorithm: keyof typeof ALGORITHM,
  parts: Partial<CertificateParts>,
) {
  const identifier = sequence(objectIdentifier(ALGORITHM[algorithm]));
  const tbs = assembleTbs({ ...leaf, innerAlgorithm: identifier, ...parts });
  return readCertificate(signTbs(tbs, identifier, signer, 'sha256'), 1);
}

describe('the identifier says what kind of key signed', () => {
  test.each([
    ['ec', 'ecdsa', true],
    ['rsa', 'rsa', true],
    ['ml-dsa-44', 'mlDsa44', true],
    ['rsa', 'ecdsa', false],
    ['ec', 'rsa', false],
    ['ml-dsa-44', 'mlDsa65', false],
    ['ml-dsa-44', 'ecdsa', false],
  ] as const)('%s key, %s identifier: %s', async (type, algorithm, expected) => {
    const signer = keyPair(type);
    const certificate = signed(signer, algorithm, {});
    expect(await isSignedBy(certificate, toSigningKey(signer.spki, 'key'))).toBe(expected);
  });

  test('another key of the same kind did not sign', async () => {
    const certificate = signed(keyPair('ec'), 'ecdsa', {});
    expect(await isSignedBy(certificate, toSigningKey(keyPair('ec').spki, 'key'))).toBe(false);
  });
});

describe('critical extensions above the leaf', () => {
  const signer = keyPair('ec');

  test.each([
    ['subjectAltName', '2.5.29.17'],
    ['authorityInfoAccess', '1.3.6.1.5.5.7.1.1'],
    ['an attestation in another format', '1.3.6.1.4.1.11129.2.1.25'],
  ])('%s is not understood', (_name, dotted) => {
    const extensions = [makeExtension(dotted, sequence(), true)];
    const certificate = signed(signer, 'ecdsa', { extensions });
    expect(() => checkCriticalExtensions(certificate)).toThrow('is not known');
  });

  test('name constraints are, and are ignored', () => {
    const extensions = [makeExtension('2.5.29.30', sequence(), true)];
    const certificate = signed(signer, 'ecdsa', { extensions });
    expect(() => checkCriticalExtensions(certificate)).not.toThrow();
  });
});

describe('the short issuer name of a factory leaf', () => {
  const full = read(makeName({ title: 'TEE', serialNumber: 'ab12' }));

  test.each([
    ['the serialNumber alone', makeName({ serialNumber: 'ab12' }), true],
    ['both RDNs the other way round', makeName({ serialNumber: 'ab12', title: 'TEE' }), true],
    ['the title alone', makeName({ title: 'TEE' }), false],
    ['nothing', sequence(), false],
    ['another serialNumber', makeName({ serialNumber: 'ab13' }), false],
    [
      'both attributes in one RDN',
      sequence(setOf(makeAttribute('title', 'TEE'), makeAttribute('serialNumber', 'ab12'))),
      false,
    ],
  ])('%s: %s', (_name, short, expected) => {
    expect(isShortFormOf(read(short), full)).toBe(expected);
  });

  function read(der: Uint8Array) {
    return readName(readElement(der, 'name'), 'name');
  }
});
