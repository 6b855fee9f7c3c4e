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

/** `2026-11-22T00:00:00Z`, with milliseconds only where there are any. Of the years 0 to 9999. */
export function toRfc3339(epochMs: number): string {
  const dayNumber = toDay(epochMs);
  const { year, month, day } = dateOfDay(dayNumber);
  const ms = epochMs - dayNumber * MS_PER_DAY;
  const seconds = Math.floor(ms / 1000);
  const hour = Math.floor(seconds / 3600);
  const minute = Math.floor(seconds / 60) % 60;
  const second = seconds % 60;
  const century = Math.floor(year / 100);
  // Put together in one piece: every report has a dozen times.
  const text = String.fromCharCode(
    tens(century),
    ones(century),
    tens(year % 100),
    ones(year),
    HYPHEN,
    tens(month),
    ones(month),
    HYPHEN,
    tens(day),
    ones(day),
    LETTER_T,
    tens(hour),
    ones(hour),
    COLON,
    tens(minute),
    ones(minute),
    COLON,
    tens(second),
    ones(second),
    ms % 1000 === 0 ? LETTER_Z : POINT,
  );
  return ms % 1000 === 0 ? text : `${text}${String(ms % 1000).padStart(3, '0')}Z`;
}

const [HYPHEN, COLON, POINT, LETTER_T, LETTER_Z, ZERO] = [0x2d, 0x3a, 0x2e, 0x54, 0x5a, 0x30];

/** The code of a digit of `value`. */
function tens(value: number): number {
  return ZERO + Math.floor(value / 10);
}

function ones(value: number): number {
  return ZERO + (value % 10);
}
