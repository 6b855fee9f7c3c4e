/** Facts of certificates are theirs, however many others were read before. */
import { beforeAll, expect, test } from 'vitest';
import { newEffort, toRfc3339 } from '../../src/core/base/index.ts';
import { type Certificate, factsOf, parseCertificate } from '../../src/core/x509/index.ts';
import { attest, makeWorld, type World } from '../support/world.ts';

let world: World;

beforeAll(async () => {
  world = await makeWorld('google-like', 'facts');
});

function parse(der: Uint8Array | undefined): Certificate {
  const parsed = parseCertificate(der as Uint8Array, 0, newEffort());
  if (!parsed.ok) throw new Error(parsed.finding.code);
  return parsed.value;
}

test('dates without end', () => {
  const leaf = parse(attest(world).chain[0]);
  for (let day = 0; day < 5_000; day += 1) {
    const notBefore = day * 86_400_000;
    const facts = factsOf({ ...leaf, notBefore, notAfter: notBefore + 1_000 });
    expect(facts.notBefore).toBe(toRfc3339(notBefore));
    expect(facts.notAfter).toBe(toRfc3339(notBefore + 1_000));
  }
});

test('names of one length', () => {
  const certificates = Array.from({ length: 50 }, () => parse(attest(world).chain[1]));
  const subjects = certificates.map((each) => factsOf(each).subject);
  expect(new Set(subjects).size).toBeGreaterThan(40);
  expect(certificates.map((each) => factsOf(each).subject)).toEqual(subjects);
});
