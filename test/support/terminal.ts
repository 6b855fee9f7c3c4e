/** A command line in a test: arguments in, exit code and what was printed out. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Io } from '../../src/cli/io.ts';
import { run } from '../../src/cli/main.ts';
import { AT } from './world.ts';

export interface Printed {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** A new empty folder. */
export function newFolder(): string {
  return mkdtempSync(path.join(tmpdir(), 'enigm-attest-'));
}

/** Runs a command in `folder`, at the moment of all tests, with `stdin` to read. */
export async function attest(
  args: readonly string[],
  { folder = newFolder(), stdin = '', now = AT, colour = false } = {},
): Promise<Printed> {
  let out = '';
  let err = '';
  const io: Io = {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    readStdin: async () => Buffer.from(stdin),
    folder,
    now: () => now,
    colour,
    width: 100,
  };
  const exitCode = await run(args, io);
  return { exitCode, out, err };
}
