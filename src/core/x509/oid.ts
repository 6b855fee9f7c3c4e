/** Object identifiers as the bytes they are encoded in, and back to dots for people. */
import { equalRanges } from '../base/index.ts';

/** Content octets of an identifier given in dotted form (X.690 8.19). */
export function oid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return Uint8Array.from([first * 40 + second, ...rest].flatMap(toBase128));
}

/** Whether `bytes[from, to)` is exactly `identifier`. */
export function isOid(
  bytes: Uint8Array,
  from: number,
  to: number,
  identifier: Uint8Array,
): boolean {
  return equalRanges(bytes, from, to, identifier, 0, identifier.length);
}

/** Dotted form of the content octets `bytes[from, to)`, which are a well-formed identifier. */
export function toDotted(bytes: Uint8Array, from: number, to: number): string {
  const arcs: bigint[] = [];
  let arc = 0n;
  for (let at = from; at < to; at += 1) {
    const octet = bytes[at] as number;
    arc = arc * 128n + BigInt(octet & 0x7f);
    if (octet >= 0x80) continue;
    arcs.push(arc);
    arc = 0n;
  }
  const [joint = 0n, ...rest] = arcs;
  const first = joint < 80n ? joint / 40n : 2n;
  return [first, joint - first * 40n, ...rest].join('.');
}

function toBase128(arc: number): number[] {
  const octets = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) {
    octets.unshift((rest % 128) | 0x80);
  }
  return octets;
}
