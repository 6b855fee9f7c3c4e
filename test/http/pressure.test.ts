/** A machine that is slow to start a service is not taken for one that is overloaded. */
import underPressure from '@fastify/under-pressure';
import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { handleError, shedLoad } from '../../src/http/problems.ts';

/** The first answer of a server whose event loop stood still for two seconds, after `measured` ms of turning. */
async function firstAnswer(options: object, measured = 0) {
  const server = Fastify();
  server.setErrorHandler(handleError);
  await server.register(underPressure, options);
  server.get('/', async () => ({}));
  await server.ready();
  if (measured > 0) await new Promise((resolve) => setTimeout(resolve, measured));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000);
  // The plugin looks at what it has measured.
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  const answer = await server.inject('/');
  await server.close();
  return answer;
}

test('the first request after a slow start is answered', async () => {
  const { statusCode } = await firstAnswer({ maxEventLoopDelay: 1000, pressureHandler: shedLoad });
  expect(statusCode).toBe(200);
});

test('left to itself the plugin would refuse it', async () => {
  const { statusCode } = await firstAnswer({ maxEventLoopDelay: 1000 });
  expect(statusCode).not.toBe(200);
});

test('one that was measured to be late sheds load, with a problem document', async () => {
  const late = await firstAnswer({ maxEventLoopDelay: 1, pressureHandler: shedLoad }, 100);
  expect(late.statusCode).toBe(503);
  expect(late.headers).toMatchObject({
    'content-type': expect.stringMatching(/^application\/problem\+json/),
    'retry-after': '1',
  });
  expect(late.json()).toMatchObject({ status: 503, code: 'SERVICE_BUSY' });
});
