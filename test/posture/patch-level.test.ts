/** Patch levels as dates. */
import { describe, expect, test } from 'vitest';
import {
  derivePatchLevel,
  isAheadOf,
  isOlderThan,
  type PatchLevel,
} from '../../src/core/posture/index.ts';

function levelOf(value: number | bigint): PatchLevel {
  const list = { fields: { bootPatchLevel: value }, unknownTags: [], malformed: [], tagOrder: [] };
  return derivePatchLevel(list, 'bootPatchLevel');
}

test.each<[number | bigint, object]>([
  [202611, { state: 'date', year: 2026, month: 11, day: null }],
  [20261105, { state: 'date', year: 2026, month: 11, day: 5 }],
  [20261100, { state: 'date', year: 2026, month: 11, day: null }],
  [20240229, { state: 'date', day: 29 }],
  [20230229, { state: 'malformed', raw: '20230229' }],
  [20230431, { state: 'malformed' }],
  [20230131, { state: 'date', day: 31 }],
  [202600, { state: 'malformed' }],
  [202613, { state: 'malformed' }],
  [2000231, { state: 'malformed' }],
  [1, { state: 'malformed' }],
  [2n ** 60n, { state: 'malformed', raw: String(2n ** 60n) }],
  [0, { state: 'zero' }],
])('%s', (value, expected) => {
  expect(levelOf(value)).toMatchObject(expected);
});

test('absent, and of another type', () => {
  const list = { fields: {}, unknownTags: [], malformed: [], tagOrder: [] };
  expect(derivePatchLevel(list, 'osPatchLevel')).toEqual({ state: 'absent' });
  const raw = { tag: 706, offset: 0, der: new Uint8Array(0), name: 'osPatchLevel' as const };
  expect(derivePatchLevel({ ...list, malformed: [raw] }, 'osPatchLevel')).toEqual({
    state: 'malformed',
    raw: null,
  });
  expect(derivePatchLevel({ ...list, malformed: [raw] }, 'vendorPatchLevel')).toEqual({
    state: 'absent',
  });
});

describe('distances, over the turn of years', () => {
  const today = { year: 2026, month: 11, day: 22 };
  const dated = (value: number) => levelOf(value) as Extract<PatchLevel, { state: 'date' }>;
  test.each<[number, boolean]>([
    [20251122, false],
    [20251121, true],
    [202511, false],
    [202510, true],
    [20251200, false],
    [202612, false],
  ])('%i is more than 12 months old: %s', (value, expected) => {
    expect(isOlderThan(dated(value), 12, today)).toBe(expected);
  });
  test.each<[number, boolean]>([
    [20270222, false],
    [20270223, true],
    [202702, false],
    [202703, true],
    [202611, false],
  ])('%i is more than 3 months ahead: %s', (value, expected) => {
    expect(isAheadOf(dated(value), 3, today)).toBe(expected);
  });
});
