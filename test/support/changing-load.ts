/**
 * Answers batches of changing size for a few seconds, as a thread that listens does: run with `--trace-deopt`, which
 * writes what compiled code V8 throws away. Says first, of `control`, how it writes that.
 */
import { SCENARIOS } from '../../bench/fleets.ts';
import { contextFor } from '../../bench/inline.ts';
import { answerAll } from '../../src/pool/answer.ts';
import { Dispatcher } from '../../src/pool/dispatcher.ts';
import type { Answer, Job } from '../../src/pool/protocol.ts';
import { AT, makeWorld } from './world.ts';

const TURNS = [16, 1, 16, 1];
const TURN_MS = 1_000;
const CONTROL_MS = 1_000;

const scenario = SCENARIOS['factory-fleet']?.(await makeWorld('enigm-development'), 200);
if (scenario === undefined) throw new Error('no fleet');
const jobs = scenario.chains.map(({ body }): Job => ({ form: 'json', body, query: {} }));
const context = { ...contextFor(scenario), now: AT };
const dispatcher = new Dispatcher({
  workers: 1,
  maxQueue: 64,
  deadlineMs: 60_000,
  run: async (batch) => answerAll(batch, context),
  clock: () => performance.now(),
  onPoison: (_, cause) => {
    throw cause;
  },
});

function control(given: { readonly size: number }): number {
  return given.size + 1;
}

const until = performance.now() + CONTROL_MS;
while (performance.now() < until) control({ size: 1 });
control(Object.assign({ other: 1 }, { size: 1 }));

let at = 0;
for (const size of TURNS) {
  const ends = performance.now() + TURN_MS;
  while (performance.now() < ends) {
    const batch = Array.from({ length: size }, (_, index) => jobs[(at + index) % jobs.length]);
    at += size;
    const answers = await Promise.all(batch.map((job) => answerOf(job as Job)));
    if (answers.some(({ status }) => status !== 200)) throw new Error('not answered');
  }
}

function answerOf(job: Job): Promise<Answer> {
  return dispatcher.submit(job).answer;
}
