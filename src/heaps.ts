/** How far the heaps of this process may grow. */
import { setFlagsFromString } from 'node:v8';

/**
 * What the heap of a listener may gain on what was alive in it, in percent. By itself V8 takes well under a hundred
 * here, and a listener whose devices come again looks through its 50 MB of code, lists and remembered certificates every
 * second, on several other threads at once: a tenth of all CPU of the service, and the longest waits. The bound of
 * each heap stays. A worker of the pool has a third of that to look through, and keeps its heap small instead.
 */
const HEAP_GROWTH_PERCENT = 300;

/** A setting of the whole process, also for threads that are yet to start. */
export function letHeapsGrow(): void {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
}

/**
 * `--max-semi-space-size` of the command line is for the main thread, whose heap is made by now. Left as it is, it would
 * stand above the limits that threads are started with.
 */
export function letThreadLimitsCount(): void {
  setFlagsFromString('--max-semi-space-size=0');
}
