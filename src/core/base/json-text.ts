/**
 * `JSON.stringify(value)` in ASCII alone: every other character stands as its escape (RFC 8259 section 7). One foreign
 * name would make a whole report a string of two octets a character; and a text of ASCII is as long as what is sent.
 */
export function toJsonText(value: unknown): string {
  if (typeof value === 'string' && NEEDS_NO_ESCAPE.test(value)) return `"${value}"`;
  const text = JSON.stringify(value);
  return NOT_ASCII.test(text) ? text.replaceAll(EACH_NOT_ASCII, toEscape) : text;
}

/** Printable ASCII but for the quotation mark and the backslash. */
const NEEDS_NO_ESCAPE = /^[ !#-[\]-~]*$/;
const NOT_ASCII = /[^\0-\x7f]/;
/** Without `u`: a character beyond the first plane is two escapes. */
const EACH_NOT_ASCII = /[^\0-\x7f]/g;

function toEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
