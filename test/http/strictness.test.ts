/** Members and media types where they do not count, and callers that never finish. */
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { JSON_TYPE, PEM_TYPE, post, type RunningService, serve } from '../support/service.ts';
import { attest, makeWorldOfNow, type World } from '../support/world.ts';

let service: RunningService;
let world: World;

beforeAll(async () => {
  service = await serve();
  world = await makeWorldOfNow('enigm-development', 'strictness');
});

afterAll(async () => {
  await service.close();
});

function toPem(chain: readonly Uint8Array[]): string {
  return chain
    .map((der) => {
      const text = Buffer.from(der)
        .toString('base64')
        .replace(/.{64}(?=.)/g, '$&\n');
      return `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;
    })
    .join('');
}

test.each<[string, string, Record<string, string>, string]>([
  [
    'a policy in the query of a JSON request',
    '/v1/verify?policy=enigm-development',
    JSON_TYPE,
    'policy',
  ],
  ['a chain in the query beside PEM', '/v1/verify?chain=1', PEM_TYPE, 'chain'],
])('%s is refused, not overlooked', async (_, path, type, member) => {
  const { chain } = attest(world);
  const body = type === PEM_TYPE ? toPem(chain) : JSON.stringify({ chain: [toPem(chain)] });
  const { status, answer } = await post(`${service.url}${path}`, body, type);
  expect(status).toBe(400);
  expect(answer).toMatchObject({ code: 'REQUEST_INVALID' });
  expect(JSON.stringify(answer)).toContain(member);
});

test('a media type counts however its letters are written', async () => {
  const { chain } = attest(world);
  const type = { 'content-type': 'Application/PEM-Certificate-Chain' };
  const { status, answer } = await post(
    `${service.url}/v1/verify?policy=inspect`,
    toPem(chain),
    type,
  );
  expect(status).toBe(200);
  expect(answer).toMatchObject({ outcome: 'accept' });
});

test('an empty body is said to be none', async () => {
  const { status, answer } = await post(`${service.url}/v1/verify`, '');
  expect(status).toBe(400);
  expect(JSON.stringify(answer)).not.toContain('undefined');
});

test('a caller that never finishes its body does not keep the service from stopping', async () => {
  const stopping = await serve({ deadlineMs: 300 });
  const { hostname, port } = new URL(stopping.url);
  const socket = connect(Number(port), hostname);
  const cut = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => {});
  // What is told to go away is read, or the end would never be seen.
  socket.resume();
  socket.write(
    'POST /v1/verify HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{"chain',
  );
  await new Promise((resolve) => socket.once('connect', resolve));
  await stopping.close();
  await cut;
});

test('health is answered whatever else an address has asked', async () => {
  const limited = await serve({ requestsPerMinute: 2 });
  try {
    const statuses: number[] = [];
    for (let asked = 0; asked < 5; asked += 1) {
      statuses.push((await fetch(`${limited.url}/v1/anchors`)).status);
    }
    expect(statuses.slice(2)).toEqual([429, 429, 429]);
    expect((await fetch(`${limited.url}/health/live`)).status).toBe(200);
  } finally {
    await limited.close();
  }
});
