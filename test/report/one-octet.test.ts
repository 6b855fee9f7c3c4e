/**
 * Every character of our own texts in a report is ASCII: one that is not makes a string of two octets a
 * character of the whole report, which takes twice the memory and far longer to write.
 */
import { expect, test } from 'vitest';
import { FINDING_CODES } from '../../src/core/base/index.ts';
import { judge } from '../../src/core/judge.ts';
import { BUILTIN_POLICIES } from '../../src/core/policy/index.ts';
import { prove } from '../../src/core/prove.ts';
import { toReportText } from '../../src/core/report/index.ts';
import { attest, contextIn, makeWorld } from '../support/world.ts';

const ASCII = /^\p{ASCII}*$/u;

test('the texts of findings and of built-in policies', () => {
  expect(JSON.stringify(FINDING_CODES)).toMatch(ASCII);
  expect(JSON.stringify(BUILTIN_POLICIES)).toMatch(ASCII);
});

test('a whole report under every built-in policy', async () => {
  const world = await makeWorld('enigm-development', 'one octet');
  const evidence = attest(world);
  const proof = prove(evidence.chain, world.anchors);
  for (const { id } of BUILTIN_POLICIES) {
    const report = judge(proof, contextIn(world, id, evidence));
    expect(toReportText(report, proof.parts), id).toMatch(ASCII);
  }
});
