/** Input cut into shards: pieces that one worker judges in about half a minute, whole lines each. */
import { open } from 'node:fs/promises';
import { compressionOf, type Input } from './inputs.ts';
import type { Plan } from './plan.ts';

/** Part of one input. Plain data: it stands in a file that workers read. */
export interface Shard {
  readonly number: number;
  readonly unit: number;
  readonly input: Input;
  /** See `Chunk.input`. */
  readonly name: string | null;
  readonly firstLine: number;
  readonly start: number;
  /** Null: to the end of the input. A compressed one cannot be entered in the middle. */
  readonly end: number | null;
}

const LINE_FEED = 0x0a;
const READ_BYTES = 1024 * 1024;

/** Cuts the inputs of a plan into shards of about `bytes`, in the order of the results. */
export async function cutShards({ units }: Plan, bytes: number): Promise<readonly Shard[]> {
  const shards: Shard[] = [];
  for (const [unit, { inputs }] of units.entries()) {
    for (const input of inputs) {
      const name = inputs.length > 1 ? input.name : null;
      for (const piece of await cutInput(input, bytes)) {
        shards.push({ number: shards.length, unit, input, name, ...piece });
      }
    }
  }
  return shards;
}

type Piece = Pick<Shard, 'firstLine' | 'start' | 'end'>;

async function cutInput({ file, size }: Input, bytes: number): Promise<readonly Piece[]> {
  const whole = [{ firstLine: 1, start: 0, end: null }];
  if (file === null || size <= bytes || compressionOf(file) !== 'none') return whole;
  const pieces: Piece[] = [];
  const handle = await open(file, 'r');
  const buffer = Buffer.alloc(READ_BYTES);
  try {
    let [start, firstLine, line, offset] = [0, 1, 1, 0];
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, READ_BYTES, offset);
      if (bytesRead === 0) break;
      const read = buffer.subarray(0, bytesRead);
      for (let at = read.indexOf(LINE_FEED); at >= 0; at = read.indexOf(LINE_FEED, at + 1)) {
        line += 1;
        const end = offset + at + 1;
        if (end - start < bytes) continue;
        pieces.push({ firstLine, start, end });
        [start, firstLine] = [end, line];
      }
      offset += bytesRead;
    }
    if (start < offset) pieces.push({ firstLine, start, end: offset });
  } finally {
    await handle.close();
  }
  return pieces;
}
