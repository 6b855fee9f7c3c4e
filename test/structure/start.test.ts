/** However the service is started, Node is given the same flags. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { NODE_FLAGS } from '../support/service-process.ts';

test('npm start and the container give Node the same flags', () => {
  const [, entry = '[]'] = /^ENTRYPOINT (.+)$/m.exec(readFileSync('Dockerfile', 'utf8')) ?? [];
  expect(NODE_FLAGS).toEqual(['--max-semi-space-size=16', '--no-maglev']);
  expect(JSON.parse(entry)).toEqual(['node', ...NODE_FLAGS, 'dist/cli/bin.js']);
});
