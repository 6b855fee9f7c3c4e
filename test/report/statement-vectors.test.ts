/** The published form of statements and the published vectors: as the code has them, and true. */
import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { compactVerify } from 'jose';
import { Compile } from 'typebox/compile';
import { expect, test } from 'vitest';
import { StatementHeaderSchema, StatementPayloadSchema } from '../../src/request/index.ts';
import { decidingCodes, makeWorld, reportOn } from '../support/world.ts';

const read = (name: string) => JSON.parse(readFileSync(`vectors/${name}`, 'utf8'));

const { at, policy, chain: texts, challenge: text, sound, refused } = read('statements.json');
const chain = (texts as string[]).map((each) => new Uint8Array(Buffer.from(each, 'base64')));
const challenge = new Uint8Array(Buffer.from(text, 'base64url'));

async function reportWith(statement: string) {
  const world = await makeWorld('enigm-development');
  const evidenceTime = Date.parse(at);
  return reportOn(world, { chain, challenge }, policy, { evidenceTime, statement });
}

test('the published schema is the one the code has (node test/support/make-statements.ts)', () => {
  const { properties } = read('statement.schema.json');
  expect(properties).toEqual({
    header: JSON.parse(JSON.stringify(StatementHeaderSchema)),
    payload: JSON.parse(JSON.stringify(StatementPayloadSchema)),
  });
});

test('the sound statement has the published form, and proves possession', async () => {
  expect(Compile(StatementHeaderSchema).Check(sound.header)).toBe(true);
  expect(Compile(StatementPayloadSchema).Check(sound.payload)).toBe(true);
  const report = await reportWith(sound.statement);
  expect(report.binding.keyPossession).toBe('bound');
  expect(decidingCodes(report)).toEqual([]);
  const spki = Buffer.from(report.key?.spki ?? '', 'base64');
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  const { payload, protectedHeader } = await compactVerify(sound.statement, key);
  expect(JSON.parse(new TextDecoder().decode(payload))).toEqual(sound.payload);
  expect(protectedHeader).toEqual(sound.header);
});

test.each((refused as { name: string }[]).map(({ name }) => name))('%s', async (name) => {
  const vector = refused.find((each: { name: string }) => each.name === name);
  const report = await reportWith(vector.statement);
  const { code, field } = vector.expects;
  expect(report.findings[0]).toMatchObject({ code, at: { field } });
  expect(report.binding.keyPossession).toBe('mismatch');
});
