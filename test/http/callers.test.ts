/** Who may call, and how often. */
import { createHash } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { JSON_TYPE, post, type RunningService, serve } from '../support/service.ts';

let service: RunningService | undefined;

afterEach(async () => {
  await service?.close();
});

const TOKEN = 'correct horse battery staple';
const callers = [
  { id: 'one', tokenSha256: createHash('sha256').update('another').digest('hex') },
  { id: 'two', tokenSha256: createHash('sha256').update(TOKEN.replaceAll(' ', '-')).digest('hex') },
];

describe('with callers configured', () => {
  test.each<[string, Record<string, string>, number]>([
    ['no token', {}, 401],
    ['a wrong token', { authorization: 'Bearer wrong' }, 401],
    ['another scheme', { authorization: `Basic ${TOKEN.replaceAll(' ', '-')}` }, 401],
    ['a known token', { authorization: `Bearer ${TOKEN.replaceAll(' ', '-')}` }, 200],
  ])('%s', async (_, headers, status) => {
    service = await serve({ callers });
    const answered = await post(`${service.url}/v1/verify`, '{"chain":["AAAA"]}', {
      ...JSON_TYPE,
      ...headers,
    });
    expect(answered.status).toBe(status);
    if (status === 401) {
      expect(answered.answer).toMatchObject({ code: 'NOT_AUTHENTICATED' });
      expect(answered.headers.get('www-authenticate')).toBe('Bearer');
    }
    expect((await fetch(`${service.url}/v1/anchors`, { headers })).status).toBe(status);
    expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
  });
});

test('too many requests from one address get 429 and are told when to come back', async () => {
  service = await serve({ requestsPerMinute: 2 });
  const statuses: number[] = [];
  for (let call = 0; call < 3; call += 1) {
    const answered = await post(`${service.url}/v1/verify`, '{"chain":["AAAA"]}');
    statuses.push(answered.status);
    if (answered.status === 429) {
      expect(answered.answer).toMatchObject({ code: 'REQUEST_RATE' });
      expect(Number(answered.headers.get('retry-after'))).toBeGreaterThan(0);
    }
  }
  expect(statuses).toEqual([200, 200, 429]);
});

test('whoever guesses tokens or places is stopped, and health is still answered', async () => {
  service = await serve({ callers, requestsPerMinute: 3 });
  const ask = async (place: string, token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    const answered = await fetch(`${service?.url}${place}`, { headers });
    return [answered.status, answered.headers.get('content-type')?.split(';')[0]];
  };
  const type = 'application/problem+json';
  expect(await ask('/v1/anchors', 'guess-1')).toEqual([401, type]);
  expect(await ask('/nowhere', 'guess-2')).toEqual([404, type]);
  expect(await ask('/v1/anchors', 'guess-3')).toEqual([401, type]);
  expect(await ask('/v1/anchors', 'guess-4')).toEqual([429, type]);
  expect(await ask('/nowhere', 'guess-5')).toEqual([429, type]);
  // The right guess comes too late.
  expect((await ask('/v1/anchors', TOKEN.replaceAll(' ', '-')))[0]).toBe(429);
  for (const place of ['/health/live', '/health/ready']) {
    expect((await ask(place, 'guess-6'))[0]).toBe(200);
  }
});
