/** Keys that verify links: what is no signature, and what is a defect of ours. */
import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { newEffort } from '../../src/core/base/index.ts';
import { attempt, DerFault } from '../../src/core/der/index.ts';
import {
  type Certificate,
  hasOnlyKeyCertSign,
  IssuerKey,
  parseCertificate,
} from '../../src/core/x509/index.ts';
import {
  assembleTbs,
  makeExtension,
  makeTemplates,
  signTbs,
} from '../../src/simulator/certificate.ts';
import { objectIdentifier, sequence } from '../../src/simulator/der.ts';
import { attest, makeWorld, type World } from '../support/world.ts';

const { leaf } = await makeTemplates();

let world: World;

beforeAll(async () => {
  world = await makeWorld('google-like');
});

function parse(der: Uint8Array | undefined): Certificate {
  const parsed = parseCertificate(der as Uint8Array, 0, newEffort());
  if (!parsed.ok) throw new Error(parsed.finding.code);
  return parsed.value;
}

test('a key is read for its first signature, imported for its second, and stays imported', () => {
  const [leaf, attestation] = attest(world).chain;
  const key = IssuerKey.of(parse(attestation));
  const effort = newEffort();
  const imported = [true, true, false, true].map((isItsOwn) => {
    expect(key.hasSigned(parse(isItsOwn ? leaf : attestation), effort)).toBe(isItsOwn);
    return effort.keysImported;
  });
  expect(imported).toEqual([1, 2, 2, 2]);
  expect(effort.signaturesChecked).toBe(4);
});

test('ML-DSA signs what it is given, without a hash before it', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ml-dsa-44');
  const spki = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }));
  const identifier = sequence(objectIdentifier('2.16.840.1.101.3.4.3.17'));
  const tbs = assembleTbs({ ...leaf, spki, innerAlgorithm: identifier });
  const der = signTbs(tbs, identifier, { spki, privateKey }, 'sha256');
  const certificate = parse(der);
  const key = IssuerKey.of(certificate);
  expect(key.hasSigned(certificate, newEffort())).toBe(true);
  const forged = parse(der.with(der.length - 1, (der.at(-1) as number) ^ 1));
  expect(key.hasSigned(forged, newEffort())).toBe(false);
});

test('a defect of ours is thrown, never taken for a bad signature', () => {
  const [leaf] = attest(world).chain;
  const key = new IssuerKey({ algorithm: 'EC', curve: 'P_256', size: 256 }, null as never);
  expect(() => key.hasSigned(parse(leaf), newEffort())).toThrow(TypeError);
  expect(() => attempt(() => [].at(0 as never)?.['x' as never])).not.toThrow();
  expect(() =>
    attempt(() => {
      throw new RangeError('ours');
    }),
  ).toThrow('ours');
  expect(
    attempt(() => {
      throw new DerFault('DER_BAD_OID', 0, '');
    }),
  ).toBeInstanceOf(DerFault);
});

describe('hasOnlyKeyCertSign', () => {
  test.each<[string, number[] | null, boolean]>([
    ['keyCertSign', [0x03, 0x02, 0x02, 0x04], true],
    ['keyCertSign and an octet too many', [0x03, 0x03, 0x07, 0x04, 0x00], true],
    ['keyCertSign and cRLSign', [0x03, 0x02, 0x01, 0x06], false],
    ['keyCertSign and decipherOnly', [0x03, 0x03, 0x07, 0x04, 0x80], false],
    ['digitalSignature', [0x03, 0x02, 0x07, 0x80], false],
    ['nothing', [0x03, 0x01, 0x00], false],
    ['no BIT STRING', [0x04, 0x00], false],
    ['no keyUsage', null, false],
  ])('%s', (_, octets, expected) => {
    const [leaf] = attest(world).chain;
    const certificate = parse(leaf);
    const bytes =
      octets === null ? certificate.bytes : makeExtension('2.5.29.15', Uint8Array.from(octets));
    const values =
      octets === null
        ? {}
        : { keyUsage: { start: bytes.length - octets.length, end: bytes.length } };
    const changed = { ...certificate, bytes, extensions: { ...certificate.extensions, values } };
    expect(hasOnlyKeyCertSign(changed)).toBe(expected);
  });
});
