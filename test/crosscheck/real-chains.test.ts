/** Both verifiers say the same of every real chain, and what the corpus expects of it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import 'reflect-metadata';
import { PemConverter } from '@peculiar/x509';
import { expect, test } from 'vitest';
import type { SecondOpinion } from '../../src/crosscheck/index.ts';
import { makeWorld, type World } from '../support/world.ts';
import { opinionsOn } from './opinions.ts';

const CORPUS = path.resolve('..', 'shared', 'corpus');
const isAbsent = !existsSync(CORPUS);
const WHY = isAbsent ? ' (skipped: ../shared/corpus is not here)' : '';

/** Google's anchors are built in beside the development one. */
const world = await makeWorld('enigm-development');

function readChain(file: string): Uint8Array[] {
  const pem = readFileSync(path.join(CORPUS, file), 'utf8');
  return PemConverter.decode(pem).map((der) => new Uint8Array(der));
}

test.skipIf(isAbsent)(`both verifiers say the same of every real chain${WHY}`, async () => {
  const files = readdirSync(CORPUS, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.pem'),
  );
  const disagreeing: string[] = [];
  for (const file of files) {
    const { disagreements } = await opinionsOn(world, readChain(file));
    disagreeing.push(...disagreements.map(({ text }) => `${file}: ${text}`));
  }
  expect(files.length).toBeGreaterThan(200);
  expect(disagreeing).toEqual([]);
});

interface Expectation {
  readonly file: string;
  readonly args: readonly string[];
  readonly expect: Readonly<Record<string, unknown>>;
  readonly note: string;
}

/** Chains whose path does not verify; others are rejected for their dates or the status list only. */
const UNPROVEN = /^(software chain|published as invalid, a broken link, or an unknown anchor)$/;

test.skipIf(isAbsent)(`and what is known of it${WHY}`, async () => {
  const lines = readFileSync(path.join(CORPUS, 'expected.jsonl'), 'utf8').trim().split('\n');
  const expectations = lines
    .map((line) => JSON.parse(line) as Expectation)
    .filter(({ args }) => args.includes('inspect'));
  expect(expectations.length).toBeGreaterThan(200);
  for (const expectation of expectations) await checkExpectation(expectation, world);
});

async function checkExpectation(
  { file, note, expect: expected }: Expectation,
  { anchors }: World,
): Promise<void> {
  const { opinion } = await opinionsOn(world, readChain(file));
  expect(opinion.verified, file).toBe(!UNPROVEN.test(note));
  expect(opinion.shape === 'software', file).toBe(note === 'software chain');
  const anchor = anchors.anchors.find(({ record }) => record.id === opinion.anchorId);
  const facts: Readonly<Record<string, unknown>> = {
    'chain.shape': opinion.shape,
    'chain.anchor.spkiSha256': anchor?.record.spkiSha256,
  };
  for (const [member, value] of Object.entries(expected)) {
    const ours = member.startsWith('keyDescription') ? memberOf(opinion, member) : facts[member];
    if (member in facts || member.startsWith('keyDescription')) {
      expect(ours, `${file} ${member}`).toEqual(value);
    }
  }
}

function memberOf(opinion: SecondOpinion, dotted: string): unknown {
  return dotted
    .split('.')
    .reduce<unknown>((value, name) => (value as Record<string, unknown>)[name], opinion);
}
