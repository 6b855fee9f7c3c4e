/**
 * Remembers, between runs, the newest registry of each series, so that an older one can never replace it:
 * a registry of last month would allow again what was withdrawn since.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Type, { type Static } from 'typebox';
import type { ReleaseRegistry } from '../core/reference/index.ts';
import { ConfigurationFault, parseDocument } from './document.ts';

const LedgerSchema = Type.Record(
  Type.String(),
  Type.Object(
    { sequence: Type.Integer({ minimum: 1 }), id: Type.String({ pattern: '^[0-9a-f]{64}$' }) },
    { additionalProperties: false },
  ),
);

type Ledger = Static<typeof LedgerSchema>;

/** The ledger in the folder for what is kept between runs. */
function ledgerIn(state: string): string {
  return path.join(state, 'release-registries.json');
}

/**
 * Throws `ConfigurationFault` unless a registry is the newest of its series seen on this machine: for an
 * older one, for another document of the same number, and where the ledger cannot be read.
 */
export function checkAgainstLedger(registry: ReleaseRegistry, name: string, state: string): void {
  checkSuccession(readLedger(ledgerIn(state))[registry.name], registry, name);
}

/**
 * Remembers a registry that passed every check and is about to be in force. One that was refused for any
 * other reason leaves no trace here. Throws `ConfigurationFault` where the ledger cannot be written.
 */
export function rememberRegistry({ name, sequence, id }: ReleaseRegistry, state: string): void {
  const file = ledgerIn(state);
  const ledger = readLedger(file);
  if ((ledger[name]?.sequence ?? 0) >= sequence) return;
  writeLedger(file, { ...ledger, [name]: { sequence, id } });
}

/** Throws unless `next` may follow `last`. */
function checkSuccession(
  last: Ledger[string] | undefined,
  next: ReleaseRegistry,
  name: string,
): void {
  if (last === undefined || next.sequence > last.sequence) return;
  if (next.sequence < last.sequence) {
    throw new ConfigurationFault(
      `${name}: sequence ${next.sequence} is older than ${last.sequence}, which this machine has seen of ${next.name}`,
    );
  }
  if (next.id !== last.id) {
    throw new ConfigurationFault(
      `${name}: sequence ${next.sequence} of ${next.name} was another document before; raise the sequence with every change`,
    );
  }
}

function readLedger(file: string): Ledger {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return {};
    throw new ConfigurationFault(`${file}: cannot be read (${code})`, { cause });
  }
  return parseDocument(text, LedgerSchema, file);
}

/** Whole or not at all: a torn ledger would forget what was seen. */
function writeLedger(file: string, ledger: Ledger): void {
  const temporary = `${file}.${process.pid}`;
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(temporary, `${JSON.stringify(ledger, null, 2)}\n`, { mode: 0o600, flush: true });
    renameSync(temporary, file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new ConfigurationFault(
      `${file}: cannot be written (${code}); without it an older registry could come back`,
      { cause },
    );
  }
}
