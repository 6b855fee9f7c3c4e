/** Which inputs go into which output. */
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { findInputs, type Input, InputFault, STDIN } from './inputs.ts';

/** One output file and what goes into it, in order. */
export interface Unit {
  /** Absolute; null for standard output. */
  readonly output: string | null;
  readonly inputs: readonly Input[];
}

export interface Plan {
  readonly units: readonly Unit[];
  /** What the files of the run beside its results are named after; null for standard output. */
  readonly base: string | null;
}

/**
 * `places`: absolute paths, or `-`. `out`: as the user wrote it, and absolute. One folder to a folder
 * keeps its files apart under their own names; everything else goes into one file.
 */
export function planRun(
  places: readonly string[],
  out: { readonly text: string; readonly place: string },
): Plan {
  const inputs = places.flatMap((place) => (place === '-' ? [STDIN] : findInputs(place)));
  if (inputs.filter((input) => input === STDIN).length > 1) {
    throw new InputFault('-: standard input can be read only once');
  }
  if (out.text === '-') return { units: [{ output: null, inputs }], base: null };
  const base = path.resolve(out.place);
  if (!isFolder(places, out.text, base)) return { units: [{ output: base, inputs }], base };
  const units = inputs.map((input) => ({
    output: path.join(base, input === STDIN ? 'results.ndjson' : withoutArchive(input.name)),
    inputs: [input],
  }));
  const seen = new Set<string>();
  for (const { output, inputs: sources } of units) {
    if (seen.has(output)) {
      throw new InputFault(`${sources[0]?.name}: another input would be written to the same file`);
    }
    seen.add(output);
  }
  return { units, base };
}

function isFolder(places: readonly string[], text: string, place: string): boolean {
  if (/[\\/]$/.test(text)) return true;
  if (existsSync(place)) return statSync(place).isDirectory();
  const hasFolder = places.some((each) => each !== '-' && statSync(each).isDirectory());
  return hasFolder && path.extname(text) === '';
}

function withoutArchive(name: string): string {
  return name.replace(/\.(gz|gzip|zst|zstd)$/i, '');
}
