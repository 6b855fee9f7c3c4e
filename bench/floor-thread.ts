/** The signatures of a scenario's chains and nothing else, on one thread of several at the same time. */
import { parentPort, workerData } from 'node:worker_threads';
import { makeWorld } from '../test/support/world.ts';
import { SCENARIOS } from './fleets.ts';
import { slice } from './measure.ts';

const WARM_MS = 1_000;

const name = workerData as string;
const world = await makeWorld('enigm-development', `bench floor ${name}`);
const { chains } = (SCENARIOS[name] as (typeof SCENARIOS)[string])(world);

const measure = (ms: number) => slice((index) => chains[index]?.floor(), 0, chains.length, ms);
// Code is compiled as it runs.
measure(WARM_MS);
parentPort?.on('message', (ms: number) => {
  parentPort?.postMessage(measure(ms));
});
parentPort?.postMessage('ready');
