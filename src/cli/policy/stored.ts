/**
 * What was stored, file by file: reports (`verify --format json`, or the `report` of a batch result),
 * batch records with their chains, or chains in any form that `verify` reads.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { parseChainText } from '../../core/evidence/index.ts';
import { REPORT_VERSION, type Report } from '../../core/report/index.ts';
import { readEvidence, UnreadableInput } from '../evidence-file.ts';
import { type Io, UsageFault } from '../io.ts';

export type Stored =
  | { readonly kind: 'report'; readonly name: string; readonly report: Report }
  | {
      readonly kind: 'chain';
      readonly name: string;
      readonly chain: readonly Uint8Array[];
      /** Milliseconds since 1970, or null: now. */
      readonly receivedAt: number | null;
    }
  | { readonly kind: 'unreadable'; readonly name: string; readonly reason: string };

/** Everything under a folder, or in one file, in the order of names. */
export async function* readStored(place: string, io: Io): AsyncGenerator<Stored> {
  for (const file of filesUnder(path.resolve(io.folder, place))) {
    const lines = readLines(file);
    if (lines === null) yield await readChain(file, io);
    else for (const [at, line] of lines.entries()) yield readLine(line, `${file}:${at + 1}`);
  }
}

function filesUnder(place: string): readonly string[] {
  try {
    if (!statSync(place).isDirectory()) return [place];
    return readdirSync(place, { recursive: true, encoding: 'utf8' })
      .sort()
      .map((name) => path.join(place, name))
      .filter((file) => statSync(file).isFile());
  } catch (error) {
    throw new UsageFault(
      `--against ${place}: cannot be read (${(error as NodeJS.ErrnoException).code})`,
    );
  }
}

/** The lines of a file whose first is a JSON object of a report or record; null for other files. */
function readLines(file: string): readonly string[] | null {
  const text = readFileSync(file, 'latin1');
  if (!text.trimStart().startsWith('{')) return null;
  const lines = readFileSync(file, 'utf8').split('\n');
  const full = lines.filter((line) => line.trim() !== '');
  const first = parseObject(full[0] ?? '');
  if (first !== null) return 'id' in first || isReport(first) ? full : null;
  const whole = parseObject(text);
  return whole !== null && isReport(whole) ? [JSON.stringify(whole)] : null;
}

function readLine(line: string, name: string): Stored {
  const document = parseObject(line);
  if (document === null) return { kind: 'unreadable', name, reason: 'it is no JSON object' };
  const report = isReport(document) ? document : document['report'];
  if (isReport(report)) return { kind: 'report', name, report: report as unknown as Report };
  const { chain, receivedAt } = document;
  if (chain === undefined) {
    return { kind: 'unreadable', name, reason: 'it has neither a report nor a chain' };
  }
  const parsed = parseChainText(chain as string | readonly string[]);
  if (!parsed.ok) return { kind: 'unreadable', name, reason: parsed.fault.text };
  const time = typeof receivedAt === 'string' ? Date.parse(receivedAt) : null;
  if (Number.isNaN(time)) return { kind: 'unreadable', name, reason: 'receivedAt is no time' };
  return { kind: 'chain', name, chain: parsed.chain, receivedAt: time };
}

async function readChain(file: string, io: Io): Promise<Stored> {
  try {
    const { chain } = await readEvidence(file, io);
    return { kind: 'chain', name: file, chain, receivedAt: null };
  } catch (error) {
    if (!(error instanceof UnreadableInput)) throw error;
    return { kind: 'unreadable', name: file, reason: error.message };
  }
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** As far as a dry run needs to know: a report that is shaped otherwise is refused when it is read. */
function isReport(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    (value as Partial<Report>).reportVersion === REPORT_VERSION &&
    Array.isArray((value as Partial<Report>).findings)
  );
}
