/**
 * Text on its way to a terminal. Evidence is written by whoever sends it: what it can put into a package
 * name or a file must not move the cursor, clear the screen or turn the order of letters around.
 */

const ESCAPE = String.fromCharCode(0x1b);

/** The colours our own layout uses (see render/style.ts), which change no letter. */
const COLOUR = new RegExp(`(${ESCAPE}\\[(?:0|1|2|22|31|32|33|39)m)`);

/** Control characters but tab and line feed, and those that change the direction of text. */
const UNPRINTABLE = /(?![\t\n])[\p{Cc}\p{Bidi_Control}]/gu;

/** The same text with everything a terminal obeys written as `\uXXXX`, which JSON reads as the same character. */
export function toPrintable(text: string, { colour }: { readonly colour: boolean }): string {
  if (!colour) return text.replace(UNPRINTABLE, toEscape);
  return text
    .split(COLOUR)
    .map((part) => (COLOUR.test(part) ? part : part.replace(UNPRINTABLE, toEscape)))
    .join('');
}

function toEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
