/** `kill -9` at any moment of storing a copy: the next start has a whole one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { CopyStore } from '../../src/sources/revocation/copy-store.ts';
import { copyOf } from '../support/copies.ts';
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
    const gone = once(writer, 'exit');
    writer.kill('SIGKILL');
    await gone;
    halfWritten += readdirSync(folder).filter((name) => name.includes(`${writer.pid}-`)).length;
    // Whatever it was doing, and whatever the others are doing now: what is there is whole.
    const copy = store.load('here');
    if (copy === null) throw new Error('the stored copy is gone');
    const text = Buffer.from(copy.body).toString('latin1');
    const round = copy.facts.fetchedAt as number;
    expect(text).toBe(Buffer.from(copyOf(round).body).toString('latin1'));
    rounds.push(round);
  }

  async function killMany(): Promise<void> {
    // How many die in the middle of a write depends on the disk: on until enough have.
    while (rounds.length < KILLS || halfWritten < KILLS / 10) await killOne();
  }
  // From here on there is a copy, however slow the disk is.
  await store.save(copyOf(0));
  await Promise.all(Array.from({ length: WRITERS }, killMany));
  expect(new Set(rounds).size).toBeGreaterThan(1);
});
