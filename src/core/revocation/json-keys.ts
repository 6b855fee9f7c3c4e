/**
 * Duplicate member names in JSON, which `JSON.parse` resolves silently to the last one (THREATS B40).
 * For text that `JSON.parse` has accepted: the scan relies on its being well-formed.
 */

/** The first member name that stands twice in one object, or undefined. */
export function findDuplicateKey(json: string): string | undefined {
  /** Names seen in each enclosing object; null for an array. */
  const open: (Set<string> | null)[] = [];
  let expectsKey = false;
  for (let at = 0; at < json.length; at += 1) {
    switch (json.charCodeAt(at)) {
      case 0x7b: // {
        open.push(new Set());
        expectsKey = true;
        break;
      case 0x5b: // [
        open.push(null);
        expectsKey = false;
        break;
      case 0x7d: // }
      case 0x5d: // ]
        open.pop();
        expectsKey = false;
        break;
      case 0x2c: // ,
        expectsKey = open.at(-1) instanceof Set;
        break;
      case 0x22: {
        const end = endOfString(json, at);
        if (expectsKey) {
          const names = open.at(-1) as Set<string>;
          const name = nameOf(json.slice(at, end + 1));
          if (names.has(name)) return name;
          names.add(name);
          expectsKey = false;
        }
        at = end;
        break;
      }
    }
  }
  return undefined;
}

/** A member name from its JSON text; most have nothing escaped in them. */
function nameOf(text: string): string {
  return text.includes('\\') ? (JSON.parse(text) as string) : text.slice(1, -1);
}

/** Index of the quote that closes the string opened at `start`. */
function endOfString(json: string, start: number): number {
  for (let at = start + 1; ; ) {
    const quote = json.indexOf('"', at);
    let backslashes = 0;
    while (json.charCodeAt(quote - 1 - backslashes) === 0x5c) backslashes += 1;
    if (backslashes % 2 === 0) return quote;
    at = quote + 1;
  }
}
