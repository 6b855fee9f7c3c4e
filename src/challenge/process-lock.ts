/**
 * One process for one set of challenge keys: where marks are kept in process, a second process with the
 * same keys would let every challenge be used twice. The lock is a socket in the state folder that
 * the kernel closes with the process, however it ends.
 *
 * Each process puts down a socket of its own, under a name nobody uses again, then looks for others: of two
 * that come at once at least one sees the other. No socket is taken from its owner, and only one that the
 * kernel says nobody listens on is removed, so that taking over cannot race.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChallengeKeys } from './challenge.ts';

/** Longest path of a socket on every system we know. */
const MAX_SOCKET_PATH = 100;

/** Of several that come at once all may see another and step back. So that one of them gets it, they try again. */
const TRIES = 5;
const LONGEST_WAIT_MS = 100;

/** Takes the lock, or gives null where another process holds it. Resolves to what releases it. */
export async function lockKeys(
  folder: string,
  [{ id }]: ChallengeKeys,
): Promise<(() => Promise<void>) | null> {
  return lockFolder(folder, `challenges-${id.toString('hex')}`);
}

/** The same for anything of a folder that has a name. */
export async function lockFolder(
  folder: string,
  name: string,
): Promise<(() => Promise<void>) | null> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (let tries = 1; ; tries += 1) {
    const release = await tryLock(folder, `${name}.lock`);
    if (release !== null || tries === TRIES) return release;
    await sleep(Math.random() * LONGEST_WAIT_MS);
  }
}

async function tryLock(folder: string, prefix: string): Promise<(() => Promise<void>) | null> {
  const own = `.${randomBytes(6).toString('hex')}`;
  const place = socketPlace(folder, `${prefix}${own}`);
  const server = await listen(place);
  const release = (): Promise<void> => {
    rmSync(place, { force: true });
    return new Promise((resolve) => server.close(() => resolve()));
  };
  try {
    const all = path.dirname(place);
    const start = path.basename(place).slice(0, -own.length);
    for (const name of readdirSync(all)) {
      const other = path.join(all, name);
      if (other === place || !name.startsWith(start)) continue;
      if (await isHeld(other)) {
        await release();
        return null;
      }
      rmSync(other, { force: true });
    }
  } catch (error) {
    await release();
    throw error;
  }
  server.unref();
  return release;
}

/** A socket's path has a short limit; a folder with a long one is stood for by its digest. */
function socketPlace(folder: string, name: string): string {
  const place = path.join(folder, name);
  if (place.length <= MAX_SOCKET_PATH) return place;
  const digest = createHash('sha256').update(folder).digest('hex').slice(0, 16);
  return path.join(tmpdir(), `enigm-attest-${digest}-${name}`);
}

/** Others see the socket only once it answers: between bind and listen it would be taken for a dead one. */
function listen(place: string): Promise<Server> {
  const unseen = path.join(path.dirname(place), `.${path.basename(place)}`);
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(unseen, () => {
      try {
        renameSync(unseen, place);
        resolve(server);
      } catch (error) {
        server.close(() => reject(error));
      }
    });
  });
}

/** Unless nobody can be there (what a process that was killed left behind), somebody is. */
function isHeld(place: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(place, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', ({ code }: NodeJS.ErrnoException) => {
      resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT');
    });
  });
}
