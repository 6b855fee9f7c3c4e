/** Callers that go away before they are answered: nothing is verified or written for them, and the service goes on. */
import { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import Fastify from 'fastify';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { addSecurityHeaders } from '../../src/http/security-headers.ts';
import { registerVerify } from '../../src/http/verify-route.ts';
import { Dispatcher } from '../../src/pool/dispatcher.ts';
import { JSON_TYPE, post, type RunningService, serve } from '../support/service.ts';
import { attest, makeWorldOfNow, type World } from '../support/world.ts';

let service: RunningService;
let world: World;

beforeAll(async () => {
  world = await makeWorldOfNow('enigm-development', 'vanished callers');
  service = await serve({ workers: 1 });
});

afterAll(() => service.close());

const toBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** Sends a request on a connection of its own. */
async function sendAndStay(body: string, url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  const head = `host: x\r\ncontent-type: ${JSON_TYPE['content-type']}\r\ncontent-length: ${body.length}`;
  await new Promise((resolve) =>
    socket.write(`POST /v1/verify HTTP/1.1\r\n${head}\r\n\r\n${body}`, resolve),
  );
  return socket;
}

/** The same, and goes away once it has left. */
async function sendAndVanish(body: string): Promise<void> {
  (await sendAndStay(body, service.url)).destroy();
}

test('no answer is written where nobody is, and the next caller is answered', async () => {
  const writtenTo: boolean[] = [];
  const { writeHead } = ServerResponse.prototype;
  const spy = vi.spyOn(ServerResponse.prototype, 'writeHead').mockImplementation(function (
    this: ServerResponse,
    ...args
  ) {
    writtenTo.push(this.destroyed);
    return writeHead.apply(this, args as Parameters<typeof writeHead>);
  });
  try {
    const bodies = Array.from({ length: 100 }, () =>
      JSON.stringify({ policy: 'inspect', chain: attest(world).chain.map(toBase64) }),
    );
    await Promise.all(bodies.map(sendAndVanish));
    const { status } = await post(`${service.url}/v1/verify`, bodies[0] as string);
    expect(status).toBe(200);
    expect(writtenTo).toContain(false);
    expect(writtenTo).not.toContain(true);
  } finally {
    spy.mockRestore();
  }
});

test('what waits for a caller that went away is never verified', async () => {
  const verified: string[] = [];
  const busy = Promise.withResolvers<void>();
  const dispatcher = new Dispatcher({
    workers: 1,
    maxQueue: 100,
    deadlineMs: 60_000,
    clock: () => performance.now(),
    onPoison: () => {},
    run: async (jobs) => {
      verified.push(...jobs.map(({ body }) => body));
      await busy.promise;
      return jobs.map(() => ({
        status: 200,
        body: '{}',
        facts: { kind: 'problem', code: 'INTERNAL' },
        evidenceDigest: null,
      }));
    },
  });
  const server = Fastify();
  await addSecurityHeaders(server);
  server.decorateRequest('caller', null);
  registerVerify(server, (job) => dispatcher.submit(job));
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  try {
    const ask = async (body: string): Promise<number> =>
      (await fetch(`${url}/v1/verify`, { method: 'POST', headers: JSON_TYPE, body })).status;
    const first = ask('"keeps the worker busy"');
    await expect.poll(() => verified).toHaveLength(1);
    const waiting = Array.from({ length: 20 }, (_, at) => sendAndStay(`"went away ${at}"`, url));
    const sockets = await Promise.all(waiting);
    await expect.poll(() => dispatcher.queueLength).toBe(20);
    for (const socket of sockets) socket.destroy();
    await expect.poll(() => dispatcher.queueLength).toBe(0);
    const last = ask('"still here"');
    await expect.poll(() => dispatcher.queueLength).toBe(1);
    busy.resolve();
    expect(await Promise.all([first, last])).toEqual([200, 200]);
    expect(verified).toEqual(['"keeps the worker busy"', '"still here"']);
  } finally {
    await server.close();
  }
});
