/** `POST /v1/batch` and `POST /v1/recheck` on the real service. */
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { JSON_TYPE, post, type RunningService, serve } from '../support/service.ts';
import { newFolder } from '../support/terminal.ts';
import { attest, makeWorld, makeWorldOfNow } from '../support/world.ts';

let service: RunningService;
let lines: string[] = [];

beforeAll(async () => {
  service = await serve({ state: newFolder(), requestsPerMinute: 0 });
  const world = await makeWorld('enigm-development');
  lines = Array.from({ length: 30 }, (_, number) => {
    const { chain } = attest(world);
    const texts = chain.map((der) => Buffer.from(der).toString('base64'));
    return JSON.stringify({ id: `r${number}`, chain: texts, receivedAt: '2026-11-22T12:00:00Z' });
  });
}, 60_000);

afterAll(() => service.close());

const NDJSON = { 'content-type': 'application/x-ndjson' };

/** Posts a body that may be a stream, and gives every line that comes back. */
async function batch(body: string, query = '?policy=enigm-development'): Promise<unknown[]> {
  const response = await fetch(`${service.url}/v1/batch${query}`, {
    method: 'POST',
    body,
    headers: NDJSON,
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toContain('application/x-ndjson');
  return (await response.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test('one result for each record, in order, and an error result for what cannot be read', async () => {
  const results = await batch([...lines, 'no json', ''].join('\n'));
  expect(results.slice(0, -1)).toEqual(
    lines.map((_, number) => ({
      id: `r${number}`,
      outcome: 'accept',
      trustState: 'REVIEW_REQUIRED',
      codes: ['ANCHOR_NOT_PRODUCTION', 'CHALLENGE_NOT_CHECKED'],
    })),
  );
  expect(results.at(-1)).toMatchObject({ id: null, line: 31, error: { code: 'RECORD_NOT_JSON' } });
});

test('whole reports on request, judged as of when the evidence was received', async () => {
  const [result] = await batch(lines[0] as string, '?policy=enigm-development&form=full');
  expect(result).toHaveProperty('report.evidenceTime', '2026-11-22T12:00:00Z');
  // What was shown in the past entitles to nothing today.
  expect(result).toHaveProperty('report.eligibility', []);
});

test('results come while records are still being sent', async () => {
  const answered = await new Promise<string>((resolve, reject) => {
    const sending = request(`${service.url}/v1/batch`, { method: 'POST', headers: NDJSON });
    sending.on('error', reject);
    sending.on('response', (response) => {
      response.once('data', (chunk) => {
        resolve(String(chunk));
        sending.end();
        response.resume();
      });
    });
    for (let round = 0; round < 10; round += 1) sending.write(`${lines.join('\n')}\n`);
  });
  expect(answered).toContain('"id":"r0"');
});

test('a reader that does not read stops the work, and one that is gone ends it', async () => {
  let sent = 0;
  const body = `${lines.join('\n')}\n`;
  const endless = Readable.from(
    (async function* () {
      for (;;) {
        sent += body.length;
        yield body;
        await new Promise((resolve) => setImmediate(resolve));
      }
    })(),
  );
  const url = `${service.url}/v1/batch?form=full&policy=enigm-development`;
  const sending = request(url, { method: 'POST', headers: NDJSON });
  sending.on('error', () => {});
  const response = new Promise<{ destroy: () => void; pause: () => void }>((resolve) => {
    sending.on('response', resolve);
  });
  endless.pipe(sending);
  const reader = await response;
  reader.pause();
  // What the sockets and the blocks on the way hold is bounded: sending comes to a stop by itself.
  let before = -1;
  await expect
    .poll(
      () => {
        const isStill = sent === before;
        before = sent;
        return isStill;
      },
      { timeout: 20_000, interval: 1000 },
    )
    .toBe(true);
  endless.destroy();
  sending.destroy();
  // The service is free for others at once.
  expect(await batch(lines[1] as string)).toHaveLength(1);
});

test.each([
  ['?policy=nobody', 404, 'POLICY_UNKNOWN'],
  ['?colour=red', 400, 'REQUEST_INVALID'],
])('%s is refused', async (query, status, code) => {
  const answer = await post(`${service.url}/v1/batch${query}`, '', NDJSON);
  expect(answer).toMatchObject({ status, answer: { code } });
});

test('other media types are refused', async () => {
  const { status } = await post(`${service.url}/v1/batch`, '{}', JSON_TYPE);
  expect(status).toBe(415);
});

test('a record in place of a report, and the record judged again', async () => {
  const evidence = attest(await makeWorldOfNow('enigm-development', 'records'));
  const chain = evidence.chain.map((der) => Buffer.from(der).toString('base64'));
  const asked = JSON.stringify({ chain, policy: 'enigm-development', result: 'record' });
  const { answer: kept } = await post(`${service.url}/v1/verify`, asked);
  expect(kept).toMatchObject({ outcome: 'accept', record: expect.any(String) });
  const { record } = kept;
  const again = (body: object) => post(`${service.url}/v1/recheck`, JSON.stringify(body));
  expect(await again({ record, policy: 'enigm-development' })).toMatchObject({
    status: 200,
    answer: { basis: 'record', outcome: 'accept', trustState: 'REVIEW_REQUIRED' },
  });
  expect(await again({ record, policy: 'nobody' })).toMatchObject({ status: 404 });
  expect(await again({})).toMatchObject({ status: 400 });
  const forged = `${String(record).slice(0, -8)}AAAAAAAA`;
  expect(await again({ record: forged })).toMatchObject({
    status: 400,
    answer: { code: 'REQUEST_INVALID', member: 'record' },
  });
});

test('nothing proved, nothing to keep', async () => {
  const { chain } = JSON.parse(lines[0] as string);
  const asked = JSON.stringify({ chain: chain.slice(0, 1), result: 'record' });
  const { answer } = await post(`${service.url}/v1/verify`, asked);
  expect(answer).toMatchObject({ outcome: 'reject', record: null });
});
