/** Member names that stand twice in one object, which JSON.parse hides. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findDuplicateKey } from '../../src/core/revocation/index.ts';

test.each<[string, string | undefined]>([
  ['{}', undefined],
  ['[]', undefined],
  ['7', undefined],
  ['"a"', undefined],
  ['{"a":1,"b":2}', undefined],
  ['{"a":1,"a":2}', 'a'],
  ['{"a":1,"\\u0061":2}', 'a'],
  ['{"a":{"a":1},"b":{"a":1}}', undefined],
  ['{"b":{"a":1,"a":1}}', 'a'],
  ['[{"a":1},{"a":1}]', undefined],
  ['[{"a":[1,"a","a"],"a":1}]', 'a'],
  ['{"a":"x\\",\\"a\\":1"}', undefined],
  ['{"a\\\\":1,"a\\\\":2}', 'a\\'],
  ['{"a":"b","b":"a","c":["a","b"]}', undefined],
  [' { "x" : [ ] , "x" : { } } ', 'x'],
])('%s', (json, expected) => {
  JSON.parse(json);
  expect(findDuplicateKey(json)).toBe(expected);
});

test('finds none in anything JSON.stringify writes', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), (json) => {
      expect(findDuplicateKey(JSON.stringify(JSON.parse(json)))).toBeUndefined();
    }),
  );
});

test('finds one that is put into any object', () => {
  const dictionary = fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 });
  fc.assert(
    fc.property(dictionary, (object) => {
      const [first = ''] = Object.keys(object);
      const json = `${JSON.stringify(object).slice(0, -1)},${JSON.stringify(first)}:0}`;
      expect(findDuplicateKey(json)).toBe(first);
    }),
  );
});
