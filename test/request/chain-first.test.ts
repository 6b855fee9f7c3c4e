/** A body that begins with its chain is read as any other: the same request, or the same fault. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutChain } from '../../src/request/chain-first.ts';
import { parseJsonBody } from '../../src/request/json-body.ts';
import {
  checkVerifyRequest,
  parseVerifyRequest,
  type RequestResult,
} from '../../src/request/verify-request.ts';

/** What the parser alone says of a body. */
function parseWhole(json: string): RequestResult {
  const parsed = parseJsonBody(json);
  return parsed.ok ? checkVerifyRequest(parsed.document) : parsed;
}

const BODIES: Readonly<Record<string, boolean>> = {
  '{"chain":["QUJD"]}': true,
  '{"chain":["QUJD","QUJE"],"policy":"inspect"}': true,
  '{"chain":["QUJD"] , "policy" : "inspect" }': true,
  '{"chain":["QUJD"],"chain":["QUJD"]}': true,
  '{"chain":["QUJD"],"__proto__":{"policy":"inspect"}}': true,
  '{"chain":["QUJD"],"challenge":"a\\u0062c"}': true,
  '{"chain":["QU\\u004aD"]}': true,
  '{"chain":["QUJD\\"]}': true,
  '{"chain":["QU\nJD"]}': true,
  '{"chain":["QUJD"]': true,
  '{"chain":["QUJD"]}}': true,
  '{"chain":["QUJD",7]}': false,
  '{"chain":["QUJD", "QUJE"]}': false,
  '{"chain":["QUJD"': false,
  '{"chain":["QUJD': false,
  '{"chain":[]}': false,
  '{"chain" :["QUJD"]}': false,
  '{"policy":"inspect","chain":["QUJD"]}': false,
};

test.each(Object.entries(BODIES))('%s', (json, isCut) => {
  expect(cutChain(json) !== null).toBe(isCut);
  expect(parseVerifyRequest(json)).toEqual(parseWhole(json));
});

test('any body, and any body with something changed in it', () => {
  const base64 = fc
    .uint8Array({ maxLength: 40 })
    .map((each) => Buffer.from(each).toString('base64'));
  const body = fc.record(
    {
      chain: fc.array(fc.oneof({ weight: 9, arbitrary: base64 }, fc.string()), { maxLength: 6 }),
      policy: fc.string(),
      challenge: base64,
      result: fc.constantFrom('report', 'token', 'both'),
      context: fc.dictionary(fc.constantFrom('handle', 'action', 'request'), fc.string()),
    },
    { requiredKeys: ['chain'] },
  );
  const change = fc.tuple(
    fc.nat(),
    fc.constantFrom('"', '\\', ',', ']', '}', '[', ' ', '\u0000', 'é', 'A', ''),
  );
  fc.assert(
    fc.property(body, fc.array(change, { maxLength: 3 }), (document, changes) => {
      let json = JSON.stringify(document);
      for (const [place, text] of changes) {
        const at = place % json.length;
        json = json.slice(0, at) + text + json.slice(at + 1);
      }
      expect(parseVerifyRequest(json)).toEqual(parseWhole(json));
    }),
    { numRuns: 3_000 },
  );
});
