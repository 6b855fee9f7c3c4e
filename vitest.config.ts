import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Tests see nothing of what is kept on this machine between runs.
    env: { XDG_STATE_HOME: path.join(tmpdir(), `enigm-attest-test-state-${process.pid}`) },
    globalSetup: 'test/support/own-temporary-folder.ts',
    // Most tests wait for processes they start: of two cores vitest would leave one idle.
    maxWorkers: availableParallelism(),
    // What is waited for comes when the machine gets to it.
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'quick',
          include: ['test/**/*.test.ts'],
          exclude: ['test/deep/**'],
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: { name: 'deep', include: ['test/deep/**/*.test.ts'], testTimeout: 900_000 },
      },
    ],
    coverage: {
      provider: 'v8',
      include: ['src/core/**'],
      reporter: ['text-summary', 'text'],
      thresholds: { lines: 100, branches: 100, functions: 100, statements: 100 },
    },
  },
});
