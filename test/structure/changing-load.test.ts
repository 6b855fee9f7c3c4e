/** The compiled code of a batch outlives a change of the load: compiled again, it takes both cores for a while. */
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { NODE_FLAGS } from '../support/service-process.ts';

/** What goes through a batch, by the names V8 writes. */
const OF_A_BATCH = ['proveAll', 'answerAll', '#run', '#answer'];

/** A function, and why its compiled code was thrown away. */
const GIVEN_UP = /reason: wrong map\).*<JSFunction (\S+) \(sfi/g;

test('batches of sixteen and of one share their compiled code', () => {
  const flags = [...NODE_FLAGS, '--trace-deopt', 'test/support/changing-load.ts'];
  const said = execFileSync(process.execPath, flags, { encoding: 'utf8' });
  const givenUp = Array.from(said.matchAll(GIVEN_UP), ([, name]) => name);
  expect(givenUp).toContain('control');
  expect(givenUp.filter((name) => OF_A_BATCH.includes(name as string))).toEqual([]);
});
