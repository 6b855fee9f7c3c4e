/**
 * Results against earlier results, by id, in whatever order the two files are: who changed, and why. The
 * earlier ones go into a temporary database on disk, so that memory does not grow with them.
 */
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { PartFile } from './part-file.ts';
import { type Counts, count } from './tally.ts';

/** One record whose result is another than before. */
export interface Change {
  readonly id: string;
  /** Null: the record was not among the earlier results, or is not among the new ones. */
  readonly before: string | null;
  readonly after: string | null;
  /** Codes that are new, and codes that are gone. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

export interface Changes {
  readonly changed: number;
  /** Records that had no result before. */
  readonly added: number;
  /** Records that have none now. */
  readonly missing: number;
  /** How many went from which outcome to which. */
  readonly transitions: Counts;
}

interface Outline {
  readonly outcome: string;
  readonly codes: readonly string[];
}

/** Changes per write. */
const LINES_AT_ONCE = 1000;

/** Compares results with `earlier` ones and writes a line for each change to `out`. */
export async function compareResults(
  earlier: readonly string[],
  results: readonly string[],
  out: string,
): Promise<Changes> {
  const folder = mkdtempSync(path.join(tmpdir(), 'enigm-attest-changes-'));
  const database = new DatabaseSync(path.join(folder, 'earlier.sqlite'));
  const part = await PartFile.open(out, 0);
  try {
    database.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF');
    database.exec(
      'CREATE TABLE earlier (id TEXT PRIMARY KEY, outcome TEXT, codes TEXT) WITHOUT ROWID',
    );
    await loadEarlier(database, earlier);
    const changes = await writeChanges(database, results, part);
    await part.finish();
    return changes;
  } finally {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function loadEarlier(database: DatabaseSync, files: readonly string[]): Promise<void> {
  const insert = database.prepare('INSERT OR REPLACE INTO earlier VALUES (?, ?, ?)');
  database.exec('BEGIN');
  for await (const { id, outcome, codes } of outlinesOf(files)) {
    insert.run(id, outcome, codes.join(' '));
  }
  database.exec('COMMIT');
}

async function writeChanges(
  database: DatabaseSync,
  results: readonly string[],
  part: PartFile,
): Promise<Changes> {
  const transitions: Record<string, number> = {};
  const totals = { changed: 0, added: 0, missing: 0 };
  const lookUp = database.prepare('SELECT outcome, codes FROM earlier WHERE id = ?');
  const forget = database.prepare('DELETE FROM earlier WHERE id = ?');
  let lines: string[] = [];
  const flush = async (): Promise<void> => {
    await part.append(Buffer.from(lines.join('')));
    lines = [];
  };
  const say = async (change: Change): Promise<void> => {
    count(transitions, `${change.before ?? 'nothing'} to ${change.after ?? 'nothing'}`);
    lines.push(`${JSON.stringify(change)}\n`);
    if (lines.length >= LINES_AT_ONCE) await flush();
  };
  database.exec('BEGIN');
  for await (const { id, outcome, codes } of outlinesOf(results)) {
    const row = lookUp.get(id) as { outcome: string; codes: string } | undefined;
    if (row === undefined) {
      totals.added += 1;
      await say({ id, before: null, after: outcome, added: codes, removed: [] });
      continue;
    }
    forget.run(id);
    const before = row.codes === '' ? [] : row.codes.split(' ');
    const added = codes.filter((code) => !before.includes(code));
    const removed = before.filter((code) => !codes.includes(code));
    if (row.outcome === outcome && added.length === 0 && removed.length === 0) continue;
    totals.changed += 1;
    await say({ id, before: row.outcome, after: outcome, added, removed });
  }
  database.exec('COMMIT');
  const rest = database.prepare('SELECT id, outcome, codes FROM earlier ORDER BY id').iterate();
  for (const { id, outcome, codes } of rest as Iterable<Record<string, string>>) {
    totals.missing += 1;
    const removed = codes === '' ? [] : (codes as string).split(' ');
    await say({ id: id as string, before: outcome as string, after: null, added: [], removed });
  }
  await flush();
  return { ...totals, transitions };
}

/** Results of files, in order; lines that are none (no id, no JSON) are passed over. */
async function* outlinesOf(files: readonly string[]): AsyncGenerator<Outline & { id: string }> {
  for (const file of files) {
    const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity });
    for await (const line of lines) {
      const outline = outlineOf(line);
      if (outline !== null) yield outline;
    }
  }
}

function outlineOf(line: string): (Outline & { id: string }) | null {
  try {
    const { id, outcome, codes, error } = JSON.parse(line) as Record<string, unknown>;
    if (typeof id !== 'string') return null;
    if (typeof outcome === 'string' && Array.isArray(codes)) {
      return { id, outcome, codes: codes.map(String) };
    }
    const { code } = (error ?? {}) as Record<string, unknown>;
    return typeof code === 'string' ? { id, outcome: 'error', codes: [code] } : null;
  } catch {
    return null;
  }
}
