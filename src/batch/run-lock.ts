/**
 * One process for one run. Each process puts down a file of its own beside the output, then looks for others:
 * of two that come at once at least one sees the other. No file is ever taken from its owner, and only
 * one whose owner is known to be gone is removed, so that taking over cannot race.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { readIfThere, writeWhole } from './files.ts';
import { InputFault } from './inputs.ts';

/** Who holds a run. Members the system does not tell are null. */
export interface RunHolder {
  readonly pid: number;
  readonly host: string;
  /** RFC 3339, when the run was taken. */
  readonly since: string;
  /** Stays over a restart of the machine, where the boot does not. */
  readonly machine: string | null;
  readonly boot: string | null;
  /** In which the pid is to be read: containers have their own. */
  readonly pidSpace: string | null;
  /** When the process started, in the kernel's ticks: pids are used again. */
  readonly started: string | null;
}

/**
 * Takes the run whose files are named after `base`; resolves to what releases it. Throws `InputFault` where
 * another process holds it, or one that cannot be asked whether it is gone: on another machine, or in another container.
 */
export async function lockRun(base: string, now: number): Promise<() => Promise<void>> {
  const folder = path.dirname(base);
  mkdirSync(folder, { recursive: true });
  const prefix = `.${path.basename(base)}.lock.`;
  const own = path.join(folder, `${prefix}${randomUUID()}`);
  const me = holderNow(now);
  const release = (): Promise<void> => rm(own, { force: true });
  await writeWhole(own, JSON.stringify(me));
  try {
    for (const name of readdirSync(folder)) {
      const file = path.join(folder, name);
      if (file === own || !name.startsWith(prefix) || !UUID.test(name)) continue;
      await refuseUnlessGone(base, file, me);
    }
  } catch (error) {
    await release();
    throw error;
  }
  return release;
}

const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

async function refuseUnlessGone(base: string, file: string, me: RunHolder): Promise<void> {
  const text = await readIfThere(file);
  if (text === null) return;
  const holder = parseHolder(text);
  if (holder === null) {
    throw new InputFault(`${file}: says not who holds the run; remove it if nobody does`);
  }
  const state = stateOf(holder, me);
  if (state === 'gone') {
    await rm(file, { force: true });
    return;
  }
  const who = `process ${holder.pid} on ${holder.host}, since ${holder.since}`;
  const what =
    state === 'alive'
      ? 'wait for it, or name another --out'
      : `it cannot be asked from here whether it still runs; if it does not, remove ${file}`;
  throw new InputFault(`${base}: another process works on this run (${who}); ${what}`);
}

function parseHolder(text: string): RunHolder | null {
  try {
    const { pid, host, since } = JSON.parse(text);
    const isHolder = Number.isSafeInteger(pid) && pid > 0 && typeof host === 'string';
    return isHolder && typeof since === 'string' ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

function stateOf(holder: RunHolder, me: RunHolder): 'alive' | 'gone' | 'unknown' {
  if (holder.host !== me.host || holder.machine !== me.machine) return 'unknown';
  if (holder.boot !== me.boot) return me.machine === null ? 'unknown' : 'gone';
  if (holder.pidSpace !== me.pidSpace) return 'unknown';
  if (!isRunning(holder.pid)) return 'gone';
  return holder.started === startOf(holder.pid) ? 'alive' : 'gone';
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function holderNow(now: number): RunHolder {
  return {
    pid: process.pid,
    host: os.hostname(),
    since: new Date(now).toISOString(),
    machine: textOf('/etc/machine-id'),
    boot: textOf('/proc/sys/kernel/random/boot_id'),
    pidSpace: orNull(() => readlinkSync('/proc/self/ns/pid')),
    started: startOf(process.pid),
  };
}

/** Field 22 of the process's line; the name before it may hold spaces and brackets. */
function startOf(pid: number): string | null {
  const line = textOf(`/proc/${pid}/stat`);
  return line?.slice(line.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

function textOf(file: string): string | null {
  return orNull(() => readFileSync(file, 'utf8').trim() || null);
}

function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
