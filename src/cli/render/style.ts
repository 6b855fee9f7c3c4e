/** Colour and layout of text for people. Without colour the words alone say everything. */
import { styleText } from 'node:util';

export type Paint = (text: string) => string;

export interface Style {
  readonly good: Paint;
  readonly bad: Paint;
  readonly open: Paint;
  readonly dim: Paint;
  readonly strong: Paint;
}

export function styleOf(colour: boolean): Style {
  const paint = (format: Parameters<typeof styleText>[0]): Paint =>
    colour ? (text) => styleText(format, text, { validateStream: false }) : (text) => text;
  return {
    good: paint(['green', 'bold']),
    bad: paint(['red', 'bold']),
    open: paint(['yellow', 'bold']),
    dim: paint('dim'),
    strong: paint('bold'),
  };
}

/** Words wrapped to `width`, every line behind `indent`. */
export function wrap(text: string, indent: string, width: number): string {
  const room = Math.max(width - indent.length, 40);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].map((each) => `${indent}${each}`).join('\n');
}

/** Rows with their columns aligned, every row behind `indent`. */
export function columns(rows: readonly (readonly string[])[], indent: string): string {
  const widths = rows.reduce<number[]>(
    (known, row) => row.map((cell, at) => Math.max(known[at] ?? 0, cell.length)),
    [],
  );
  return rows
    .map((row) =>
      `${indent}${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')}`.trimEnd(),
    )
    .join('\n');
}
