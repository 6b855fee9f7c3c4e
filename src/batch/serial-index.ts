/**
 * An index of stored records by the serial numbers and the issuing keys in their chains: one SQLite file,
 * made in one pass, that answers a second question at once. Only plain files can be entered in the middle.
 */

import { createReadStream } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { sha256Hex } from '../core/anchors/index.ts';
import { newEffort } from '../core/base/index.ts';
import { parseCertificate, sliceOf } from '../core/x509/index.ts';
import { type Block, readBlocks } from './blocks.ts';
import { serialsOf } from './impact.ts';
import { compressionOf, type Input, InputFault, isUnchanged } from './inputs.ts';
import { parseRecord } from './record.ts';

/** Where one record stands. */
export interface RecordPlace {
  /** Index of the input among those of the index. */
  readonly input: number;
  readonly start: number;
  readonly end: number;
  readonly line: number;
}

const TABLES = `
  PRAGMA journal_mode = OFF;
  PRAGMA synchronous = OFF;
  CREATE TABLE inputs (id INTEGER PRIMARY KEY, file TEXT, name TEXT, size INTEGER, modified REAL);
  CREATE TABLE records (id INTEGER PRIMARY KEY, input INTEGER, start INTEGER, stop INTEGER, line INTEGER);
  CREATE TABLE marks (mark BLOB, record INTEGER);
`;

/** Makes the index of some inputs. Gives the number of records in it. */
export async function buildIndex(file: string, inputs: readonly Input[]): Promise<number> {
  for (const input of inputs) {
    if (input.file === null || compressionOf(input.file) !== 'none') {
      throw new InputFault(`${input.name}: only plain files can be indexed`);
    }
  }
  const draft = `${file}.part`;
  await rm(draft, { force: true });
  const database = new DatabaseSync(draft);
  try {
    database.exec(TABLES);
    database.exec('BEGIN');
    const writer = new IndexWriter(database);
    for (const [number, input] of inputs.entries()) await writer.add(input, number);
    database.exec('CREATE INDEX by_mark ON marks (mark, record)');
    database.exec('COMMIT');
    return writer.records;
  } finally {
    database.close();
    await rename(draft, file);
  }
}

class IndexWriter {
  records = 0;
  readonly #input: ReturnType<DatabaseSync['prepare']>;
  readonly #record: ReturnType<DatabaseSync['prepare']>;
  readonly #mark: ReturnType<DatabaseSync['prepare']>;

  constructor(database: DatabaseSync) {
    this.#input = database.prepare('INSERT INTO inputs VALUES (?, ?, ?, ?, ?)');
    this.#record = database.prepare('INSERT INTO records VALUES (?, ?, ?, ?, ?)');
    this.#mark = database.prepare('INSERT INTO marks VALUES (?, ?)');
  }

  async add({ file, name, size, modifiedMs }: Input, number: number): Promise<void> {
    this.#input.run(number, file, name, size, modifiedMs);
    for await (const block of readBlocks(createReadStream(file as string))) {
      if (block.kind === 'lines') this.#addBlock(block, number);
    }
  }

  #addBlock(block: Extract<Block, { kind: 'lines' }>, input: number): void {
    let { start, firstLine: line } = block;
    for (const text of Buffer.from(block.bytes).toString('latin1').split('\n')) {
      const stop = start + text.length + 1;
      this.#addLine(Buffer.from(text, 'latin1').toString('utf8'), {
        input,
        start,
        end: stop,
        line,
      });
      start = stop;
      line += 1;
    }
  }

  #addLine(text: string, { input, start, end, line }: RecordPlace): void {
    if (text.trim() === '') return;
    const parsed = parseRecord(text);
    if (!parsed.ok || parsed.record.kind !== 'evidence') return;
    this.records += 1;
    this.#record.run(this.records, input, start, end, line);
    for (const mark of marksOf(parsed.record.chain)) this.#mark.run(mark, this.records);
  }
}

/** Serials without leading zeros, and SHA-256 of the keys above the leaf; each once. */
function marksOf(chain: readonly Uint8Array[]): Iterable<Buffer> {
  const marks = new Map<string, Buffer>();
  for (const serial of serialsOf(chain)) {
    const mark = toMark(Buffer.from(serial).toString('hex'));
    marks.set(mark.toString('hex'), mark);
  }
  for (const [index, der] of chain.slice(1).entries()) {
    const parsed = parseCertificate(der, index + 1, newEffort());
    if (!parsed.ok) continue;
    const key = sha256Hex(sliceOf(parsed.value, parsed.value.spki));
    marks.set(key, Buffer.from(key, 'hex'));
  }
  return marks.values();
}

function toMark(hex: string): Buffer {
  const digits = hex.toLowerCase().replace(/^0+(?=.)/, '');
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
}

/** An index that has been made. */
export class SerialIndex {
  readonly #database: DatabaseSync;

  /** Throws `InputFault` where the file is none, or where an input has changed since. */
  constructor(file: string) {
    this.#database = new DatabaseSync(file, { readOnly: true });
    for (const input of this.inputs) {
      if (isUnchanged(input)) continue;
      throw new InputFault(
        `${file}: ${input.file} has changed since it was indexed; remove the index`,
      );
    }
  }

  get inputs(): readonly Input[] {
    const rows = this.#database.prepare('SELECT * FROM inputs ORDER BY id').all();
    return rows.map((row) => ({
      name: String(row['name']),
      file: String(row['file']),
      size: Number(row['size']),
      modifiedMs: Number(row['modified']),
    }));
  }

  /** Records with any of these serials or key digests (hex), in order of the input. */
  find(marks: Iterable<string>): readonly RecordPlace[] {
    const lookUp = this.#database.prepare(
      'SELECT id, input, start, stop, line FROM marks JOIN records ON id = record WHERE mark = ?',
    );
    const found = new Map<number, RecordPlace>();
    for (const mark of marks) {
      for (const row of lookUp.all(toMark(mark))) {
        found.set(Number(row['id']), {
          input: Number(row['input']),
          start: Number(row['start']),
          end: Number(row['stop']),
          line: Number(row['line']),
        });
      }
    }
    return [...found].sort(([a], [b]) => a - b).map(([, place]) => place);
  }

  close(): void {
    this.#database.close();
  }
}

/** Blocks of single records, from `offset` on. */
export async function* readPlaces(
  file: string,
  places: readonly RecordPlace[],
  offset: number,
): AsyncGenerator<Block> {
  const handle: FileHandle = await open(file, 'r');
  try {
    for (const { start, end, line } of places) {
      if (start < offset) continue;
      const bytes = Buffer.alloc(end - start);
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, start);
      yield { kind: 'lines', bytes: bytes.subarray(0, bytesRead), firstLine: line, start, end };
    }
  } finally {
    await handle.close();
  }
}
