/** Times of certificates, compared with the platform's own calendar. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dateOfDay, newEffort, toRfc3339 } from '../../src/core/base/index.ts';
import { DerFault, DerReader, readTime } from '../../src/core/der/index.ts';

function read(tag: number, text: string): number | string {
  const bytes = Uint8Array.of(tag, text.length, ...Buffer.from(text));
  try {
    return readTime(new DerReader(bytes, newEffort()));
  } catch (fault) {
    if (fault instanceof DerFault) return fault.code;
    throw fault;
  }
}

const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;

describe('readTime', () => {
  test.each<[number, string, number | string]>([
    [UTC_TIME, '491231235959Z', Date.UTC(2049, 11, 31, 23, 59, 59)],
    [UTC_TIME, '500101000000Z', Date.UTC(1950, 0, 1)],
    [UTC_TIME, '000229000000Z', Date.UTC(2000, 1, 29)],
    [GENERALIZED_TIME, '19000228000000Z', Date.UTC(1900, 1, 28)],
    [GENERALIZED_TIME, '99991231235959Z', Date.UTC(9999, 11, 31, 23, 59, 59)],
    [GENERALIZED_TIME, '20240229000000Z', Date.UTC(2024, 1, 29)],
    [GENERALIZED_TIME, '19000229000000Z', 'DER_BAD_TIME'],
    [UTC_TIME, '240231000000Z', 'DER_BAD_TIME'],
    [UTC_TIME, '241301000000Z', 'DER_BAD_TIME'],
    [UTC_TIME, '240001000000Z', 'DER_BAD_TIME'],
    [UTC_TIME, '240100000000Z', 'DER_BAD_TIME'],
    [UTC_TIME, '240101240000Z', 'DER_BAD_TIME'],
    [UTC_TIME, '240101006000Z', 'DER_BAD_TIME'],
    [UTC_TIME, '240101000060Z', 'DER_BAD_TIME'],
    [UTC_TIME, '240101000000z', 'DER_BAD_TIME'],
    [UTC_TIME, '2401010000Z', 'DER_BAD_TIME'],
    [UTC_TIME, '24010100000aZ', 'DER_BAD_TIME'],
    [UTC_TIME, '24/101000000Z', 'DER_BAD_TIME'],
    [UTC_TIME, '240101000000+0100', 'DER_BAD_TIME'],
    [GENERALIZED_TIME, '20240101000000.5Z', 'DER_BAD_TIME'],
    [0x0c, '240101000000Z', 'DER_UNEXPECTED_TAG'],
  ])('%i %s', (tag, text, expected) => {
    expect(read(tag, text)).toBe(expected);
  });

  test('agrees with the platform on every moment of four digits of year', () => {
    const seconds = fc.integer({ min: Date.UTC(1, 0) / 1000, max: Date.UTC(9999, 11, 31) / 1000 });
    fc.assert(
      fc.property(seconds, (second) => {
        const ms = second * 1000;
        const iso = new Date(ms).toISOString();
        expect(read(GENERALIZED_TIME, iso.replaceAll(/[-:T]|\.\d+/g, ''))).toBe(ms);
        expect(toRfc3339(ms)).toBe(iso.replace('.000', ''));
        const { year, month, day } = dateOfDay(Math.floor(ms / 86_400_000));
        expect(new Date(Date.UTC(year, month - 1, day)).setUTCFullYear(year, month - 1, day)).toBe(
          Math.floor(ms / 86_400_000) * 86_400_000,
        );
      }),
      { numRuns: 2000 },
    );
  });

  test('milliseconds show where there are any', () => {
    expect(toRfc3339(1)).toBe('1970-01-01T00:00:00.001Z');
    expect(toRfc3339(-1)).toBe('1969-12-31T23:59:59.999Z');
  });
});
