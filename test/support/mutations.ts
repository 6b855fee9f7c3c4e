/** Changes to DER: every octet, and every value dropped, doubled or swapped with its neighbour. */
import { elementsOf, split } from '../../src/simulator/der.ts';

export interface Mutation {
  readonly what: string;
  readonly bytes: Uint8Array;
}

/** A value somewhere in `der`: `der[start, end)`, and the structures around it, outermost first. */
interface Place {
  readonly start: number;
  readonly end: number;
  readonly around: readonly { readonly start: number; readonly contentAt: number }[];
}

/** Every octet with its lowest bit flipped, and with all bits flipped. */
export function* flipOctets(der: Uint8Array): Generator<Mutation> {
  for (let at = 0; at < der.length; at += 1) {
    for (const mask of [0x01, 0xff]) {
      yield { what: `octet ${at} ^ ${mask}`, bytes: der.with(at, (der[at] as number) ^ mask) };
    }
  }
}

/** Every value dropped, doubled, and swapped with the one behind it; lengths around it are mended. */
export function* changeValues(der: Uint8Array): Generator<Mutation> {
  const places = valuesOf(der);
  for (const [index, place] of places.entries()) {
    const { start, end } = place;
    if (start === 0) continue;
    const value = der.slice(start, end);
    yield { what: `value at ${start} dropped`, bytes: replace(der, place, new Uint8Array(0)) };
    const doubled = Buffer.concat([value, value]);
    yield { what: `value at ${start} doubled`, bytes: replace(der, place, doubled) };
    const next = places.slice(index + 1).find((other) => other.start === end);
    if (next === undefined || next.around.length !== place.around.length) continue;
    const both = { ...place, end: next.end };
    const swapped = Buffer.concat([der.slice(next.start, next.end), value]);
    yield {
      what: `values at ${start} and ${next.start} swapped`,
      bytes: replace(der, both, swapped),
    };
  }
}

/** Every value of `der`, also those inside OCTET STRINGs that hold one. */
export function valuesOf(der: Uint8Array): Place[] {
  const places: Place[] = [];
  const visit = (start: number, end: number, around: Place['around']): void => {
    places.push({ start, end, around });
    const value = der.subarray(start, end);
    const { identifier, length, content } = split(value);
    const contentAt = start + identifier.length + length.length;
    const isConstructed = ((identifier[0] as number) & 0x20) !== 0;
    if (!isConstructed && !(identifier[0] === 0x04 && holdsValue(content))) return;
    let at = contentAt;
    for (const element of elementsOf(content)) {
      visit(at, at + element.length, [...around, { start, contentAt }]);
      at += element.length;
    }
  };
  visit(0, der.length, []);
  return places;
}

/** Whether bytes are exactly one SEQUENCE or SET. */
function holdsValue(content: Uint8Array): boolean {
  if (content[0] !== 0x30 && content[0] !== 0x31) return false;
  try {
    return elementsOf(content).length === 1 && elementsOf(content)[0]?.length === content.length;
  } catch {
    return false;
  }
}

/** Puts `replacement` in the place of a value, and mends the lengths of everything around it. */
function replace(
  der: Uint8Array,
  { start, end, around }: Place,
  replacement: Uint8Array,
): Uint8Array {
  let inner = new Uint8Array(replacement);
  let innerEnd = end;
  let innerStart = start;
  for (const structure of around.toReversed()) {
    const { identifier, length } = split(der.subarray(structure.start));
    const contentEnd = structure.contentAt + lengthOf(length);
    const content = Buffer.concat([
      der.subarray(structure.contentAt, innerStart),
      inner,
      der.subarray(innerEnd, contentEnd),
    ]);
    inner = new Uint8Array(Buffer.concat([identifier, encodeLength(content.length), content]));
    innerStart = structure.start;
    innerEnd = contentEnd;
  }
  return inner;
}

function lengthOf(length: Uint8Array): number {
  if (length.length === 1) return length[0] as number;
  return length.subarray(1).reduce((sum, octet) => sum * 256 + octet, 0);
}

function encodeLength(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length);
  if (length < 0x100) return Uint8Array.of(0x81, length);
  return Uint8Array.of(0x82, length >> 8, length & 0xff);
}
