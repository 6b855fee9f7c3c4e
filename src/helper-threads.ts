/** The threads of V8 beside those that answer: they compile what runs often, and look through heaps. */
import { readdirSync, readFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** Where Linux lists the threads of this process, each with its name (proc(5)). */
const THREADS = '/proc/self/task';

/** What Node calls them; some releases leave out what stands in front. */
const NAME = /^(node-)?V8Worker\n$/;

/**
 * A tenth of the weight of a listener, or of the thread of HTTP in front of the pool, whose workers are their equals. As
 * equals of listeners they took half of two cores for some 50 ms at a time, and requests waited up to 30 ms behind
 * them. With 19 they hardly run under full load, and code stays slow for long.
 */
const NICE = 10;
const MOST_NICE = 19;

/**
 * Lets them give way to the threads that answer, which takes no right. Elsewhere than on Linux, where names cannot
 * be read or priorities not be set, everything stays as it is: nothing but waiting times depends on it.
 */
export function putHelpersBehind(): void {
  const nice = Math.min(MOST_NICE, getPriority() + NICE);
  try {
    for (const thread of readdirSync(THREADS)) {
      const name = readFileSync(`${THREADS}/${thread}/comm`, 'utf8');
      if (NAME.test(name)) setPriority(Number(thread), nice);
    }
  } catch {}
}
