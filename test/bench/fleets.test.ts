/** What the scenarios are made of, as the service answers it. */
import { expect, test } from 'vitest';
import { SCENARIOS } from '../../bench/fleets.ts';
import { contextFor } from '../../bench/inline.ts';
import { answerAll } from '../../src/pool/answer.ts';
import { rejectedDefectsOf } from '../../src/simulator/index.ts';
import { AT, makeWorld } from '../support/world.ts';

test('mixed: 5 % of it is bad, in every way in which a device is rejected', async () => {
  const world = await makeWorld('enigm-development', 'fleets');
  const scenario = SCENARIOS['mixed']?.(world);
  if (scenario === undefined) throw new Error('no such scenario');
  const { chains } = scenario;
  const context = { ...contextFor(scenario), now: AT };
  const jobs = chains.map(({ body }) => ({ form: 'json', body, query: {} }) as const);
  const reports = answerAll(jobs, context).map(({ body }) => JSON.parse(body));

  const rejected = reports.filter(({ outcome }) => outcome === 'reject');
  expect(rejected).toHaveLength(chains.length * 0.05);
  expect(reports.filter(({ outcome }) => outcome === 'accept')).toHaveLength(chains.length * 0.95);
  const codes = new Set(rejected.flatMap(({ findings }) => findings).map(({ code }) => code));
  for (const { name, expects } of rejectedDefectsOf('enigm-development')) {
    expect(expects === 'nothing' || codes.has(expects.code), name).toBe(true);
  }
  // Devices that come again are few; those that are bad are no others than each other.
  expect(new Set(chains.map(({ body }) => body)).size).toBeGreaterThan(chains.length * 0.95);
});
