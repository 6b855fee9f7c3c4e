/** A real HTTP server that plays whatever part a test gives it, and remembers who called. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Part = (request: IncomingMessage, response: ServerResponse) => void;

export interface ListServer {
  readonly url: string;
  /** Headers of every request so far. */
  readonly calls: IncomingMessage['headers'][];
  /** From now on, this is how it answers. */
  play: (part: Part) => void;
  readonly close: () => Promise<void>;
}

export async function openListServer(): Promise<ListServer> {
  let part: Part = (_request, response) => response.writeHead(503).end();
  const calls: IncomingMessage['headers'][] = [];
  const server = createServer((request, response) => {
    calls.push(request.headers);
    part(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/status`,
    calls,
    play: (next) => {
      part = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Answers 200 with a body. */
export function sends(body: string | Uint8Array, headers: Record<string, string> = {}): Part {
  return (_request, response) => response.writeHead(200, headers).end(body);
}

/** A status list of these serials, all revoked. */
export function statusList(serials: readonly string[], status = 'REVOKED'): string {
  const entries = Object.fromEntries(
    serials.map((serial) => [serial, { status, reason: 'KEY_COMPROMISE' }]),
  );
  return JSON.stringify({ entries });
}

/** Serials that no simulated certificate has. */
export function someSerials(count: number, prefix = 'abc'): string[] {
  return Array.from(
    { length: count },
    (_, index) => `${prefix}${index.toString(16).padStart(8, '0')}`,
  );
}
