/** What evidence writes reaches the terminal as text, and never as an order to it. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { toPrintable } from '../../src/cli/printable.ts';
import { newFolder } from '../support/terminal.ts';
import { attest, makeWorld } from '../support/world.ts';

const ESCAPE = '\u001b';

test('orders to the terminal are written out; our own colours stay', () => {
  const colour = { colour: true };
  const none = { colour: false };
  const painted = `${ESCAPE}[31m${ESCAPE}[1mREJECT${ESCAPE}[22m${ESCAPE}[39m\n\tä`;
  expect(toPrintable(`a${ESCAPE}[2Jb`, colour)).toBe('a\\u001b[2Jb');
  expect(toPrintable(`a${ESCAPE}[31mb`, none)).toBe('a\\u001b[31mb');
  expect(toPrintable('\u009b1m\u202e\r\u0007', colour)).toBe('\\u009b1m\\u202e\\u000d\\u0007');
  expect(toPrintable(painted, colour)).toBe(painted);
  const document = { a: '\u009b\u2066' };
  expect(JSON.parse(toPrintable(JSON.stringify(document), none))).toEqual(document);
});

const MAIN = path.resolve('src/cli/bin.ts');

test('a file that is no JSON cannot paint over its error', () => {
  const file = path.join(newFolder(), 'evidence.json');
  writeFileSync(file, `{"a":${ESCAPE}[31mEVIL`);
  const { stderr, status } = spawnSync(process.execPath, [MAIN, 'verify', file], {
    encoding: 'utf8',
  });
  expect(status).toBe(65);
  expect(stderr).toContain('EVIL');
  expect(stderr).not.toContain(ESCAPE);
});

test('a reader that goes away changes no exit code', async () => {
  const world = await makeWorld('google-like', 'printable');
  const { chain } = attest(world, { deviceLocked: false });
  const file = path.join(newFolder(), 'evidence.json');
  const chainText = chain.map((der) => Buffer.from(der).toString('base64'));
  writeFileSync(file, JSON.stringify({ chain: chainText, policy: 'inspect' }));
  const files = Array.from({ length: 50 }, () => file).join(' ');
  const command = `"${process.execPath}" "${MAIN}" verify ${files} --anchors "${world.folder}" --no-challenge | true; exit \${PIPESTATUS[0]}`;
  const { status, stderr } = spawnSync('bash', ['-c', command], { encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).toContain('names policy inspect, which counts only as --policy');
});
