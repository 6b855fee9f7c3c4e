/** The tests of everything that a service keeps between requests, against threads that share the port. */
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

test('the service behaves by listeners as it does in front of the pool', () => {
  const files = ['service', 'challenges', 'results', 'enrolment', 'reload', 'revocation'].map(
    (name) => `test/http/${name}.test.ts`,
  );
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'quick', ...files];
  const { status, stdout } = spawnSync(process.execPath, vitest, {
    encoding: 'utf8',
    env: { ...process.env, TEST_LISTENERS: '2', NO_COLOR: '1' },
  });
  expect(stdout).toMatch(/Tests {2}\d+ passed/);
  expect(status).toBe(0);
});
