/**
 * One process for one set of challenge keys: where marks are kept in process, a second process with the
 * same keys would let every challenge be used twice. The lock is a socket in the state folder that
 * the kernel closes with the process, however it ends.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ChallengeKeys } from './challenge.ts';

/** Longest path of a socket on every system we know. */
const MAX_SOCKET_PATH = 100;

/** Takes the lock, or gives null where another process holds it. Resolves to what releases it. */
export async function lockKeys(
  folder: string,
  [{ id }]: ChallengeKeys,
): Promise<(() => Promise<void>) | null> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const place = socketPlace(folder, id.toString('hex'));
  const server = (await listen(place)) ?? (await takeOver(place));
  if (server === null) return null;
  server.unref();
  return () => new Promise((resolve) => server.close(() => resolve()));
}

/** A socket's path has a short limit; a folder with a long one is stood for by its digest. */
function socketPlace(folder: string, id: string): string {
  const place = path.join(folder, `challenges-${id}.lock`);
  if (place.length <= MAX_SOCKET_PATH) return place;
  const digest = createHash('sha256').update(folder).digest('hex').slice(0, 16);
  return path.join(tmpdir(), `enigm-attest-${digest}-${id}.lock`);
}

/** Null: something is there already. */
function listen(place: string): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(null);
      else reject(error);
    });
    server.listen(place, () => resolve(server));
  });
}

/** What a process that was killed left behind answers nobody. */
async function takeOver(place: string): Promise<Server | null> {
  if (await isAnswered(place)) return null;
  rmSync(place, { force: true });
  return listen(place);
}

function isAnswered(place: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(place, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
