/**
 * The audit trail as it is written: records are chained the moment they are made, wait in memory, and are
 * written in order by one writer, so that no request waits for a disk. They are forced to the disk at least
 * once a second; only what is on the disk is covered by a signed head.
 *
 * A disk that takes nothing stops no decision: records wait, the service says that it is not ready, and once
 * memory for them is used up the number of those lost becomes a record of its own.
 */
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises';
import { ConfigurationFault } from '../sources/document.ts';
import { headsFile, trailFile } from './files.ts';
import { readHead, type TrailHead } from './head.ts';
import { type AuditRecord, type Members, NO_RECORD, parseLine, toLine } from './record.ts';

export interface TrailOptions {
  readonly folder: string;
  /** Signs a head; null: there is no key, and a cut tail will not show. */
  readonly signHead: ((head: TrailHead) => Promise<string>) | null;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Told when records cannot be written (why), and when they can again (null). */
  readonly onProblem: (problem: string | null) => void;
  /** Told of each head, so that a copy of it is kept elsewhere. */
  readonly onHead: (head: TrailHead, token: string) => void;
}

/** Records that may wait for the disk: some 50 MB. */
const MAX_WAITING = 100_000;

/** How often what was written is forced to the disk, and a failed write tried again. */
const SYNC_EVERY_MS = 1000;

const HEAD_EVERY_MS = 60_000;

/** More than any record. */
const WINDOW_BYTES = 1_048_576;

export class Trail {
  readonly #options: TrailOptions;
  readonly #file: FileHandle;
  readonly #heads: FileHandle;
  readonly #timer: NodeJS.Timeout;
  #next: number;
  #last: string;
  /** Hash of the first record: the name of this trail. */
  #trail: string | null;
  #waiting: string[] = [];
  #lost = 0;
  /** Octets of whole records in the file. */
  #size: number;
  #written: Omit<TrailHead, 'trail'>;
  #syncedAt = 0;
  #syncedSeq = -1;
  #headAt = 0;
  #headSeq = -1;
  #problem: string | null = null;
  #working: Promise<void> = Promise.resolve();
  #isScheduled = false;

  private constructor(options: TrailOptions, files: OpenFiles) {
    this.#options = options;
    this.#file = files.trail;
    this.#heads = files.heads;
    this.#size = files.size;
    this.#next = (files.last?.seq ?? -1) + 1;
    this.#last = files.last?.hash ?? NO_RECORD;
    this.#trail = files.first;
    this.#written = { seq: this.#next - 1, hash: this.#last };
    this.#timer = setInterval(() => this.#schedule(), SYNC_EVERY_MS);
    this.#timer.unref();
  }

  /**
   * Opens the trail of a folder, or begins one. Throws `ConfigurationFault` where its end is not what was
   * written: what follows would hide it.
   */
  static async open(options: TrailOptions): Promise<Trail> {
    const files = await openFiles(options.folder);
    const trail = new Trail(options, files);
    trail.append('start', files.torn === 0 ? {} : { tornBytes: files.torn });
    return trail;
  }

  /** Adds a record. Never waits, never throws. */
  append(kind: string, members: Members): void {
    if (this.#waiting.length >= MAX_WAITING) {
      this.#lost += 1;
      return;
    }
    if (this.#lost > 0) {
      const count = this.#lost;
      this.#lost = 0;
      this.#add('lost', { count });
    }
    this.#add(kind, members);
    this.#schedule();
  }

  /** Why records are not being written; null: they are. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Writes what waits and signs the last head. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#working;
    await this.#work(true);
    await this.#file.close();
    await this.#heads.close();
  }

  #add(kind: string, members: Members): void {
    const at = new Date(this.#options.clock()).toISOString();
    const record = { seq: this.#next, at, prev: this.#last, kind };
    const { line, hash } = toLine(record, members);
    this.#trail ??= hash;
    this.#waiting.push(line);
    this.#next += 1;
    this.#last = hash;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#working = this.#working.then(async () => {
      // What is made in this turn of the event loop is written in one go.
      await new Promise((resolve) => setImmediate(resolve));
      this.#isScheduled = false;
      await this.#work(false);
    });
  }

  async #work(isLast: boolean): Promise<void> {
    try {
      await this.#write();
      await this.#settle(isLast);
      this.#say(null);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      this.#say(`the audit trail cannot be written (${code ?? message})`);
    }
  }

  /** Writes at a known place, so that what a failed write left there is written over. */
  async #write(): Promise<void> {
    const lines = this.#waiting;
    if (lines.length === 0) return;
    const end = { seq: this.#next - 1, hash: this.#last };
    this.#waiting = [];
    const bytes = Buffer.from(`${lines.join('\n')}\n`);
    try {
      for (let at = 0; at < bytes.length; ) {
        const left = bytes.length - at;
        at += (await this.#file.write(bytes, at, left, this.#size + at)).bytesWritten;
      }
    } catch (error) {
      this.#waiting = [...lines, ...this.#waiting];
      throw error;
    }
    this.#size += bytes.length;
    this.#written = end;
  }

  /** Forces what was written to the disk at most once a second, then signs for it where it is time. */
  async #settle(isLast: boolean): Promise<void> {
    const now = this.#options.clock();
    if (!isLast && now - this.#syncedAt < SYNC_EVERY_MS) return;
    const written = this.#written;
    if (this.#syncedSeq !== written.seq) await this.#file.datasync();
    this.#syncedAt = now;
    this.#syncedSeq = written.seq;
    const isTime = isLast || now - this.#headAt >= HEAD_EVERY_MS;
    const { signHead, onHead } = this.#options;
    if (signHead === null || this.#trail === null || !isTime) return;
    if (this.#headSeq === written.seq) return;
    const head = { trail: this.#trail, ...written };
    const token = await signHead(head);
    await this.#heads.appendFile(`${token}\n`);
    await this.#heads.datasync();
    this.#headAt = now;
    this.#headSeq = written.seq;
    onHead(head, token);
  }

  #say(problem: string | null): void {
    if (this.#problem === problem) return;
    this.#problem = problem;
    this.#options.onProblem(problem);
  }
}

interface OpenFiles {
  readonly trail: FileHandle;
  readonly heads: FileHandle;
  /** Octets of whole records. */
  readonly size: number;
  /** Octets after them, of a record that a crash cut short. */
  readonly torn: number;
  readonly first: string | null;
  readonly last: AuditRecord | null;
}

async function openFiles(folder: string): Promise<OpenFiles> {
  const handles: FileHandle[] = [];
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const heads = await open(headsFile(folder), 'a', 0o600);
    handles.push(heads);
    const trail = await open(trailFile(folder), constants.O_RDWR | constants.O_CREAT, 0o600);
    handles.push(trail);
    const { size } = await trail.stat();
    const ends = await readEnds(trail, size);
    const first = parseLine(ends.first)?.hash ?? null;
    const last = parseLine(ends.last);
    const isBegun = ends.whole > 0;
    if (isBegun && (last === null || first === null)) {
      throw new ConfigurationFault(broken(folder, 'a record at its ends is not what was written'));
    }
    checkHead(folder, await readFile(headsFile(folder), 'latin1'), last);
    return { trail, heads, size: ends.whole, torn: size - ends.whole, first, last };
  } catch (error) {
    for (const handle of handles) await handle.close();
    if (error instanceof ConfigurationFault) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ConfigurationFault(`setting audit: ${folder} cannot be used (${code ?? message})`);
  }
}

/** Only what was on the disk has a head: a trail that ends before its last one was cut. */
function checkHead(folder: string, heads: string, last: AuditRecord | null): void {
  const head = readHead(heads.trimEnd().split('\n').at(-1) ?? '');
  if (head === null || head.seq <= (last?.seq ?? -1)) return;
  throw new ConfigurationFault(
    broken(folder, `it ends before record ${head.seq}, which has a head`),
  );
}

function broken(folder: string, why: string): string {
  return `setting audit: the trail in ${folder} was changed: ${why}; run "audit check ${folder}", then move the folder away to begin another`;
}

/** The first line, the last whole one, and where that ends. */
async function readEnds(file: FileHandle, size: number) {
  const start = Math.max(0, size - WINDOW_BYTES);
  const [head, tail] = [await readAt(file, 0, size), await readAt(file, start, size)];
  const end = tail.lastIndexOf('\n');
  const whole = end < 0 ? 0 : start + Buffer.byteLength(tail.slice(0, end + 1), 'latin1');
  const last = tail.slice(0, Math.max(end, 0)).split('\n').at(-1) ?? '';
  const first = head.split('\n', 1)[0] ?? '';
  return { first: fromLatin1(first), last: fromLatin1(last), whole };
}

async function readAt(file: FileHandle, position: number, size: number): Promise<string> {
  const buffer = Buffer.alloc(Math.min(WINDOW_BYTES, size - position));
  await file.read(buffer, 0, buffer.length, position);
  return buffer.toString('latin1');
}

/** Read as octets, so that places are octets; lines are UTF-8. */
function fromLatin1(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8');
}
