/** One random change to bytes that are DER: an octet, a value, a length, a tag, or a piece of them. */
import type { SeededRandom } from '../../src/simulator/random.ts';
import { valuesOf } from './mutations.ts';

/** Octets that mean something to a reader. */
const TELLING = [
  0x00, 0x01, 0x02, 0x1f, 0x30, 0x31, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xa0, 0xbf, 0xff,
];

export function mutate(der: Uint8Array, random: SeededRandom): Uint8Array {
  const at = random.below(der.length);
  switch (random.below(8)) {
    case 0:
      return der.with(at, (der[at] as number) ^ (1 << random.below(8)));
    case 1:
      return der.with(at, random.pick(TELLING));
    case 2:
      return der.subarray(0, at);
    case 3:
      return splice(der, at, 0, random.bytes(1 + random.below(4)));
    case 4:
      return splice(der, at, 1 + random.below(8), new Uint8Array(0));
    default:
      return changeValue(der, random);
  }
}

/** Changes the header or content of one value without mending what is around it, or copies it. */
function changeValue(der: Uint8Array, random: SeededRandom): Uint8Array {
  let places: ReturnType<typeof valuesOf>;
  try {
    places = valuesOf(der);
  } catch {
    return der;
  }
  const { start, end } = random.pick(places);
  switch (random.below(4)) {
    case 0:
      return der.with(start, random.pick(TELLING));
    case 1:
      return start + 1 < der.length ? der.with(start + 1, random.pick(TELLING)) : der;
    case 2:
      return splice(der, start, end - start, random.bytes(end - start));
    default: {
      const other = random.pick(places);
      return splice(der, start, end - start, der.subarray(other.start, other.end));
    }
  }
}

function splice(der: Uint8Array, at: number, drop: number, put: Uint8Array): Uint8Array {
  return new Uint8Array(Buffer.concat([der.subarray(0, at), put, der.subarray(at + drop)]));
}
