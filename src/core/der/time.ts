/**
 * UTCTime and GeneralizedTime as RFC 5280 4.1.2.5 allows them: seconds and a Z, no fraction, no
 * offset, a date that exists. Deviation: GeneralizedTime before 2050 is read (THREATS B35: ten genuine
 * chains), though RFC 5280 asks for UTCTime there.
 */
import { daysInMonth, isLeapYear } from '../base/index.ts';
import type { DerReader } from './reader.ts';
import { GENERALIZED_TIME, UTC_TIME } from './tags.ts';

/** RFC 5280 4.1.2.5.1: two-digit years from 50 on are of the 20th century. */
const CENTURY_PIVOT = 50;

const MS_PER_DAY = 86_400_000;
const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334] as const;

/** Reads a time. Gives milliseconds since 1970-01-01T00:00:00Z. */
export function readTime(reader: DerReader): number {
  reader.next();
  const { tag, from, to } = reader;
  if (tag === UTC_TIME && to - from === 13) {
    const year = readDigits(reader, from, 2);
    return readMoment(reader, year < CENTURY_PIVOT ? 2000 + year : 1900 + year, from + 2);
  }
  if (tag === GENERALIZED_TIME && to - from === 15) {
    return readMoment(reader, readDigits(reader, from, 4), from + 4);
  }
  return reader.fail(
    tag === UTC_TIME || tag === GENERALIZED_TIME ? 'DER_BAD_TIME' : 'DER_UNEXPECTED_TAG',
  );
}

/** Reads `MMDDhhmmssZ` at `at`. */
function readMoment(reader: DerReader, year: number, at: number): number {
  const month = readDigits(reader, at, 2);
  const day = readDigits(reader, at + 2, 2);
  const hour = readDigits(reader, at + 4, 2);
  const minute = readDigits(reader, at + 6, 2);
  const second = readDigits(reader, at + 8, 2);
  const exists =
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysInMonth(year, month) &&
    hour < 24 &&
    minute < 60 &&
    second < 60 &&
    reader.bytes[at + 10] === 0x5a;
  if (!exists) reader.fail('DER_BAD_TIME');
  return (
    daysSinceEpoch(year, month, day) * MS_PER_DAY + ((hour * 60 + minute) * 60 + second) * 1000
  );
}

function readDigits(reader: DerReader, at: number, count: number): number {
  let value = 0;
  for (let i = 0; i < count; i += 1) {
    const digit = (reader.bytes[at + i] as number) - 0x30;
    if (digit < 0 || digit > 9) reader.fail('DER_BAD_TIME');
    value = value * 10 + digit;
  }
  return value;
}

/** Days between 1970-01-01 and a date of the proleptic Gregorian calendar. */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const before = year - 1;
  const leapDays =
    Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400) - 477;
  const leapThisYear = month > 2 && isLeapYear(year) ? 1 : 0;
  return (
    (year - 1970) * 365 +
    leapDays +
    (DAYS_BEFORE_MONTH[month - 1] as number) +
    leapThisYear +
    day -
    1
  );
}
