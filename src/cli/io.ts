/** What a command has of the world: streams, a folder, a clock. Tests hand in their own. */
import type { Readable } from 'node:stream';

export interface Io {
  /** Results. */
  readonly out: (text: string) => void;
  /** Everything else. */
  readonly err: (text: string) => void;
  readonly readStdin: () => Promise<Uint8Array>;
  /** Standard input as a stream; the process's own unless given. */
  readonly stdin?: Readable;
  /** Relative paths are resolved against it. */
  readonly folder: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly colour: boolean;
  /** Columns of the terminal. */
  readonly width: number;
}

/** Exit codes (sysexits where there is one). */
export const EXIT = {
  accept: 0,
  reject: 1,
  inconclusive: 2,
  usage: 64,
  unreadable: 65,
  internal: 70,
  configuration: 78,
} as const;

/** The command line is not understood. Exit code 64. */
export class UsageFault extends Error {
  readonly code = 'USAGE';
}
