/** `simulate --statement`, and `verify` on what it makes. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { SOUND_FIELDS } from '../../src/simulator/index.ts';
import { newFolder, attest as run } from '../support/terminal.ts';

const folder = newFolder();
const attest = (...args: string[]) => run(args, { folder });

beforeEach(() => {
  vi.stubEnv('ENIGM_ATTEST_ENVIRONMENT', 'development');
});

const ENIGM = ['--format', 'json', '--policy', 'enigm-development'];

test('a request with a statement proves possession', async () => {
  const file = path.join(folder, 'request.json');
  const { exitCode } = await attest(
    'simulate',
    '--statement',
    '--format',
    'request',
    '--out',
    file,
  );
  expect(exitCode).toBe(0);
  expect(Object.keys(JSON.parse(readFileSync(file, 'utf8')))).toEqual([
    'chain',
    'challenge',
    'statement',
  ]);
  const judged = await attest('verify', file, ...ENIGM);
  expect(judged.exitCode).toBe(0);
  expect(JSON.parse(judged.out)).toMatchObject({
    binding: { keyPossession: 'bound' },
    statement: { fields: SOUND_FIELDS, counts: true },
  });
});

test('fields as they are asked for, in records and in requests of a folder', async () => {
  const fields = 'networkPolicy=PARTIAL,privacyMode=OFF';
  const { out } = await attest('simulate', '--statement', fields, '--format', 'ndjson');
  const { statement } = JSON.parse(out) as { statement: string };
  const payload = Buffer.from(statement.split('.')[1] ?? '', 'base64url').toString();
  expect(JSON.parse(payload)).toMatchObject({ networkPolicy: 'PARTIAL', privacyMode: 'OFF' });
  const many = ['--statement', fields, '--format', 'request', '--count', '2', '--out', 'many/'];
  expect((await attest('simulate', ...many)).exitCode).toBe(0);
  expect(readdirSync(path.join(folder, 'many'))).toEqual([
    'chain-000001.json',
    'chain-000002.json',
  ]);
});

test.each<[string, string[], RegExp]>([
  ['a field that is none', ['--statement', 'mood=GOOD', '--format', 'request'], /a statement says/],
  ['a word that is none', ['--statement', 'privacyMode=MAYBE', '--format', 'ndjson'], /ON\|OFF/],
  ['too much', ['--statement', 'privacyMode=ON=ON', '--format', 'ndjson'], /a statement says/],
  ['PEM', ['--statement'], /PEM has no place/],
  ['many requests on one output', ['--format', 'request', '--count', '2'], /need a folder/],
])('%s is a usage error', async (_, args, said) => {
  const { exitCode, err } = await attest('simulate', ...args);
  expect(exitCode).toBe(64);
  expect(err).toMatch(said);
});
