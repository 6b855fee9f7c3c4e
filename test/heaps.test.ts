/** The flag that lets heaps grow is one that this V8 knows: it would pass over another without an error. */
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

test('V8 knows how far a heap may grow', () => {
  const options = execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
  expect(options).toMatch(/--heap-growing-percent\b/);
});
