/**
 * The chain of a request that begins with it, cut out of its JSON text. Nine tenths of a body are the base64 of certificates;
 * to make strings of them, and to look for member names in them, costs as much as to decode them.
 *
 * Only what is plainly so is cut: strings without anything escaped, straight after one another. All else is left for
 * the parser, whose word on it counts.
 */

const START = '{"chain":["';
const QUOTE = 0x22;
const COMMA = 0x2c;
const END_OF_ARRAY = 0x5d;

export interface CutBody {
  /** Text between the quotes of each element: neither quote nor escape is in it, whatever else. */
  readonly chain: readonly string[];
  /** The body with an empty array in the place of the chain. */
  readonly rest: string;
}

/** Null: it does not begin with a chain, or not so plainly. */
export function cutChain(json: string): CutBody | null {
  if (!json.startsWith(START)) return null;
  const chain: string[] = [];
  let at = START.length;
  for (;;) {
    const end = json.indexOf('"', at);
    if (end < 0) return null;
    chain.push(json.slice(at, end));
    const next = json.charCodeAt(end + 1);
    if (next === END_OF_ARRAY) return { chain, rest: `{"chain":[${json.slice(end + 1)}` };
    if (next !== COMMA || json.charCodeAt(end + 2) !== QUOTE) return null;
    at = end + 3;
  }
}
