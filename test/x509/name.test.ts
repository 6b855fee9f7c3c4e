/** Names: by attribute, never by printed text. */
import { describe, expect, test } from 'vitest';
import { newEffort } from '../../src/core/base/index.ts';
import { DerReader } from '../../src/core/der/index.ts';
import { attributeOf, type Name, readName, toNameText } from '../../src/core/x509/index.ts';
import { makeAttribute, makeName } from '../../src/simulator/certificate.ts';
import { type Bytes, objectIdentifier, sequence, setOf, tlv } from '../../src/simulator/der.ts';

function nameOf(der: Bytes): Name {
  return readName(new DerReader(der, newEffort()));
}

function commonName(tag: number, octets: readonly number[]): Bytes {
  const value = tlv(tag, Uint8Array.from(octets));
  return sequence(setOf(sequence(objectIdentifier('2.5.4.3'), value)));
}

describe('strings', () => {
  test.each<[string, number, number[], string | null]>([
    ['UTF8String', 0x0c, [0x41], 'A'],
    ['UTF8String beyond ASCII', 0x0c, [0xc3, 0xa9], 'é'],
    ['UTF8String that is none', 0x0c, [0xc3], null],
    ['PrintableString', 0x13, [0x41], 'A'],
    ['PrintableString beyond ASCII', 0x13, [0xe9], null],
    ['IA5String', 0x16, [0x41], 'A'],
    ['TeletexString', 0x14, [0x41, 0xe9], 'Aé'],
    ['BMPString', 0x1e, [0x00, 0x41, 0x20, 0xac], 'A€'],
    ['BMPString of odd length', 0x1e, [0x00], null],
    ['another type', 0x04, [0x41], null],
  ])('%s', (_, tag, octets, value) => {
    expect(nameOf(commonName(tag, octets)).attributes[0]?.value).toBe(value);
  });
});

describe('attributeOf', () => {
  test('finds the only one of its type, whatever the order', () => {
    const name = nameOf(makeName({ O: 'Google LLC', CN: 'Droid CA2' }));
    expect([attributeOf(name, 'CN'), attributeOf(name, 'O')]).toEqual(['Droid CA2', 'Google LLC']);
  });

  test('finds nothing where one is missing, repeated or unreadable', () => {
    expect(attributeOf(nameOf(makeName({ O: 'x' })), 'CN')).toBeUndefined();
    const twice = sequence(setOf(makeAttribute('CN', 'a')), setOf(makeAttribute('CN', 'b')));
    expect(attributeOf(nameOf(twice), 'CN')).toBeUndefined();
    expect(attributeOf(nameOf(commonName(0x04, [0x41])), 'CN')).toBeUndefined();
  });

  test('a name with several attributes in one RDN says so', () => {
    const joint = sequence(setOf(makeAttribute('CN', 'a'), makeAttribute('O', 'b')));
    expect(nameOf(joint).isMultiValued).toBe(true);
    expect(nameOf(makeName({ CN: 'a', O: 'b' })).isMultiValued).toBe(false);
  });
});

describe('toNameText', () => {
  test.each<[string, string]>([
    ['plain', 'CN=plain'],
    ['Google, Inc.', 'CN=Google\\, Inc.'],
    ['a"b\\c+d;e<f>g=h', 'CN=a\\"b\\\\c\\+d\\;e\\<f\\>g\\=h'],
    [' edges ', 'CN=\\ edges\\ '],
    ['#start', 'CN=\\#start'],
    ['in # side', 'CN=in # side'],
    ['é\u0007', 'CN=\\C3\\A9\\07'],
    ['', 'CN='],
  ])('%j', (value, text) => {
    expect(toNameText(nameOf(makeName({ CN: value })))).toBe(text);
  });

  test('attributes in encoded order, unknown types by identifier, unreadable values as ?', () => {
    const odd = sequence(
      setOf(sequence(objectIdentifier('1.2.3.4'), tlv(0x04, Uint8Array.of(0x41)))),
      setOf(makeAttribute('title', 'TEE')),
    );
    expect(toNameText(nameOf(odd))).toBe('1.2.3.4=?,title=TEE');
    expect(toNameText(nameOf(sequence()))).toBe('');
  });
});
