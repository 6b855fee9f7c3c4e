/** The signatures of a scenario's chains and nothing else, on one thread of several at the same time. */
import { parentPort, workerData } from 'node:worker_threads';
import { makeWorld } from '../test/support/world.ts';
import { SCENARIOS } from './fleets.ts';
import { slice } from './measure.ts';

const name = workerData as string;
const world = await makeWorld('enigm-development', `bench floor ${name}`);
const { chains } = (SCENARIOS[name] as (typeof SCENARIOS)[string])(world);

parentPort?.on('message', (ms: number) => {
  parentPort?.postMessage(slice((index) => chains[index]?.floor(), 0, chains.length, ms));
});
parentPort?.postMessage('ready');
