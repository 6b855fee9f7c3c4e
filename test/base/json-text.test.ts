/** Any value as JSON in ASCII: the same value when it is read, and JSON.stringify where there is nothing to escape. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toJsonText } from '../../src/core/base/index.ts';

const ASCII = /^\p{ASCII}*$/u;

test('whatever stands in it', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'grapheme', maxDepth: 3 }), (value) => {
      const text = toJsonText(value);
      expect(text).toMatch(ASCII);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      if (ASCII.test(JSON.stringify(value))) expect(text).toBe(JSON.stringify(value));
    }),
  );
});

test('a text alone, whatever its characters', () => {
  const few = fc.string({
    unit: fc.constantFrom('a', ' ', '!', '"', '#', '[', '\\', ']', '~', '\u007f', '\n', 'é'),
  });
  fc.assert(
    fc.property(fc.oneof(few, fc.string({ unit: 'binary' })), (text) => {
      const written = toJsonText(text);
      expect(JSON.parse(written)).toBe(text);
      if (ASCII.test(text)) expect(written).toBe(JSON.stringify(text));
    }),
  );
});

test.each([
  ['caf\u00e9', '"caf\\u00e9"'],
  ['\u20ac', '"\\u20ac"'],
  ['\u{1f600}', '"\\ud83d\\ude00"'],
  ['\ud800', '"\\ud800"'],
  ['\u2028\u007f\u0080', '"\\u2028\u007f\\u0080"'],
])('%j', (value, expected) => {
  expect(toJsonText(value)).toBe(expected);
  expect(JSON.parse(expected)).toBe(value);
});
