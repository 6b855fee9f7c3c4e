/**
 * What piscina shows of a worker to its balancer it makes anew for each worker and task: an object of six accessors,
 * whose functions and hidden classes stay in memory until all of the heap is looked through. Under load that is tens of
 * megabytes, or a look through the heap every second. The object says nothing but what the worker says at that
 * moment, so the first one will do for good.
 */

/** Called with what piscina's event `workerCreate` brings. Does nothing where piscina is built otherwise. */
export function keepInterface(shown: object): void {
  const [held] = Object.getOwnPropertySymbols(shown);
  if (held === undefined) return;
  const worker: unknown = Reflect.get(shown, held);
  if (typeof worker === 'object' && worker !== null && 'interface' in worker) {
    Object.defineProperty(worker, 'interface', { value: shown });
  }
}
