/**
 * A real Redis or Valkey server on a free port of this machine, without persistence. It comes from the
 * system's packages (`apt-get install redis-server`); `.ci/run` installs it.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Ends it at once, as a crash would. */
  readonly kill: () => Promise<void>;
}

/** Starts a server; `args` are added to its command line. */
export async function startRedis(
  args: readonly string[] = [],
  port?: number,
): Promise<RedisServer> {
  const listensOn = port ?? (await freePort());
  const folder = mkdtempSync(path.join(tmpdir(), 'enigm-attest-redis-'));
  const server = spawn(
    programme(),
    ['--port', String(listensOn), '--bind', '127.0.0.1', '--dir', folder, '--save', '', ...args],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await ready(server);
  return {
    url: `redis://127.0.0.1:${listensOn}`,
    port: listensOn,
    kill: async () => {
      if (server.exitCode !== null || server.signalCode !== null) return;
      const ended = once(server, 'exit');
      server.kill('SIGKILL');
      await ended;
    },
  };
}

function programme(): string {
  const found = ['valkey-server', 'redis-server'].find(
    (name) => spawnSync(name, ['--version']).status === 0,
  );
  if (found === undefined) {
    throw new Error(
      'neither valkey-server nor redis-server is installed: apt-get install redis-server',
    );
  }
  return found;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** Servers say on standard output when they take connections. */
function ready(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    server.stdout?.on('data', (chunk) => {
      said += String(chunk);
      if (said.includes('eady to accept connections')) resolve();
    });
    server.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
    server.once('error', reject);
  });
}
