/** A real listener that ends, or hangs, as soon as a file of that name stands in its state folder. */
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { workerData } from 'node:worker_threads';
import type { ListenerStart } from '../../src/listeners/protocol.ts';
import '../../src/listeners/thread.ts';

const { state } = (workerData as ListenerStart).config;

setInterval(() => {
  if (wasAskedTo('end')) process.exit(1);
  if (wasAskedTo('hang')) for (;;);
}, 20);

/** One thread takes the file, and does what it says. */
function wasAskedTo(what: string): boolean {
  const file = path.join(state, what);
  if (!existsSync(file)) return false;
  try {
    rmSync(file);
    return true;
  } catch {
    return false;
  }
}
