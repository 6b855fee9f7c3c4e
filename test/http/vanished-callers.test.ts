/** Callers that go away before they are answered: nothing is written for them, and the service goes on. */
import { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { JSON_TYPE, post, type RunningService, serve } from '../support/service.ts';
import { attest, makeWorld, type World } from '../support/world.ts';

let service: RunningService;
let world: World;

beforeAll(async () => {
  world = await makeWorld('enigm-development', 'vanished callers');
  service = await serve({ workers: 1 });
});

afterAll(() => service.close());

const toBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** Sends a request on a connection of its own and goes away once it has left. */
async function sendAndVanish(body: string): Promise<void> {
  const { hostname, port } = new URL(service.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  const head = `host: x\r\ncontent-type: ${JSON_TYPE['content-type']}\r\ncontent-length: ${body.length}`;
  await new Promise((resolve) =>
    socket.write(`POST /v1/verify HTTP/1.1\r\n${head}\r\n\r\n${body}`, resolve),
  );
  socket.destroy();
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
