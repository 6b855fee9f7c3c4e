/** However the service is started, Node and the allocator are told the same. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { ALLOCATOR_TUNABLES, NODE_FLAGS } from '../support/service-process.ts';

const DOCKERFILE = readFileSync('Dockerfile', 'utf8');

test('npm start and the container give Node the same flags', () => {
  const [, entry = '[]'] = /^ENTRYPOINT (.+)$/m.exec(DOCKERFILE) ?? [];
  expect(NODE_FLAGS).toEqual([
    '--max-semi-space-size=16',
    '--no-maglev',
    '--no-allocation-site-pretenuring',
  ]);
  expect(JSON.parse(entry)).toEqual(['node', ...NODE_FLAGS, 'dist/cli/bin.js']);
});

test('and the allocator of the C library the same', () => {
  expect(DOCKERFILE).toMatch(new RegExp(`^ +GLIBC_TUNABLES=${ALLOCATOR_TUNABLES}$`, 'm'));
});

test.each(['start', 'attest', 'bench', 'bench:stages', 'bench:peers', 'profile'] as const)(
  'npm run %s tells it so, unless whoever calls it says otherwise',
  (script) => {
    const told = `GLIBC_TUNABLES=\${GLIBC_TUNABLES:-$npm_package_config_allocator} `;
    expect(manifest.scripts[script].slice(0, told.length)).toBe(told);
  },
);
