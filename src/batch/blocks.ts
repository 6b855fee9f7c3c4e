/**
 * A stream of bytes to blocks of whole lines, so that what is done line by line happens in the worker and
 * here only line feeds are looked for. Memory is bounded by the block and the longest line.
 */
import type { RecordFault } from './record.ts';

/** Whole lines. */
export interface LineBlock {
  readonly kind: 'lines';
  readonly bytes: Uint8Array;
  /** Number of its first line, from 1. */
  readonly firstLine: number;
  /** Where its first byte and the byte after its last stand in the input, decompressed. */
  readonly start: number;
  readonly end: number;
}

/** A line, or a rest of the input, that cannot be read. */
export interface FaultBlock {
  readonly kind: 'fault';
  readonly fault: RecordFault;
  readonly firstLine: number;
  readonly start: number;
  readonly end: number;
}

export type Block = LineBlock | FaultBlock;

/** Where to begin: a place where a block of this input ended before. */
export interface Position {
  /** Bytes of the input that are done, decompressed. */
  readonly offset: number;
  /** Number of the line that stands there, from 1. */
  readonly line: number;
}

const BEGINNING: Position = Object.freeze({ offset: 0, line: 1 });

/** About 16 records: enough to hide the hop to a worker, few enough to keep all workers busy. */
const BLOCK_BYTES = 64 * 1024;

/** The longest chain in base64 with room for members of the caller's own. */
export const MAX_LINE_BYTES = 1024 * 1024;

const LINE_FEED = 0x0a;

/**
 * Cuts a stream that begins at `from` into blocks. A stream that fails (a truncated archive, a disk that
 * cannot be read) ends in a fault block; what was read of a line until then is dropped.
 */
export async function* readBlocks(
  stream: AsyncIterable<Uint8Array>,
  from: Position = BEGINNING,
): AsyncGenerator<Block> {
  let { offset, line } = from;
  let held: Buffer = Buffer.alloc(0);
  /** Inside a line that is too long: its rest is dropped. */
  let isDropping = false;
  try {
    for await (const chunk of stream) {
      held = held.length === 0 ? Buffer.from(chunk) : Buffer.concat([held, chunk]);
      if (isDropping) {
        const end = held.indexOf(LINE_FEED) + 1;
        const dropped = end === 0 ? held.length : end;
        held = held.subarray(dropped);
        if (end > 0) {
          yield tooLong(line, offset, offset + dropped);
          line += 1;
          isDropping = false;
        }
        offset += dropped;
      }
      if (held.length < BLOCK_BYTES) continue;
      const end = held.lastIndexOf(LINE_FEED) + 1;
      for (const bytes of cut(held.subarray(0, end))) {
        yield { kind: 'lines', bytes, firstLine: line, start: offset, end: offset + bytes.length };
        offset += bytes.length;
        line += countLines(bytes);
      }
      held = held.subarray(end);
      isDropping = held.length > MAX_LINE_BYTES;
      if (isDropping) {
        offset += held.length;
        held = Buffer.alloc(0);
      }
    }
  } catch (error) {
    const end = held.lastIndexOf(LINE_FEED) + 1;
    const whole = held.subarray(0, end);
    if (end > 0) {
      yield { kind: 'lines', bytes: whole, firstLine: line, start: offset, end: offset + end };
      line += countLines(whole);
      offset += end;
    }
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    const text = `the rest of the input cannot be read (${code})`;
    const fault = { code: 'INPUT_UNREADABLE', text } as const;
    yield { kind: 'fault', fault, firstLine: line, start: offset, end: offset };
    return;
  }
  if (isDropping) yield tooLong(line, offset, offset);
  for (const bytes of cut(held)) {
    yield { kind: 'lines', bytes, firstLine: line, start: offset, end: offset + bytes.length };
    offset += bytes.length;
    line += countLines(bytes);
  }
}

/** Pieces of at most about a block, each of whole lines: decompressors hand out larger ones. */
function* cut(bytes: Buffer): Generator<Buffer> {
  let start = 0;
  while (start < bytes.length) {
    const next = bytes.indexOf(LINE_FEED, start + BLOCK_BYTES);
    const end = next < 0 ? bytes.length : next + 1;
    yield bytes.subarray(start, end);
    start = end;
  }
}

function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) {
    lines += 1;
  }
  return lines;
}

function tooLong(firstLine: number, start: number, end: number): FaultBlock {
  const text = `the line is longer than ${MAX_LINE_BYTES} bytes`;
  return { kind: 'fault', fault: { code: 'RECORD_TOO_LARGE', text }, firstLine, start, end };
}
