/**
 * Overrides given at a command line, while the service may be writing the trail: left in a folder beside it,
 * and taken into the trail by the process that writes it.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Members } from './record.ts';

/** How often the writer of the trail looks for overrides. */
export const OVERRIDES_LOOK_MS = 1000;

function overridesFolder(folder: string): string {
  return path.join(folder, 'overrides');
}

/** Leaves an override for the trail in `folder`: whole or not at all. */
export function leaveOverride(folder: string, members: Members): void {
  const below = overridesFolder(folder);
  mkdirSync(below, { recursive: true, mode: 0o700 });
  const file = path.join(below, `${randomUUID()}.json`);
  writeFileSync(`${file}.new`, JSON.stringify(members), { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
}

/** Hands every override that was left to `append`, once. What is no JSON object is handed on as unreadable. */
export function takeOverrides(folder: string, append: (members: Members) => void): void {
  const below = overridesFolder(folder);
  for (const name of listNames(below)) {
    const file = path.join(below, name);
    append(readMembers(file));
    rmSync(file, { force: true });
  }
}

function listNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json'));
  } catch {
    // No folder: nothing was ever left.
    return [];
  }
}

function readMembers(file: string): Members {
  try {
    const members: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof members === 'object' && members !== null) return members as Members;
  } catch {
    // Said below.
  }
  return { setting: 'unreadable', file: path.basename(file) };
}
