/** What the scenarios are made of, as the service answers it. */
import { expect, test } from 'vitest';
import { SCENARIOS } from '../../bench/fleets.ts';
import { contextFor } from '../../bench/inline.ts';
import { answerAll } from '../../src/pool/answer.ts';
import { rejectedDefectsOf } from '../../src/simulator/index.ts';
import { AT, makeWorld } from '../support/world.ts';

test('mixed: 70 % remote, 20 % factory, 5 % again, 5 % bad in every way in which a device is rejected', async () => {
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
  const defects = rejectedDefectsOf('enigm-development');
  const sent = new Set(chains.map(({ defect }) => defect));
  for (const { name, expects } of defects) {
    expect(sent, name).toContain(name);
    expect(expects === 'nothing' || codes.has(expects.code), name).toBe(true);
  }
  const accepted = reports.filter(({ outcome }) => outcome === 'accept');
  const factory = accepted.filter(({ chain }) => chain.shape === 'factory');
  expect(factory).toHaveLength(chains.length * 0.2);
  // Of those that come again there is one for twenty times.
  const again = chains.length * 0.05;
  expect(new Set(chains.map(({ body }) => body)).size).toBe(chains.length - again + again / 20);
});
