/** What asn1js accepts and DER forbids is refused here: one line a form, X.690 clause or THREATS rule beside it. */
import { describe, expect, test } from 'vitest';
import { readAuthorizationList } from '../../src/crosscheck/authorization-list.ts';
import { toHex } from '../../src/crosscheck/bytes.ts';
import { readElement, readElements } from '../../src/crosscheck/elements.ts';
import { readName, singleValue } from '../../src/crosscheck/names.ts';
import { readPublicKey } from '../../src/crosscheck/public-key.ts';
import { Refusal } from '../../src/crosscheck/refusal.ts';
import {
  checkNull,
  readBitString,
  readBoolean,
  readEnumerated,
  readInteger,
  readObjectIdentifier,
  readOctetsInBits,
  readTime,
} from '../../src/crosscheck/values.ts';

function bytes(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
}

function element(hex: string) {
  return readElement(bytes(hex), 'it');
}

function ascii(identifier: string, text: string): string {
  const length = text.length.toString(16).padStart(2, '0');
  return `${identifier}${length}${Buffer.from(text, 'latin1').toString('hex')}`;
}

test('cuts bytes into elements without looking inside', () => {
  const [first, second] = readElements(bytes('3003 ffffff bf8540 02 0500'), 'it');
  expect(first).toMatchObject({ tagClass: 'universal', tag: 16, constructed: true });
  expect(toHex(first?.content ?? bytes(''))).toBe('ffffff');
  expect(second).toMatchObject({ tagClass: 'context', tag: 704, constructed: true });
  expect(toHex(second?.der ?? bytes(''))).toBe('bf8540020500');
});

describe('elements', () => {
  test.each([
    ['nothing', '', 'nothing is there'],
    ['no length', '02', 'Zero buffer length'],
    ['an indefinite length', '3080 0500 0000', 'a length is indefinite'],
    ['a long form where the short one fits', '02 8101 00', 'a length is padded'],
    ['a length with a leading zero', `04 820080 ${'00'.repeat(128)}`, 'a length is padded'],
    ['a length of five octets', '04 850000000001 00', 'a length has too many octets'],
    ['a length that wraps 32 bits', '04 84fffffffa 00', 'a length runs past the end'],
    ['a child longer than its parent', '3003 0205 00 0000', 'bytes follow its end'],
    ['bytes behind it', '0500 00', 'bytes follow its end'],
    ['a padded high tag', 'bf808540 00', 'a tag is padded'],
    ['a low tag in the high form', 'bf01 00', 'a tag is padded'],
    ['a tag number of four octets', 'bf81808000 00', 'a tag number is too large'],
    ['a tag that is cut off', 'bf85', 'End of input'],
    ['a constructed INTEGER', '22 03 020100', 'Constructed encoding'],
  ])('refuses %s', (_name, hex, reason) => {
    expect(() => element(hex)).toThrow(reason);
    expect(() => element(hex)).toThrow(Refusal);
  });
});

describe('numbers', () => {
  test('reads both signs', () => {
    expect(readInteger(element('02 09 00ffffffffffffffff'), 'it')).toBe(2n ** 64n - 1n);
    expect(readInteger(element('02 01 fb'), 'it')).toBe(-5n);
    expect(readEnumerated(element('0a 01 02'), 'it')).toBe(2n);
  });

  test.each([
    ['no octets', '0200'],
    ['a needless zero octet', '02020001'],
    ['a needless FF octet', '0202ff80'],
    ['another type', '0a0101'],
  ])('refuses %s', (_name, hex) => {
    expect(() => readInteger(element(hex), 'it')).toThrow(Refusal);
  });
});

describe('booleans', () => {
  test('any octet but 00 is true where that is tolerated', () => {
    expect(readBoolean(element('010101'), 'lenient', 'it')).toBe(true);
    expect(readBoolean(element('010100'), 'strict', 'it')).toBe(false);
  });

  test.each([
    ['a true other than FF', '010101'],
    ['no octet', '0100'],
    ['two octets', '0102ffff'],
    ['another type', '0201ff'],
  ])('refuses %s', (_name, hex) => {
    expect(() => readBoolean(element(hex), 'strict', 'it')).toThrow(Refusal);
  });
});

describe('bit strings', () => {
  test.each([
    ['no first octet', '0300'],
    ['eight unused bits', '03020800'],
    ['unused bits that are set', '03020205'],
    ['unused bits of nothing', '030103'],
  ])('refuses %s', (_name, hex) => {
    expect(() => readBitString(element(hex), 'it')).toThrow(Refusal);
  });

  test('a key or signature fills its octets', () => {
    expect(toHex(readOctetsInBits(element('03020080'), 'it'))).toBe('80');
    expect(() => readOctetsInBits(element('03020780'), 'it')).toThrow('whole octets');
  });
});

describe('identifiers', () => {
  test('reads arcs of any size', () => {
    expect(readObjectIdentifier(element('0603551d0f'), 'it')).toBe('2.5.29.15');
    expect(readObjectIdentifier(element('06022a03'), 'it')).toBe('1.2.3');
  });

  test.each([
    ['no arcs', '0600'],
    ['an arc that is cut off', '06025580'],
    ['a padded arc', '060455801d0e'],
    ['a padded first arc', '06028001'],
  ])('refuses %s', (_name, hex) => {
    expect(() => readObjectIdentifier(element(hex), 'it')).toThrow(Refusal);
  });
});

test('a NULL is empty', () => {
  expect(() => checkNull(element('0500'), 'it')).not.toThrow();
  expect(() => checkNull(element('050100'), 'it')).toThrow(Refusal);
});

describe('times', () => {
  test.each([
    ['17', '491231235959Z', Date.UTC(2049, 11, 31, 23, 59, 59)],
    ['17', '500101000000Z', Date.UTC(1950, 0)],
    ['18', '20240229120000Z', Date.UTC(2024, 1, 29, 12)],
    ['18', '00500101000000Z', new Date('0050-01-01T00:00:00Z').getTime()],
    ['18', '99991231235959Z', Date.UTC(9999, 11, 31, 23, 59, 59)],
  ])('reads %s %s', (tag, text, expected) => {
    expect(readTime(element(ascii(tag, text)), 'it')).toBe(expected);
  });

  test.each([
    ['17', '240231000000Z'],
    ['17', '240101240000Z'],
    ['17', '240101000060Z'],
    ['17', '2401010000Z'],
    ['17', '240101000000z'],
    ['17', '240201000000+0100'],
    ['17', 'x240101000000Z'],
    ['17', ''],
    ['18', '20240101000000'],
    ['18', '20240101000000.5Z'],
    ['18', '20240101000000,0Z'],
    ['18', '202401010000Z'],
    ['18', '20240101000000+0000'],
    ['18', 'junk'],
    ['0c', '240101000000Z'],
  ])('refuses %s %s', (tag, text) => {
    expect(() => readTime(element(ascii(tag, text)), 'it')).toThrow(Refusal);
  });
});

describe('names', () => {
  function commonName(value: string) {
    const attribute = wrap('30', `0603550403 ${value}`);
    return readName(element(wrap('30', wrap('31', attribute))), 'it');
  }

  test.each([
    ['UTF8String', ascii('0c', 'CA2')],
    ['PrintableString', ascii('13', 'CA2')],
    ['TeletexString', ascii('14', 'CA2')],
    ['IA5String', ascii('16', 'CA2')],
    ['BMPString', '1e06 004300410032'],
  ])('reads a %s', (_name, value) => {
    expect(singleValue(commonName(value), 'CN')).toBe('CA2');
  });

  test.each([
    ['a UniversalString', '1c04 00000043'],
    ['UTF-8 that is none', '0c01 ff'],
    ['a BMPString of an odd length', '1e01 00'],
    ['a number', '020105'],
    ['a string in parts', '2c05 0c03434132'],
  ])('takes %s for no text', (_name, value) => {
    expect(singleValue(commonName(value), 'CN')).toBeNull();
  });
});

/** THREATS B03, B17, B38: forms that reach further than the ones of the simulator. */
describe('lists and keys', () => {
  function list(field: string) {
    return readAuthorizationList(element(wrap('30', field)), 'it');
  }

  const PACKAGE = wrap('30', `${ascii('04', 'a.b')} 020101`);
  const DIGEST = wrap('04', '11'.repeat(32));

  function applicationId(packages: string, digests: string): string {
    const id = wrap('30', wrap('31', packages) + wrap('31', digests));
    return wrap('bf8545', wrap('04', id));
  }

  test('refuses a package or a signer digest that stands twice', () => {
    expect(list(applicationId(PACKAGE, DIGEST))).toHaveProperty('attestationApplicationId');
    expect(() => list(applicationId(PACKAGE + PACKAGE, DIGEST))).toThrow('twice');
    expect(() => list(applicationId(PACKAGE, DIGEST + DIGEST))).toThrow('twice');
  });

  test('a number of more than 64 bits is no number of the schema', () => {
    const widest = wrap('bf853d', '0209 00ffffffffffffffff');
    expect(list(widest)).toEqual({ creationDateTime: '18446744073709551615' });
    const wider = wrap('bf853d', '0209 010000000000000000');
    expect(list(wider)).toEqual({ malformedTags: [{ tag: 701, der: wider.replaceAll(' ', '') }] });
    expect(() => list(wrap('bf853e', '0209 010000000000000000'))).toThrow('no field holds');
  });

  test('a key of an algorithm that is not known has at most one parameter', () => {
    const key = (algorithm: string) =>
      readPublicKey(element(wrap('30', `${wrap('30', algorithm)} 030200aa`)), 'it');
    expect(key('06022a03 0500')).toEqual({ family: 'other', identifier: '1.2.3' });
    expect(() => key('06022a03 0500 0500')).toThrow('no algorithm identifier');
    expect(() => key('06032b6570 0500')).toThrow('parameters where the algorithm has none');
  });
});

function wrap(identifier: string, content: string): string {
  const octets = content.replaceAll(' ', '').length / 2;
  const length = octets.toString(16).padStart(2, '0');
  return `${identifier}${octets < 0x80 ? '' : '81'}${length}${content}`;
}
