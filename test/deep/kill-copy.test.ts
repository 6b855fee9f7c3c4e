/** `kill -9` at any moment of storing a copy: the next start has a whole one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { CopyStore } from '../../src/sources/revocation/copy-store.ts';
import { newFolder } from '../support/terminal.ts';

const WRITER = path.resolve('test/support/copy-writer.ts');
const KILLS = 200;
/** Writers that share one folder, as processes on one machine do. */
const WRITERS = 4;

test(`${KILLS} kills, ${WRITERS} writers in one folder`, async () => {
  const folder = newFolder();
  const store = new CopyStore(folder);
  const rounds: number[] = [];
  let halfWritten = 0;

  async function killOne(): Promise<void> {
    const writer = spawn(process.execPath, [WRITER, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(writer.stdout, 'data');
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 40));
    writer.kill('SIGKILL');
    await once(writer, 'exit');
    halfWritten += readdirSync(folder).filter((name) => name.includes(`${writer.pid}-`)).length;
    // Whatever it was doing, and whatever the others are doing now: what is there is whole.
    const copy = store.load('here');
    if (copy === null) return;
    const text = Buffer.from(copy.body).toString('latin1');
    const round = copy.facts.fetchedAt as number;
    expect(text.length).toBe(1 + ((round * 7919) % 300_000));
    expect(text).toBe(String.fromCharCode(97 + (round % 26)).repeat(text.length));
    rounds.push(round);
  }

  async function killMany(): Promise<void> {
    for (let kill = 0; kill < KILLS / WRITERS; kill += 1) await killOne();
  }
  await Promise.all(Array.from({ length: WRITERS }, killMany));
  // Only the first few may have died before anything was stored; many died in the middle of a write.
  expect(rounds.length).toBeGreaterThan(KILLS - 2 * WRITERS);
  expect(halfWritten).toBeGreaterThan(KILLS / 10);
});
