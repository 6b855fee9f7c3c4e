/** Every form a chain is sent in, and what is refused before it is evidence (THREATS B04). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeBase64,
  decodeBase64Url,
  parseChainText,
  parsePem,
  splitConcatenatedDer,
} from '../../src/core/evidence/index.ts';

function pem(base64: string): string {
  return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
}

describe('base64', () => {
  test.each<[string, string | null]>([
    ['QQ==', '41'],
    ['QUI=', '4142'],
    ['QUJD', '414243'],
    ['', null],
    ['QQ', null],
    ['QQ=', null],
    ['Q===', null],
    ['====', null],
    ['QR==', null],
    ['QUJ=', null],
    ['QQ==QQ==', null],
    ['QU-_', null],
    ['QU\nJD', null],
    ['QUJD\n', null],
    ['QU!D', null],
    ['QUJé', null],
    ['QUé=', null],
  ])('%j', (text, hex) => {
    const bytes = decodeBase64(text);
    expect(bytes === null ? null : Buffer.from(bytes).toString('hex')).toBe(hex);
  });

  test('takes exactly what it would write', () => {
    const alphabet = fc.constantFrom(...'AQgwZ+/-_= \n!é');
    fc.assert(
      fc.property(fc.array(alphabet, { minLength: 1, maxLength: 12 }), (characters) => {
        const text = characters.join('');
        const isCanonical =
          /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text) &&
          Buffer.from(text, 'base64').toString('base64') === text;
        expect(decodeBase64(text) !== null).toBe(isCanonical);
      }),
      { numRuns: 20_000 },
    );
  });

  test.each<[string, string | null]>([
    ['', ''],
    ['QQ', '41'],
    ['-_8', 'fbff'],
    ['QR', null],
    ['Q', null],
    ['QQ==', null],
    ['+/8', null],
  ])('base64url %j', (text, hex) => {
    const bytes = decodeBase64Url(text);
    expect(bytes === null ? null : Buffer.from(bytes).toString('hex')).toBe(hex);
  });
});

describe('PEM', () => {
  test('blocks with lines of any length, with or without a last newline', () => {
    const parsed = parsePem(`${pem('QUJD')}${pem('Q\r\nU\tJ D').trimEnd()}`);
    expect(parsed).toEqual({
      ok: true,
      chain: [new Uint8Array(Buffer.from('ABC')), new Uint8Array(Buffer.from('ABC'))],
    });
  });

  test.each<[string, string, string, number | null]>([
    ['nothing', '', 'EVIDENCE_EMPTY', null],
    ['white space', ' \n', 'EVIDENCE_EMPTY', null],
    ['text before', `x${pem('QUJD')}`, 'EVIDENCE_NOT_PEM', 0],
    ['text behind', `${pem('QUJD')}x`, 'EVIDENCE_NOT_PEM', 1],
    ['a byte order mark', `\ufeff${pem('QUJD')}`, 'EVIDENCE_NOT_PEM', 0],
    ['a block without end', '-----BEGIN CERTIFICATE-----\nQUJD', 'EVIDENCE_NOT_PEM', 0],
    ['another label', pem('QUJD').replaceAll('CERTIFICATE', 'X'), 'EVIDENCE_NOT_PEM', 0],
    ['no base64', pem('Q?'), 'EVIDENCE_NOT_BASE64', 0],
    ['an empty block', pem(''), 'EVIDENCE_NOT_BASE64', 0],
  ])('%s', (_, text, code, certificate) => {
    expect(parsePem(text)).toMatchObject({ ok: false, fault: { code, certificate } });
  });
});

describe('arrays and concatenated DER', () => {
  test('an array has one certificate in each text', () => {
    expect(parseChainText(['QUJD', 'QQ=='])).toEqual({
      ok: true,
      chain: [new Uint8Array(Buffer.from('ABC')), new Uint8Array(Buffer.from('A'))],
    });
    expect(parseChainText([])).toMatchObject({ fault: { code: 'EVIDENCE_EMPTY' } });
    expect(parseChainText(['QUJD', pem('QUJD')])).toMatchObject({
      fault: { code: 'EVIDENCE_NOT_BASE64', certificate: 1 },
    });
    expect(parseChainText(pem('QUJD'))).toMatchObject({ ok: true });
  });

  test('DER is split at its ends, and what breaks off is the last certificate', () => {
    const bytes = Uint8Array.of(0x30, 0x01, 0xaa, 0x30, 0x00, 0x30, 0x05, 0xbb);
    expect(splitConcatenatedDer(bytes)).toEqual([
      Uint8Array.of(0x30, 0x01, 0xaa),
      Uint8Array.of(0x30, 0x00),
      Uint8Array.of(0x30, 0x05, 0xbb),
    ]);
    expect(splitConcatenatedDer(Uint8Array.of(0x30, 0x00))).toHaveLength(1);
  });
});
