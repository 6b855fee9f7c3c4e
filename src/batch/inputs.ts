/** Inputs of a run: files and folders of NDJSON, plain, gzip or zstd, or standard input. */
import { closeSync, createReadStream, openSync, readdirSync, readSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Readable, Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';

/** One input. Plain data: it stands in checkpoints and jobs. */
export interface Input {
  /** As results name it: relative to the folder given, or the file's name. */
  readonly name: string;
  /** Absolute; null for standard input. */
  readonly file: string | null;
  /** Bytes and modification time when the run began; what changed since cannot be resumed. */
  readonly size: number;
  readonly modifiedMs: number;
}

/** The input cannot be used at all. */
export class InputFault extends Error {
  readonly code = 'INPUT_INVALID';
}

export type Compression = 'none' | 'gzip' | 'zstd';

export const STDIN: Input = { name: '-', file: null, size: 0, modifiedMs: 0 };

/** Files of a path, in order of their names; a folder is searched to the bottom. */
export function findInputs(place: string): readonly Input[] {
  const stats = statOf(place);
  if (!stats.isDirectory()) return [inputOf(place, path.basename(place))];
  const names = readdirSync(place, { recursive: true, encoding: 'utf8' })
    .filter((name) => statOf(path.join(place, name)).isFile())
    .filter((name) => !path.basename(name).startsWith('.'))
    .sort();
  if (names.length === 0) throw new InputFault(`${place}: there are no files in this folder`);
  return names.map((name) => inputOf(path.join(place, name), name));
}

/** Whether the file is still the one the run began with. */
export function isUnchanged({ file, size, modifiedMs }: Input): boolean {
  if (file === null) return true;
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats?.size === size && stats.mtimeMs === modifiedMs;
}

/** As many as tell the kinds of input apart. */
const MAGIC_BYTES = 4;

/** By its first bytes: names lie. */
export function compressionOf(file: string): Compression {
  const head = Buffer.alloc(MAGIC_BYTES);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, head, 0, head.length, 0);
  } finally {
    closeSync(descriptor);
  }
  return compressionOfBytes(head);
}

export interface OpenInput {
  /** Decompressed, from the offset asked for. */
  readonly stream: AsyncIterable<Uint8Array>;
  /** Bytes of the file read so far, compressed as they are. */
  readonly bytesRead: () => number;
}

/**
 * Opens an input, `offset` decompressed bytes in, up to `end` where that is given (plain files only).
 * What goes wrong while reading ends the stream with an error.
 */
export function openInput(
  input: Input,
  stdin: Readable,
  offset = 0,
  end = Number.POSITIVE_INFINITY,
): OpenInput {
  if (input.file === null) return decompressed(stdin, offset);
  let compression: Compression;
  try {
    compression = compressionOf(input.file);
  } catch (error) {
    return { stream: failing(error), bytesRead: () => 0 };
  }
  if (compression !== 'none') return decompressed(createReadStream(input.file), offset);
  const last = end === Number.POSITIVE_INFINITY ? {} : { end: end - 1 };
  const stream = createReadStream(input.file, {
    start: offset,
    highWaterMark: 256 * 1024,
    ...last,
  });
  return { stream, bytesRead: () => offset + stream.bytesRead };
}

function decompressed(source: Readable, offset: number): OpenInput {
  let bytesRead = 0;
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      bytesRead += (chunk as Buffer).length;
      yield chunk as Buffer;
    }
  }
  return { stream: skip(decompress(counted()), offset), bytesRead: () => bytesRead };
}

/** Looks at the first bytes to see what the stream is: a pipe may hand them out one by one. */
async function* decompress(source: AsyncGenerator<Buffer>): AsyncGenerator<Uint8Array> {
  let head: Buffer = Buffer.alloc(0);
  while (head.length < MAGIC_BYTES) {
    const next = await source.next();
    if (next.done) break;
    head = Buffer.concat([head, next.value]);
  }
  if (head.length === 0) return;
  async function* whole(): AsyncGenerator<Buffer> {
    yield head;
    yield* source;
  }
  const compression = compressionOfBytes(head);
  if (compression === 'none') {
    yield* whole();
    return;
  }
  const decoder = compression === 'gzip' ? createGunzip() : createZstdDecompress();
  let [fed, isWhole] = [0, false];
  const feed = (async () => {
    for await (const chunk of whole()) {
      // It has ended by itself: nothing would ever say that there is room for more.
      if (decoder.destroyed) return;
      fed += chunk.length;
      if (!decoder.write(chunk) && !decoder.destroyed) await drained(decoder);
    }
    isWhole = true;
    decoder.end();
  })().catch((error: Error) => decoder.destroy(error));
  try {
    yield* decoder as AsyncIterable<Uint8Array>;
    // Decoders stop without a word at what is no frame: whatever stands behind it would be lost.
    if (!isWhole || decoder.bytesWritten < fed) throw new TrailingBytes();
  } finally {
    decoder.destroy();
    await feed;
  }
}

/** Behind the last whole frame of an archive stands something else. */
class TrailingBytes extends Error {
  readonly code = 'ARCHIVE_TRAILING_BYTES';
}

function drained(stream: Transform): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done);
      stream.off('close', done);
      resolve();
    };
    stream.on('drain', done);
    stream.on('close', done);
  });
}

async function* skip(
  source: AsyncIterable<Uint8Array>,
  offset: number,
): AsyncGenerator<Uint8Array> {
  let left = offset;
  for await (const chunk of source) {
    if (left >= chunk.length) {
      left -= chunk.length;
      continue;
    }
    yield left === 0 ? chunk : chunk.subarray(left);
    left = 0;
  }
}

/** A stream that fails before its first byte. */
function failing(error: unknown): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }) };
}

function compressionOfBytes(head: Uint8Array): Compression {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  const isZstd = head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd;
  return isZstd ? 'zstd' : 'none';
}

function inputOf(file: string, name: string): Input {
  const { size, mtimeMs } = statOf(file);
  return { name, file, size, modifiedMs: mtimeMs };
}

function statOf(place: string) {
  try {
    return statSync(place);
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw new InputFault(`${place}: cannot be read (${code})`);
  }
}
