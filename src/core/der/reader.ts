/**
 * A strict pull reader for DER (X.690 clauses 8 and 10) over the bytes as received.
 *
 * The caller asks for the next value it expects; there is no tree, no recursion and no guessing.
 * Offsets are absolute in `bytes`, so that a finding can point. Refused here: indefinite and
 * non-minimal lengths, lengths of more than four octets, padded or oversized tag numbers, values
 * that reach beyond the structure they stand in, and bytes left over at its end.
 *
 * Inside a room a broken value throws `DerFault`; the room's parse function catches it at the door.
 */
import type { Effort, FindingCode } from '../base/index.ts';
import { HIGH_TAG, HIGH_TAG_FACTOR } from './tags.ts';

/** A broken encoding. Not an `Error`: hostile input must not buy a stack trace with each refusal. */
export class DerFault {
  readonly code: FindingCode;
  readonly offset: number;
  readonly field: string;

  constructor(code: FindingCode, offset: number, field: string) {
    this.code = code;
    this.offset = offset;
    this.field = field;
  }
}

/** What `read` gives, or the fault that stopped it: the door of a room that throws inside. */
export function attempt<Value>(read: () => Value): Value | DerFault {
  try {
    return read();
  } catch (error) {
    if (error instanceof DerFault) return error;
    throw error;
  }
}

/** At most this many base-128 octets in a tag number: 21 bits; KeyMint's largest is 724. */
const MAX_TAG_OCTETS = 3;
const MAX_LENGTH_OCTETS = 4;

export class DerReader {
  readonly bytes: Uint8Array;
  /** Where the next value starts. */
  position: number;
  /** Where the structure being read ends. */
  end: number;
  /** Identifier of the value last read; see `tags.ts`. */
  tag = 0;
  /** Where the value last read starts, its header included. */
  start = 0;
  /** Content of the value last read: `bytes[from, to)`. */
  from = 0;
  to = 0;
  /** What is being read, for findings. */
  field = '';
  readonly #effort: Effort;

  constructor(bytes: Uint8Array, effort: Effort, from = 0, to = bytes.length) {
    this.bytes = bytes;
    this.#effort = effort;
    this.position = from;
    this.end = to;
  }

  /** Whether the structure being read has no further value. */
  get atEnd(): boolean {
    return this.position === this.end;
  }

  /** Reads the next value whatever it is and moves behind it. */
  next(): void {
    this.#effort.valuesRead += 1;
    this.start = this.position;
    this.#readIdentifier();
    const length = this.#readLength();
    this.from = this.position;
    this.to = this.from + length;
    if (this.to > this.end) this.fail('DER_TRUNCATED', this.start);
    this.position = this.to;
  }

  /** Reads the next value, which must carry `tag`, and moves behind it. */
  read(tag: number): void {
    this.next();
    if (this.tag !== tag) this.fail('DER_UNEXPECTED_TAG', this.start);
  }

  /** Whether the next value carries the one-octet identifier `tag`. Moves nothing. */
  nextIs(tag: number): boolean {
    return this.position < this.end && this.bytes[this.position] === tag;
  }

  /** Enters the next value, which must carry `tag`. Gives what `leave` needs to come back. */
  enter(tag: number): number {
    this.read(tag);
    return this.descend();
  }

  /** Enters the value last read. Gives what `leave` needs to come back. */
  descend(): number {
    const outerEnd = this.end;
    this.position = this.from;
    this.end = this.to;
    return outerEnd;
  }

  /** Leaves a structure, which must have been read to its end. */
  leave(outerEnd: number): void {
    this.expectEnd();
    this.end = outerEnd;
  }

  /** Refuses bytes left over in the structure being read. */
  expectEnd(): void {
    if (this.position !== this.end) this.fail('DER_TRAILING_DATA', this.position);
  }

  /** Stops reading. */
  fail(code: FindingCode, offset = this.start): never {
    throw new DerFault(code, offset, this.field);
  }

  #octet(): number {
    if (this.position >= this.end) this.fail('DER_TRUNCATED', this.start);
    const octet = this.bytes[this.position] as number;
    this.position += 1;
    return octet;
  }

  /** X.690 8.1.2: high tag numbers in as few octets as possible, and only where low ones end. */
  #readIdentifier(): void {
    const leading = this.#octet();
    if ((leading & HIGH_TAG) !== HIGH_TAG) {
      this.tag = leading;
      return;
    }
    let number = 0;
    for (let octets = 1; ; octets += 1) {
      const octet = this.#octet();
      if (octets > MAX_TAG_OCTETS || (octets === 1 && octet === 0x80)) this.fail('DER_BAD_TAG');
      number = number * 128 + (octet & 0x7f);
      if (octet < 0x80) break;
    }
    if (number < HIGH_TAG) this.fail('DER_BAD_TAG');
    this.tag = leading * HIGH_TAG_FACTOR + number;
  }

  /** X.690 10.1: the definite form in as few octets as possible. */
  #readLength(): number {
    const first = this.#octet();
    if (first < 0x80) return first;
    if (first === 0x80) this.fail('DER_INDEFINITE_LENGTH');
    const octets = first & 0x7f;
    if (octets > MAX_LENGTH_OCTETS) this.fail('DER_LENGTH_TOO_LARGE');
    const isPadded = this.bytes[this.position] === 0;
    let length = 0;
    // Multiplied, not shifted: four octets overflow a 32-bit integer (THREATS B05).
    for (let i = 0; i < octets; i += 1) length = length * 256 + this.#octet();
    if (length < 0x80 || isPadded) this.fail('DER_NON_MINIMAL_LENGTH');
    return length;
  }
}
