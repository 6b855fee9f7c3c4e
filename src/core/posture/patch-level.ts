/**
 * Patch levels, which devices write as YYYYMM or YYYYMMDD, as 0, or as anything else (THREATS T41,
 * B21). Compared as dates, never as integers.
 */
import { daysInMonth } from '../base/index.ts';
import type { AuthorizationList, FieldName } from '../key-description/index.ts';

export type PatchLevel =
  | { readonly state: 'absent' }
  | { readonly state: 'zero' }
  | { readonly state: 'malformed'; readonly raw: string | null }
  | {
      readonly state: 'date';
      readonly raw: number;
      readonly year: number;
      readonly month: number;
      /** Null if the level has no day, or day 00: the month is known, the day is not. */
      readonly day: number | null;
    };

/** The patch levels of an authorization list. */
export type PatchField = Extract<FieldName, 'osPatchLevel' | 'vendorPatchLevel' | 'bootPatchLevel'>;

export const PATCH_FIELDS = [
  'osPatchLevel',
  'vendorPatchLevel',
  'bootPatchLevel',
] as const satisfies readonly PatchField[];

/** Reads a patch level of the hardware list. Total: what cannot be read is `malformed`. */
export function derivePatchLevel(list: AuthorizationList, field: PatchField): PatchLevel {
  const value = list.fields[field];
  if (value === undefined) {
    const isMalformed = list.malformed.some(({ name }) => name === field);
    return isMalformed ? { state: 'malformed', raw: null } : { state: 'absent' };
  }
  return value === 0 ? { state: 'zero' } : parsePatchLevel(value);
}

/** YYYYMM or YYYYMMDD; day 00 means the day is not known (AOSP KeyMint Tag.aidl, BOOT_PATCHLEVEL). */
export function parsePatchLevel(value: number | bigint): PatchLevel {
  const raw = String(value);
  if (!/^\d{6}(\d{2})?$/.test(raw)) return { state: 'malformed', raw };
  const year = Number(raw.slice(0, 4));
  const month = Number(raw.slice(4, 6));
  const day = Number(raw.slice(6));
  const isDate = month >= 1 && month <= 12 && day <= daysInMonth(year, month);
  if (!isDate) return { state: 'malformed', raw };
  return { state: 'date', raw: Number(raw), year, month, day: day === 0 ? null : day };
}

/** A calendar date, UTC. */
export interface CalendarDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

type DatedPatchLevel = Extract<PatchLevel, { readonly state: 'date' }>;

/** Whether a level lies more than `months` before `today`; an unknown day counts as the last one. */
export function isOlderThan(level: DatedPatchLevel, months: number, today: CalendarDate): boolean {
  return compareDates(level, months, level.day ?? 31, today) < 0;
}

/** Whether a level lies more than `months` after `today`; an unknown day counts as the first one. */
export function isAheadOf(level: DatedPatchLevel, months: number, today: CalendarDate): boolean {
  return compareDates(level, -months, level.day ?? 1, today) > 0;
}

/**
 * Whether a level lies before a floor. A device’s TEE and StrongBox write the same level with and without
 * its day, so days are compared only where both have one.
 */
export function isBefore(level: DatedPatchLevel, floor: DatedPatchLevel): boolean {
  const months = (level.year - floor.year) * 12 + level.month - floor.month;
  if (months !== 0) return months < 0;
  return level.day !== null && floor.day !== null && level.day < floor.day;
}

/** Sign of (level moved by `months`, on `day`) minus `today`. */
function compareDates(
  level: DatedPatchLevel,
  months: number,
  day: number,
  today: CalendarDate,
): number {
  const monthsApart = (level.year - today.year) * 12 + level.month + months - today.month;
  return monthsApart === 0 ? day - today.day : monthsApart;
}
