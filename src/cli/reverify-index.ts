/** `--index`: which records a question is about, without reading the others. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { newlyListed } from '../batch/impact.ts';
import { InputFault } from '../batch/inputs.ts';
import type { Plan } from '../batch/plan.ts';
import { buildIndex, type RecordPlace, SerialIndex } from '../batch/serial-index.ts';
import { loadText } from '../sources/document.ts';
import { EXIT, type Io, UsageFault } from './io.ts';
import type { ReverifyOptions } from './reverify.ts';

/**
 * The places of the records that `--only-listed` is about, by input; null without an index. The index is
 * made first where there is none.
 */
export async function placesOf(
  { units }: Plan,
  { index, onlyListed }: ReverifyOptions,
  io: Io,
): Promise<ReadonlyMap<string, readonly RecordPlace[]> | null> {
  if (index === undefined) return null;
  const [older, newer] = (onlyListed ?? []).map((file) => loadText(path.resolve(io.folder, file)));
  if (older === undefined || newer === undefined) {
    throw new UsageFault('--index goes with --only-listed OLD NEW, or with --find HEX');
  }
  const file = path.resolve(io.folder, index);
  const inputs = units.flatMap((unit) => unit.inputs);
  if (!existsSync(file)) io.err(`${await buildIndex(file, inputs)} records are indexed\n`);
  const opened = new SerialIndex(file);
  try {
    if (JSON.stringify(opened.inputs) !== JSON.stringify(inputs)) {
      throw new InputFault(`${file}: is the index of other inputs`);
    }
    const found = opened.find(newlyListed(older, newer).map(({ serial }) => serial));
    return new Map(
      inputs.map(({ name }, number) => [name, found.filter(({ input }) => input === number)]),
    );
  } finally {
    opened.close();
  }
}

/** `--find`: one line of JSON for each record. Exit code 0. */
export function findInIndex(marks: readonly string[], { index }: ReverifyOptions, io: Io): number {
  const file = index === undefined ? null : path.resolve(io.folder, index);
  if (file === null || !existsSync(file)) throw new UsageFault('--find needs --index FILE');
  const odd = marks.find((mark) => !/^[0-9a-fA-F]+$/.test(mark));
  if (odd !== undefined) throw new UsageFault(`--find ${odd}: lower-case hex is expected`);
  const opened = new SerialIndex(file);
  try {
    const { inputs } = opened;
    for (const { input, line, start } of opened.find(marks)) {
      io.out(`${JSON.stringify({ input: inputs[input]?.name, line, offset: start })}\n`);
    }
    return EXIT.accept;
  } finally {
    opened.close();
  }
}
