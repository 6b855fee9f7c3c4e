/**
 * A thread that makes chains of a scenario, with makers of its own: what they sign shares nothing with what
 * other threads make but the anchor. Makes the next chunk when it is asked to.
 */
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { makeWorld } from '../test/support/world.ts';
import { SCENARIOS } from './fleets.ts';

export interface MakerStart {
  readonly scenario: string;
  readonly count: number;
  readonly seed: string;
  /** The time of the evidence, in milliseconds since 1970. */
  readonly at: number;
  /** At most so many chains in one message. */
  readonly chunk: number;
}

/** Bodies of `POST /v1/verify`: those that warm a memory, and those to be measured. */
export interface Made {
  readonly before: readonly string[];
  readonly bodies: readonly string[];
}

const { scenario: name, count, seed, at, chunk } = workerData as MakerStart;
const make = SCENARIOS[name];
if (make === undefined || parentPort === null) throw new RangeError(`no scenario ${name}`);
const world = await makeWorld('enigm-development', seed, at);
for (let made = 0; made < count; made += chunk) {
  const { before, chains } = make(world, Math.min(chunk, count - made));
  const message: Made = {
    before: before.map(({ body }) => body),
    bodies: chains.map(({ body }) => body),
  };
  parentPort.postMessage(message);
  if (made + chunk < count) await once(parentPort, 'message');
}
