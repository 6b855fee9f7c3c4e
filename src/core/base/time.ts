/** Times for people and machines: RFC 3339 in UTC, from and to milliseconds since 1970. */

const MS_PER_DAY = 86_400_000;

/** The UTC day of a moment, counted from 1970-01-01. */
export function toDay(epochMs: number): number {
  return Math.floor(epochMs / MS_PER_DAY);
}

/** Proleptic Gregorian date of a day counted from 1970-01-01 (H. Hinnant, `civil_from_days`). */
export function dateOfDay(day: number): { year: number; month: number; day: number } {
  // Years start on 1 March here, so that the leap day comes last.
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
  };
}

const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** `month`: 1 to 12. */
export function daysInMonth(year: number, month: number): number {
  return month === 2 && isLeapYear(year) ? 29 : (DAYS_IN_MONTH[month - 1] as number);
}

/** `2026-11-22T00:00:00Z`, with milliseconds only where there are any. */
export function toRfc3339(epochMs: number): string {
  const dayNumber = toDay(epochMs);
  const { year, month, day } = dateOfDay(dayNumber);
  const ms = epochMs - dayNumber * MS_PER_DAY;
  const seconds = Math.floor(ms / 1000);
  const fraction = ms % 1000 === 0 ? '' : `.${String(ms % 1000).padStart(3, '0')}`;
  const clock = `${twoDigits(Math.floor(seconds / 3600))}:${twoDigits(Math.floor(seconds / 60) % 60)}:${twoDigits(seconds % 60)}`;
  const years = String(year).padStart(4, '0');
  return `${years}-${twoDigits(month)}-${twoDigits(day)}T${clock}${fraction}Z`;
}

const TWO_DIGITS: readonly string[] = Array.from({ length: 60 }, (_, value) =>
  String(value).padStart(2, '0'),
);

function twoDigits(value: number): string {
  return TWO_DIGITS[value] as string;
}
