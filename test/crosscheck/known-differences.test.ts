/** Verdicts that differ because a library cannot express a rule: each is written down, with its reason. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test('known differences are complete, and each is listed once', () => {
  const file = 'src/crosscheck/known-differences.json';
  const entries = JSON.parse(readFileSync(file, 'utf8')) as readonly Record<string, string>[];
  for (const entry of entries) {
    expect(Object.keys(entry)).toEqual(['id', 'library', 'what', 'reason']);
    expect(Object.values(entry)).not.toContain('');
  }
  expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length);
});
