/** What is sent and counted, against a real server that counts for itself. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type Driven, drive } from '../../bench/drive.ts';
import { PackedTexts } from '../../bench/packed-texts.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

interface Seen {
  readonly url: string;
  /** Bodies in the order in which they came. */
  readonly bodies: string[];
  readonly heads: IncomingMessage['headers'][];
}

async function serve(answer: (response: ServerResponse, at: number) => void): Promise<Seen> {
  const bodies: string[] = [];
  const heads: IncomingMessage['headers'][] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (octets: Buffer) => pieces.push(octets));
    request.on('end', () => {
      bodies.push(Buffer.concat(pieces).toString());
      heads.push(request.headers);
      answer(response, bodies.length - 1);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, bodies, heads };
}

function packed(texts: readonly string[]): PackedTexts {
  const all = new PackedTexts();
  for (const text of texts) all.push(text);
  return all;
}

/** Reports in which something stands behind the outcome, longer than one read of a socket. */
const ACCEPT = `{"reportVersion":1,"outcome":"accept","rest":"${'x'.repeat(100_000)}"}`;
const REJECT = `{"reportVersion":1,"outcome":"reject","rest":"${'x'.repeat(100_000)}","findings":[{"code":"REVOKED","severity":"reject"}]}`;

test.each([
  ['as fast as it is answered', {}],
  ['at a rate', { rate: 200 }],
])('each body in its turn, %s, and answers by what they say', async (_, pace) => {
  const sent = Array.from({ length: 7 }, (_, at) => `{"number":${at},"rest":"${'é'.repeat(at)}"}`);
  const seen = await serve((response, at) => response.end(at % 3 === 1 ? REJECT : ACCEPT));
  const driven = await drive({
    url: seen.url,
    bodies: packed(sent),
    from: 5,
    connections: 1,
    seconds: 1,
    token: 'a token',
    ...pace,
  });
  expect(driven.errors).toBe(0);
  const { answered } = driven;
  expect(answered).toBeGreaterThan(20);
  // The last may be under way when time is up.
  expect(seen.bodies.length - answered).toBeLessThanOrEqual(1);
  expect(seen.bodies).toEqual(seen.bodies.map((_, at) => sent[(5 + at) % sent.length]));
  expect(new Set(seen.heads.map(({ authorization }) => authorization))).toEqual(
    new Set(['Bearer a token']),
  );
  const rejected = seen.bodies.slice(0, answered).filter((_, at) => at % 3 === 1).length;
  expect(Object.fromEntries(driven.outcomes)).toEqual({
    accept: answered - rejected,
    reject: rejected,
  });
  expect(Object.fromEntries(driven.codes)).toEqual({ REVOKED: rejected });
});

/** For a second, over four connections as fast as they are answered. */
function driveByFour({ url }: Seen): Promise<Driven> {
  return drive({ url, bodies: packed(['{}']), connections: 4, seconds: 1 });
}

test('a server that ends its connections is connected to again, as fast as it answers', async () => {
  const seen = await serve((response, at) => {
    if (at % 10 === 9) response.setHeader('connection', 'close');
    response.end(ACCEPT);
  });
  const driven = await driveByFour(seen);
  expect(driven.answered).toBeGreaterThan(50);
  expect([...driven.outcomes.keys()]).toEqual(['accept']);
});

test('a server that breaks its connections: each counts as an error', async () => {
  const seen = await serve((response, at) => {
    if (at % 10 === 9) response.socket?.resetAndDestroy();
    else response.end(ACCEPT);
  });
  const driven = await driveByFour(seen);
  expect(driven.answered).toBeGreaterThan(50);
  expect(driven.errors).toBeGreaterThan(5);
});

test('texts are packed one behind another, in pieces that hold the longest', () => {
  const long = 'z'.repeat(65 << 20);
  const texts = ['', 'aé', long, 'b'.repeat(40 << 20), 'c'.repeat(40 << 20), 'd'];
  const all = packed(texts);
  expect(all.length).toBe(texts.length);
  expect(texts.every((text, at) => all.textOf(at) === text)).toBe(true);
  expect(all.octetsOf(5).toString()).toBe('d');
});
