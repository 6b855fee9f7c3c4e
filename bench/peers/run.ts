/** `npm run bench:peers`: peers and subject on the same chains, in slices that alternate. */
import { writeFileSync } from 'node:fs';
import { makeWorld } from '../../test/support/world.ts';
import { newCommand, parseCount, parsePositive } from '../command-line.ts';
import { BATCH, inlineSubject } from '../inline.ts';
import { collect, describeMachine, median } from '../measure.ts';
import { makeCase, type PeerCase } from './cases.ts';
import { createPeers } from './peers.ts';

interface Options {
  readonly rounds: number;
  readonly chains: number;
  readonly sliceMs: number;
  readonly json?: string;
}

const values = newCommand(
  'npm run bench:peers --',
  'Other ways to verify beside ours, on the same chains and one thread.',
)
  .option('--rounds <N>', 'of all in turn', parseCount, 10)
  .option('--chains <N>', 'how many, which come again', parseCount, 1000)
  .option('--slice-ms <MS>', 'how long each runs in a round', parsePositive, 200)
  .option('--json <FILE>', 'writes the figures there')
  .parse()
  .opts<Options>();
const { sliceMs } = values;

// Peers look at the clock themselves.
const at = Date.now();
const world = await makeWorld('enigm-development', `bench peers ${at}`, at);
const cases = Array.from({ length: values.chains }, () => makeCase(world));
const subject = inlineSubject({ name: 'rkp-fleet', before: [makeCase(world)], chains: cases }, at);
const contenders = [
  {
    name: 'enigm-attest',
    leavesOut: 'nothing',
    batch: BATCH,
    work: (index: number) => subject(index),
  },
  ...createPeers(world.simulator.pki.roots).map(({ name, leavesOut, verify }) => ({
    name,
    leavesOut,
    batch: 1,
    work: async (index: number) => {
      const isSound = await verify(cases[index] as PeerCase);
      if (!isSound) throw new Error(`${name} refuses a sound chain`);
    },
  })),
];
const rates = contenders.map((): number[] => []);
const next = contenders.map(() => 0);

for (let round = 0; round <= values.rounds; round += 1) {
  for (const [which, { work, batch }] of contenders.entries()) {
    const perSecond = await rateOf(work, which, batch);
    // The first round warms up.
    if (round > 0) rates[which]?.push(perSecond);
  }
}

const machine = describeMachine();
const [own = []] = rates;
const peers = contenders.map(({ name, leavesOut }, which) => ({
  name,
  leavesOut,
  perSecond: Math.round(median(rates[which] as number[])),
  timesSlower: median((rates[which] as number[]).map((rate, at) => (own[at] as number) / rate)),
}));
console.log(
  `${machine.cpu}, Node ${machine.node}, OpenSSL ${machine.openssl}; rkp-fleet, one thread`,
);
for (const { name, leavesOut, perSecond, timesSlower } of peers) {
  const rate = String(perSecond).padStart(7);
  console.log(
    `${name.padEnd(34)} ${rate}/s, ours ${timesSlower.toFixed(1)} x; leaves out: ${leavesOut}`,
  );
}
if (values.json !== undefined) {
  writeFileSync(values.json, `${JSON.stringify({ machine, peers }, null, 2)}\n`);
}

/** Chains a second, in one slice of time; each call is for `batch` of them. */
async function rateOf(
  work: (index: number) => unknown,
  which: number,
  batch: number,
): Promise<number> {
  const started = performance.now();
  let calls = 0;
  do {
    await work((next[which] as number) % cases.length);
    next[which] = (next[which] as number) + batch;
    calls += batch;
  } while (performance.now() - started < sliceMs);
  collect();
  return (calls * 1000) / (performance.now() - started);
}
