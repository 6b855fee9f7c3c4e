/** Requests: strict, and named where they are wrong. */
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { checkVerifyRequest, parseVerifyRequest } from '../../src/request/index.ts';

const CHAIN = ['QUJD'];

describe('what is refused, and where', () => {
  test.each<[string, string, string | null]>([
    ['', 'REQUEST_NOT_JSON', null],
    ['{', 'REQUEST_NOT_JSON', null],
    ['null', 'REQUEST_INVALID', null],
    ['[]', 'REQUEST_INVALID', null],
    ['{}', 'REQUEST_INVALID', null],
    ['{"chain":7}', 'REQUEST_INVALID', 'chain'],
    ['{"chain":["QUJD",7]}', 'REQUEST_INVALID', 'chain.1'],
    ['{"chain":[],"anchors":[]}', 'REQUEST_INVALID', 'anchors'],
    ['{"chain":["QUJD"],"revocation":"none"}', 'REQUEST_INVALID', 'revocation'],
    ['{"chain":["QUJD"],"chain":["QUJD"]}', 'REQUEST_INVALID', 'chain'],
    ['{"chain":["QUJD"],"policy":null}', 'REQUEST_INVALID', 'policy'],
    ['{"chain":["QUJD"],"result":"token2"}', 'REQUEST_INVALID', 'result'],
    ['{"chain":["QUJD"],"challenge":"QQ=="}', 'REQUEST_INVALID', 'challenge'],
    [`{"chain":["QUJD"],"challenge":"${'A'.repeat(172)}"}`, 'REQUEST_INVALID', 'challenge'],
    ['{"chain":["QUJD"],"publicKey":"?"}', 'REQUEST_INVALID', 'publicKey'],
    ['{"chain":["QUJD"],"publicKey":{"kty":"EC"}}', 'REQUEST_INVALID', 'publicKey'],
    ['{"chain":["QUJD"],"__proto__":{"policy":"inspect"}}', 'REQUEST_INVALID', '__proto__'],
    ['{"chain":[]}', 'EVIDENCE_EMPTY', 'chain'],
    ['{"chain":["QUJD","Q"]}', 'EVIDENCE_NOT_BASE64', 'chain.1'],
    ['{"chain":"x"}', 'EVIDENCE_NOT_PEM', 'chain.0'],
  ])('%s', (json, code, member) => {
    expect(parseVerifyRequest(json)).toMatchObject({ ok: false, fault: { code, member } });
  });
});

test('a word that is none of those to choose from is answered with these', () => {
  expect(parseVerifyRequest('{"chain":["QUJD"],"result":"token2"}')).toMatchObject({
    fault: { text: 'must be one of "report", "token", "both", "record"' },
  });
});

describe('what is read', () => {
  test('everything, decoded', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const spki = publicKey.export({ format: 'der', type: 'spki' });
    const forms = [
      spki.toString('base64'),
      publicKey.export({ format: 'pem', type: 'spki' }),
      publicKey.export({ format: 'jwk' }),
    ];
    for (const key of forms) {
      const json = JSON.stringify({
        chain: CHAIN,
        challenge: 'AP8',
        policy: 'inspect',
        publicKey: key,
        result: 'report',
      });
      const parsed = parseVerifyRequest(json);
      expect(parsed).toMatchObject({ ok: true });
      if (!parsed.ok) continue;
      expect(parsed.request.policy).toBe('inspect');
      expect(Buffer.from(parsed.request.challenge ?? [])).toEqual(Buffer.from([0x00, 0xff]));
      expect(Buffer.from(parsed.request.publicKey ?? [])).toEqual(spki);
      expect(createPublicKey({ key: spki, format: 'der', type: 'spki' }).asymmetricKeyType).toBe(
        'ec',
      );
    }
  });

  test('what is not said is null', () => {
    expect(parseVerifyRequest('{"chain":["QUJD"]}')).toEqual({
      ok: true,
      request: {
        chain: [new Uint8Array(Buffer.from('ABC'))],
        chainTexts: ['QUJD'],
        challenge: null,
        policy: null,
        publicKey: null,
        statement: null,
        context: {},
        result: 'report',
        audience: null,
        enrol: false,
        enrolmentRecord: null,
      },
    });
  });

  test('the members of a query beside a PEM body', () => {
    const body = '-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----';
    expect(checkVerifyRequest({ chain: body, policy: 'inspect' })).toMatchObject({ ok: true });
    expect(checkVerifyRequest({ chain: body, policy: ['a', 'b'] })).toMatchObject({ ok: false });
  });
});
