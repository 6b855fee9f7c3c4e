/** One object for a worker, and a pool that works with it as before. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Piscina } from 'piscina';
import { afterEach, expect, test } from 'vitest';
import { keepInterface } from '../../src/pool/kept-interface.ts';

const filename = path.join(mkdtempSync(path.join(tmpdir(), 'enigm-attest-pool-')), 'worker.mjs');
writeFileSync(
  filename,
  `export default async (task) => {
    if (task === 'die') process.exit(1);
    if (task === 'hang') await new Promise((resolve) => setTimeout(resolve, 60_000));
    return task;
  };`,
);

let pool: Piscina;
afterEach(() => pool.destroy());

/** Workers that were made, and what the balancer was shown of them for each task. */
function openPool(keeps: boolean) {
  const shown: (readonly unknown[])[] = [];
  pool = new Piscina({
    filename,
    minThreads: 2,
    maxThreads: 2,
    concurrentTasksPerWorker: 1,
    loadBalancer: (_task, workers) => {
      shown.push([...workers]);
      return workers.find(({ currentUsage }) => currentUsage === 0) ?? null;
    },
  });
  if (keeps) pool.on('workerCreate', keepInterface);
  return shown;
}

test('the balancer is shown the same objects for every task', async () => {
  const shown = openPool(true);
  // Workers are announced in the turn after the pool was made.
  await pool.run(0);
  shown.length = 0;
  for (const task of [1, 2, 3]) expect(await pool.run(task)).toBe(task);
  expect(shown).toHaveLength(3);
  for (const workers of shown)
    for (const [at, each] of workers.entries()) expect(each).toBe(shown[0]?.[at]);
});

test('without it they are made anew, which is why it is there', async () => {
  const shown = openPool(false);
  for (const task of [1, 2]) await pool.run(task);
  expect(shown[1]?.[0]).not.toBe(shown[0]?.[0]);
});

test('they still say what a worker does: none is given two tasks, and one that died or was ended is replaced', async () => {
  openPool(true);
  expect(await Promise.all([1, 2, 3, 4, 5, 6].map((task) => pool.run(task)))).toEqual([
    1, 2, 3, 4, 5, 6,
  ]);
  await expect(pool.run('die')).rejects.toThrow();
  await expect(pool.run('hang', { signal: AbortSignal.timeout(50) })).rejects.toThrow();
  expect(await Promise.all([7, 8, 9].map((task) => pool.run(task)))).toEqual([7, 8, 9]);
});

test('an object of another shape is left alone', () => {
  for (const shown of [{}, { [Symbol('held')]: null }, { [Symbol('held')]: {} }]) {
    const before = Reflect.ownKeys(shown).length;
    keepInterface(shown);
    expect(Reflect.ownKeys(shown)).toHaveLength(before);
  }
});
