/** `npm ci` installs from package-lock.json wherever the clone is. */
import { expect, test } from 'vitest';
import { missingEntries, platformEntry, readLockfile } from '../support/lockfile.ts';

test('package-lock.json has an entry for every optional dependency (npm run lock adds those npm leaves out)', () => {
  expect(missingEntries(readLockfile())).toEqual([]);
});

test('a missing optional dependency is found, and its platform read from its name', () => {
  const lock = {
    packages: {
      '': {},
      'node_modules/a': {
        dev: true,
        optionalDependencies: { '@a/linux-x64-musl': '1.0.0', '@a/win32-arm64': '1.0.0' },
      },
      'node_modules/a/node_modules/@a/win32-arm64': {},
    },
  };
  const missing = missingEntries(lock);
  expect(missing).toEqual([{ name: '@a/linux-x64-musl', version: '1.0.0', dev: true }]);
  expect(missing.map(platformEntry)).toEqual([
    { version: '1.0.0', cpu: ['x64'], dev: true, libc: ['musl'], optional: true, os: ['linux'] },
  ]);
  expect(() => platformEntry({ name: '@a/plan9', version: '1.0.0', dev: true })).toThrow(
    'no platform',
  );
});
