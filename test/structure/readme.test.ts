/** A document without a test is a rumour: the README's tables, commands and names are held here. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { EXIT } from '../../src/cli/io.ts';
import { BUILTIN_POLICIES } from '../../src/core/policy/index.ts';
import { commandsIn, README, withTables } from '../support/readme.ts';

const text = readFileSync(README, 'utf8');
const { scripts, dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));

test('tables are as the code has them (npm run tables)', () => {
  expect(text).toBe(withTables(text));
});

test('every exit code is explained', () => {
  const rows = [...text.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
  expect(rows).toEqual(Object.values(EXIT));
});

test('every policy is explained', () => {
  for (const { id } of BUILTIN_POLICIES) expect(text).toContain(`| \`${id}\` |`);
});

test('every script it names exists, and every script for people is named', () => {
  const named = new Set([...text.matchAll(/npm run (?:-s )?([\w:]+)/g)].map(([, name]) => name));
  for (const name of named) expect(scripts).toHaveProperty([name as string]);
  const internal = ['start', 'test', 'build', 'prepack'];
  expect(
    Object.keys(scripts).filter((name) => !named.has(name) && !internal.includes(name)),
  ).toEqual([]);
});

test('every production dependency has a reason', () => {
  const section = text.slice(text.indexOf('### Dependencies'), text.indexOf('## Changes'));
  const missing = Object.keys(dependencies).filter((name) => {
    const [scope, plain] = name.startsWith('@fastify/')
      ? ['@fastify/helmet', name.slice(9)]
      : ['', name];
    return !section.includes(plain ?? name) || !section.includes(scope ?? '');
  });
  expect(missing).toEqual([]);
});

test('commands that are not run say what cannot run here', () => {
  const unmarked = commandsIn(text).filter(({ kind }) => kind === 'unmarked');
  expect(unmarked.map(({ text: block }) => block.split(' ')[0])).toEqual([
    // A chain of the reader's own device.
    'npm',
    // A container engine.
    'docker',
  ]);
  expect(commandsIn(text).filter(({ kind }) => kind !== 'unmarked').length).toBeGreaterThan(4);
});
