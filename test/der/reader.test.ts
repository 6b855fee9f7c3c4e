/** The one encoding DER allows, and a name for each other one. */
import { describe, expect, test } from 'vitest';
import { newEffort } from '../../src/core/base/index.ts';
import {
  DerFault,
  DerReader,
  explicitTag,
  explicitTagNumber,
  INTEGER,
  OCTET_STRING,
  readBitString,
  readBoolean,
  readEnumerated,
  readInteger,
  readLenientBitString,
  readLenientBoolean,
  readNull,
  readObjectIdentifier,
  readOctetAlignedBitString,
  readSmallInteger,
  SEQUENCE,
  toInteger,
} from '../../src/core/der/index.ts';

function readerOf(hex: string): DerReader {
  return new DerReader(new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex')), newEffort());
}

/** Code and offset of the fault, or the value. */
function outcome<Value>(hex: string, read: (reader: DerReader) => Value): Value | [string, number] {
  try {
    return read(readerOf(hex));
  } catch (fault) {
    if (fault instanceof DerFault) return [fault.code, fault.offset];
    throw fault;
  }
}

describe('headers', () => {
  test.each([
    ['04 01 aa', [OCTET_STRING, 2, 3]],
    [`04 81 80 ${'00'.repeat(128)}`, [OCTET_STRING, 3, 131]],
    [`04 82 01 00 ${'00'.repeat(256)}`, [OCTET_STRING, 4, 260]],
    ['bf 85 40 01 00', [explicitTag(704), 4, 5]],
    ['', ['DER_TRUNCATED', 0]],
    ['04', ['DER_TRUNCATED', 0]],
    ['04 02 aa', ['DER_TRUNCATED', 0]],
    ['04 84 ff ff ff fa aa', ['DER_TRUNCATED', 0]],
    ['04 80 aa 00 00', ['DER_INDEFINITE_LENGTH', 0]],
    ['04 81 01 aa', ['DER_NON_MINIMAL_LENGTH', 0]],
    ['04 82 00 80', ['DER_NON_MINIMAL_LENGTH', 0]],
    ['04 85 01 00 00 00 02', ['DER_LENGTH_TOO_LARGE', 0]],
    ['04 ff', ['DER_LENGTH_TOO_LARGE', 0]],
    ['bf 80 85 40 00', ['DER_BAD_TAG', 0]],
    ['bf 1e 00', ['DER_BAD_TAG', 0]],
    ['bf 81 82 83 04 00', ['DER_BAD_TAG', 0]],
    ['bf 81', ['DER_TRUNCATED', 0]],
  ])('%s', (hex, expected) => {
    expect(
      outcome(hex, (reader) => {
        reader.next();
        return [reader.tag, reader.from, reader.to];
      }),
    ).toEqual(expected);
  });

  test('tags and their numbers', () => {
    for (const number of [0, 1, 30, 31, 127, 128, 704, 16_383, 2 ** 21 - 1]) {
      expect(explicitTagNumber(explicitTag(number))).toBe(number);
    }
    expect(explicitTagNumber(INTEGER)).toBe(-1);
    expect(explicitTagNumber(SEQUENCE)).toBe(-1);
    // [704] with the class bits of APPLICATION is another tag.
    const application = outcome('7f 85 40 00', (reader) => {
      reader.next();
      return explicitTagNumber(reader.tag);
    });
    expect(application).toBe(-1);
  });
});

describe('structures', () => {
  test('a value of another type is named where it stands', () => {
    expect(
      outcome('30 03 04 01 aa', (reader) => {
        reader.enter(SEQUENCE);
        reader.read(INTEGER);
      }),
    ).toEqual(['DER_UNEXPECTED_TAG', 2]);
  });

  test('a value may not reach out of its structure', () => {
    expect(
      outcome('30 02 04 05 aa aa aa aa aa', (reader) => {
        reader.enter(SEQUENCE);
        reader.next();
      }),
    ).toEqual(['DER_TRUNCATED', 2]);
  });

  test('nothing may be left over', () => {
    expect(
      outcome('30 04 04 00 04 00', (reader) => {
        const outer = reader.enter(SEQUENCE);
        reader.read(OCTET_STRING);
        reader.leave(outer);
      }),
    ).toEqual(['DER_TRAILING_DATA', 4]);
  });

  test('what is next is seen without moving', () => {
    const reader = readerOf('04 00');
    expect([reader.nextIs(OCTET_STRING), reader.nextIs(INTEGER), reader.atEnd]).toEqual([
      true,
      false,
      false,
    ]);
    reader.read(OCTET_STRING);
    expect([reader.nextIs(OCTET_STRING), reader.atEnd]).toEqual([false, true]);
  });

  test('values read are counted', () => {
    const effort = newEffort();
    const reader = new DerReader(Uint8Array.of(0x30, 0x04, 0x04, 0x00, 0x04, 0x00), effort);
    const outer = reader.enter(SEQUENCE);
    while (!reader.atEnd) reader.next();
    reader.leave(outer);
    expect(effort.valuesRead).toBe(3);
  });
});

describe('INTEGER and ENUMERATED', () => {
  test.each<[string, number | bigint | [string, number]]>([
    ['02 01 00', 0],
    ['02 01 7f', 127],
    ['02 01 80', -128],
    ['02 02 00 80', 128],
    ['02 06 7f ff ff ff ff ff', 2 ** 47 - 1],
    ['02 07 1f ff ff ff ff ff ff', Number.MAX_SAFE_INTEGER],
    ['02 07 20 00 00 00 00 00 00', 2n ** 53n],
    ['02 08 80 00 00 00 00 00 00 00', -(2n ** 63n)],
    ['02 09 00 ff ff ff ff ff ff ff ff', 2n ** 64n - 1n],
    ['02 00', ['DER_BAD_INTEGER', 0]],
    ['02 02 00 7f', ['DER_BAD_INTEGER', 0]],
    ['02 02 ff 80', ['DER_BAD_INTEGER', 0]],
    ['0a 01 00', ['DER_UNEXPECTED_TAG', 0]],
  ])('%s', (hex, expected) => {
    const read = outcome(hex, (reader) => {
      readInteger(reader);
      return toInteger(reader);
    });
    expect(read).toEqual(expected);
  });

  test.each<[string, number | [string, number]]>([
    ['0a 01 02', 2],
    ['0a 01 ff', ['DER_BAD_INTEGER', 0]],
    ['0a 05 01 00 00 00 00', ['DER_BAD_INTEGER', 0]],
    ['0a 07 01 00 00 00 00 00 00', ['DER_BAD_INTEGER', 0]],
    ['02 01 02', ['DER_UNEXPECTED_TAG', 0]],
  ])('ENUMERATED %s', (hex, expected) => {
    expect(outcome(hex, readEnumerated)).toEqual(expected);
  });

  test('a small integer has a largest value', () => {
    expect(outcome('02 01 09', (reader) => readSmallInteger(reader, 9))).toBe(9);
    expect(outcome('02 01 0a', (reader) => readSmallInteger(reader, 9))).toEqual([
      'DER_BAD_INTEGER',
      0,
    ]);
  });
});

describe('other primitives', () => {
  test.each<[string, unknown]>([
    ['01 01 00', false],
    ['01 01 ff', true],
    ['01 01 01', ['DER_BAD_BOOLEAN', 0]],
    ['01 02 ff ff', ['DER_BAD_BOOLEAN', 0]],
  ])('BOOLEAN %s', (hex, expected) => {
    expect(outcome(hex, readBoolean)).toEqual(expected);
  });

  test('a lenient BOOLEAN gives its octet', () => {
    expect(outcome('01 01 01', readLenientBoolean)).toBe(1);
  });

  test.each<[string, unknown]>([
    ['03 02 07 80', 7],
    ['03 01 00', 0],
    ['03 00', ['DER_BAD_BIT_STRING', 0]],
    ['03 02 08 00', ['DER_BAD_BIT_STRING', 0]],
    ['03 01 01', ['DER_BAD_BIT_STRING', 0]],
    ['03 02 01 81', ['DER_BAD_BIT_STRING', 0]],
  ])('BIT STRING %s', (hex, expected) => {
    expect(outcome(hex, readBitString)).toEqual(expected);
  });

  test('a lenient BIT STRING may have unused bits set, an octet-aligned one has none', () => {
    expect(outcome('03 02 01 81', readLenientBitString)).toBe(1);
    expect(outcome('03 02 00 81', readOctetAlignedBitString)).toBeUndefined();
    expect(outcome('03 02 01 80', readOctetAlignedBitString)).toEqual(['DER_BAD_BIT_STRING', 0]);
  });

  test.each<[string, unknown]>([
    ['06 03 55 1d 0f', undefined],
    ['06 00', ['DER_BAD_OID', 0]],
    ['06 03 55 80 0f', ['DER_BAD_OID', 0]],
    ['06 03 55 1d 8f', ['DER_BAD_OID', 0]],
    [`06 41 2a ${'01 '.repeat(64)}`.trim(), ['DER_BAD_OID', 0]],
  ])('OBJECT IDENTIFIER %s', (hex, expected) => {
    expect(outcome(hex, readObjectIdentifier)).toEqual(expected);
  });

  test('NULL is empty', () => {
    expect(outcome('05 00', readNull)).toBeUndefined();
    expect(outcome('05 01 00', readNull)).toEqual(['DER_TRAILING_DATA', 2]);
  });
});
