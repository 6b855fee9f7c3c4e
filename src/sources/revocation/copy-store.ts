/**
 * The last good copy of every source, on disk: one file each, its headers and its body under one
 * SHA-256. A copy is written beside its place, flushed, and renamed into it, so that whoever looks, at
 * whatever moment, sees a whole one: another process, or the next start after a crash.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { SourceFault } from './fault.ts';

/** What is kept of a list beside its bytes. Times are milliseconds since 1970. */
export interface CopyFacts {
  readonly source: string;
  readonly kind: string;
  /** URL or file it came from. */
  readonly place: string;
  /** When the origin made the answer, or the file was written; null: current by the operator's word. */
  readonly fetchedAt: number | null;
  readonly refreshAfterMs: number;
  readonly publishedAt: number | null;
  readonly etag: string | null;
  readonly lastModified: string | null;
}

export interface Copy {
  readonly facts: CopyFacts;
  readonly body: Uint8Array;
}

const FORMAT = 'enigm-attest revocation copy 1';
const NEWLINE = 0x0a;
const DIGEST_DIGITS = 64;
/** Files that a killed process left half written are removed after this time. */
const LEFTOVER_MS = 600_000;

export class CopyStore {
  readonly #folder: string;
  #writes = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  get folder(): string {
    return this.#folder;
  }

  /** Changes whenever the copy does; null where there is none that can be seen. */
  versionOf(source: string): string | null {
    try {
      const { ino, mtimeMs, size } = statSync(this.#fileOf(source));
      return `${ino} ${mtimeMs} ${size}`;
    } catch {
      return null;
    }
  }

  /** Null where there is none. Throws `SourceFault` for one that is not as it was written. */
  load(source: string): Copy | null {
    let bytes: Buffer;
    try {
      bytes = readFileSync(this.#fileOf(source));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return null;
      throw new SourceFault('disk', `the stored copy cannot be read (${code})`, { cause: error });
    }
    const copy = decode(bytes);
    if (copy === null || copy.facts.source !== source) {
      throw new SourceFault('disk', 'the stored copy is damaged and is not used');
    }
    return copy;
  }

  /** Puts a copy in the place of the one before it. Throws `SourceFault`. */
  async save(copy: Copy): Promise<void> {
    const file = this.#fileOf(copy.facts.source);
    this.#writes += 1;
    const beside = `${file}.${process.pid}-${this.#writes}.tmp`;
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      await writeFlushed(beside, copy);
      await rename(beside, file);
      await flushFolder(this.#folder);
    } catch (error) {
      await rm(beside, { force: true }).catch(() => {});
      const { code, message } = error as NodeJS.ErrnoException;
      throw new SourceFault('disk', `the copy cannot be stored (${code ?? message})`, {
        cause: error,
      });
    }
  }

  /** Removes what killed processes left half written. `now`: milliseconds since 1970. */
  sweep(now: number): void {
    for (const name of this.#names().filter((each) => each.endsWith('.tmp'))) {
      const file = path.join(this.#folder, name);
      const written = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? now;
      if (now - written > LEFTOVER_MS) rmSync(file, { force: true });
    }
  }

  /** Nothing where the folder cannot be seen: loading and saving say why. */
  #names(): readonly string[] {
    try {
      return readdirSync(this.#folder);
    } catch {
      return [];
    }
  }

  #fileOf(source: string): string {
    return path.join(this.#folder, `${source}.copy`);
  }
}

function decode(bytes: Buffer): Copy | null {
  if (bytes[DIGEST_DIGITS] !== NEWLINE) return null;
  const rest = bytes.subarray(DIGEST_DIGITS + 1);
  if (bytes.toString('latin1', 0, DIGEST_DIGITS) !== sha256(rest)) return null;
  const end = rest.indexOf(NEWLINE);
  // The digest holds, so this is what we wrote, if perhaps another version of us.
  const { format, ...facts } = JSON.parse(rest.toString('utf8', 0, end)) as CopyFacts & {
    readonly format: string;
  };
  return format === FORMAT ? { facts, body: rest.subarray(end + 1) } : null;
}

/**
 * A line with the SHA-256 of all that follows, a line of facts, and the list as it came. In pieces, so
 * that a large list holds nobody up; the digest is put in its place last.
 */
async function writeFlushed(file: string, { facts, body }: Copy): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  const hash = createHash('sha256');
  let at = DIGEST_DIGITS;
  const write = async (bytes: Uint8Array): Promise<void> => {
    await handle.write(bytes, 0, bytes.length, at);
    at += bytes.length;
  };
  const append = async (bytes: Uint8Array): Promise<void> => {
    hash.update(bytes);
    await write(bytes);
  };
  try {
    await write(Buffer.of(NEWLINE));
    await append(Buffer.from(`${JSON.stringify({ format: FORMAT, ...facts })}\n`));
    for (let from = 0; from < body.length; from += PIECE_BYTES) {
      await append(body.subarray(from, from + PIECE_BYTES));
    }
    await handle.write(hash.digest('hex'), 0, 'latin1');
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const PIECE_BYTES = 1_048_576;

async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
