/** Nothing named in a certificate is ever called (THREATS T24). */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { post, type RunningService, serve } from '../support/service.ts';
import { attest, makeWorldOfNow } from '../support/world.ts';

let service: RunningService;
let calls = 0;
const listener = createServer((_request, response) => {
  calls += 1;
  response.end();
});

beforeAll(async () => {
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  service = await serve();
});

afterAll(async () => {
  await service.close();
  listener.close();
});

test('URLs in CRLDP, AIA and OCSP on every certificate stay uncalled', async () => {
  const { port } = listener.address() as AddressInfo;
  const world = await makeWorldOfNow('enigm-development', 'outgoing');
  const evidence = attest(world, {}, { defect: 'quirk-urls-everywhere' });
  const here = `127.0.0.1:${String(port).padStart(5, '0')}`;
  const chain = evidence.chain.map((der) => {
    const text = Buffer.from(der).toString('latin1').replaceAll('127.0.0.1:00000', here);
    return Buffer.from(text, 'latin1');
  });
  expect(chain.filter((der) => der.includes(here))).toHaveLength(4);
  for (const sent of [evidence.chain, chain]) {
    const body = JSON.stringify({
      chain: sent.map((der) => Buffer.from(der).toString('base64')),
      policy: 'enigm-development',
    });
    const { status } = await post(`${service.url}/v1/verify`, body);
    expect(status).toBe(200);
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(calls).toBe(0);
});
