/** A listening thread that no longer gets to anything is ended and replaced; the others answer meanwhile. */
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openListeners } from '../support/listeners.ts';
import { makeWorld } from '../support/world.ts';

test('a listener that hangs is replaced', async () => {
  const world = await makeWorld('enigm-development', 'hanging listener');
  const { listeners, url, state, deaths } = await openListeners(
    world,
    path.resolve('test/support/failing-listener.ts'),
  );
  const asked = path.join(state, 'hang');
  writeFileSync(asked, '');
  await expect.poll(() => existsSync(asked)).toBe(false);
  expect(deaths).toEqual([]);
  await expect.poll(() => deaths.length, { timeout: 60_000 }).toBe(1);
  await expect.poll(() => listeners.up).toBe(2);
  const alive = await fetch(`${url}/health/live`, { headers: { connection: 'close' } });
  expect(alive.status).toBe(200);
  await listeners.close();
});
