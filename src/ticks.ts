/** What a tick of this thread costs. */

/** So many that V8 has compiled `process.nextTick` for good: some 5 ms. */
const TICKS = 30_000;

/**
 * Has `process.nextTick` compiled while nothing else uses it; to be awaited before a thread serves. It makes an object with
 * computed names, which V8 does in a few instructions only where it saw one hidden class of that object until it compiled
 * the function. Whether it did is chance in a thread that loads its modules meanwhile, and where not, each of the
 * half dozen ticks of a request goes through V8's runtime: 2 % of all CPU in front of the pool and in listeners.
 */
export function settleTicks(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let left = TICKS;
  const tick = (): void => {
    left -= 1;
    if (left > 0) process.nextTick(tick, left);
    else resolve();
  };
  process.nextTick(tick, left);
  return promise;
}
