/** Moments in text: RFC 3339. */

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d{1,3})?(Z|[+-]\d\d:\d\d)$/i;

/** A moment such as `2026-11-22T00:00:00Z`, to milliseconds since 1970. Null: it is none. */
export function parseRfc3339(text: string): number | null {
  const match = RFC3339.exec(text);
  if (match === null) return null;
  const parsed = Date.parse(text.toUpperCase());
  if (Number.isNaN(parsed)) return null;
  // Date.parse rolls 31 February over; the day must be the one that was written.
  const offsetMs = offsetOf(match[8] as string);
  return new Date(parsed + offsetMs).getUTCDate() === Number(match[3]) ? parsed : null;
}

function offsetOf(zone: string): number {
  if (zone.toUpperCase() === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4));
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}
