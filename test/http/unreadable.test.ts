/** What never becomes a request, or not in time: answered with problem documents, over real connections. */
import { connect } from 'node:net';
import { Compile } from 'typebox/compile';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ProblemSchema } from '../../src/http/problem-schema.ts';
import { type RunningService, serve } from '../support/service.ts';

const problem = Compile(ProblemSchema);
const DEADLINE_MS = 300;
let service: RunningService;
/** One that knows its callers. */
let closed: RunningService;

beforeAll(async () => {
  service = await serve({ deadlineMs: DEADLINE_MS });
  const callers = [{ id: 'one', tokenSha256: '0'.repeat(64) }];
  closed = await serve({ callers, deadlineMs: DEADLINE_MS });
});

afterAll(async () => {
  await service.close();
  await closed.close();
});

/** Sends octets as they stand, and gives all that comes back until the service ends the connection. */
async function exchange(octets: string, { url } = service): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let heard = '';
  socket.on('data', (chunk) => {
    heard += String(chunk);
  });
  socket.on('error', () => {});
  const ended = new Promise((resolve) => socket.once('close', resolve));
  socket.write(octets);
  await ended;
  return heard;
}

test.each<[string, string, number, string]>([
  ['no HTTP', 'hello\r\n\r\n', 400, 'REQUEST_INVALID'],
  ['a method that is none', 'SMILE / HTTP/1.1\r\nhost: x\r\n\r\n', 400, 'REQUEST_INVALID'],
  [
    'headers beyond the limit',
    `GET / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`,
    431,
    'REQUEST_HEADERS_TOO_LARGE',
  ],
  [
    'two lengths',
    'POST /v1/verify HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello',
    400,
    'REQUEST_INVALID',
  ],
  [
    'a URL that cannot be decoded',
    'GET /v1/%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
    400,
    'REQUEST_INVALID',
  ],
])('%s', async (_, octets, status, code) => {
  const [head = '', body = ''] = (await exchange(octets)).split('\r\n\r\n');
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(head.toLowerCase()).toContain('content-type: application/problem+json');
  const answer = JSON.parse(body);
  expect(answer).toMatchObject({ status, code });
  expect(problem.Check(answer)).toBe(true);
});

test.each<[string, string, () => RunningService]>([
  ['that is waited for', '/v1/verify', () => service],
  ['of a caller that is not known', '/v1/verify', () => closed],
  ['to where there is nothing', '/nowhere', () => service],
])('a body %s and never ends holds no connection', async (_, place, at) => {
  const head = `POST ${place} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n`;
  const started = performance.now();
  await exchange(`${head}content-length: 50\r\n\r\n{"chain`, at());
  // It was cut by its bound: nothing else ends a connection that is kept for the next request.
  expect(performance.now() - started).toBeGreaterThanOrEqual(DEADLINE_MS - 1);
});

test('nor does one after a body that was whole', async () => {
  const head = 'POST /v1/verify HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n';
  const started = performance.now();
  const answered = await exchange(
    `${head}content-length: 2\r\n\r\n{}${head}content-length: 50\r\n\r\n{"chain`,
  );
  expect(answered.split('HTTP/1.1 ')).toHaveLength(2);
  const took = performance.now() - started;
  expect(took).toBeGreaterThanOrEqual(DEADLINE_MS - 1);
  expect(took).toBeLessThan(2 * DEADLINE_MS);
});

test('a connection whose bodies are whole is kept', async () => {
  const { hostname, port } = new URL(service.url);
  const socket = connect(Number(port), hostname);
  let heard = '';
  socket.on('data', (chunk) => {
    heard += String(chunk);
  });
  const request = 'GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n';
  const whole = 'POST /v1/verify HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}';
  const answers = () => heard.split('HTTP/1.1 ').length - 1;
  socket.write(whole);
  await expect.poll(answers).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 2 * DEADLINE_MS));
  socket.write(request);
  await expect.poll(answers).toBe(2);
  socket.destroy();
});
