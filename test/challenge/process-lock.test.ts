/** One holder, also of those that find the lock of a dead process at the same moment. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { lockFolder } from '../../src/challenge/process-lock.ts';

const folders: string[] = [];
const SOURCE = path.resolve('src/challenge/process-lock.ts');

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

function newFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'enigm-attest-'));
  folders.push(folder);
  return folder;
}

/** A process of its own that holds the lock until it is killed. */
async function holder(folder: string) {
  const script = `const { lockFolder } = await import(${JSON.stringify(SOURCE)});
    console.log((await lockFolder(${JSON.stringify(folder)}, 'a')) === null ? 'refused' : 'held');
    setInterval(() => {}, 1000);`;
  const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit'];
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio });
  const [said] = await once(child.stdout, 'data');
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  return { said: String(said).trim(), kill };
}

test('a killed process leaves a lock that one of those who come at once takes over, and never two', async () => {
  const folder = newFolder();
  const { said, kill } = await holder(folder);
  expect(said).toBe('held');
  expect(await lockFolder(folder, 'a')).toBeNull();
  await kill();
  expect(readdirSync(folder)).toHaveLength(1);

  let taken = 0;
  for (let round = 0; round < 5; round += 1) {
    const all = await Promise.all(Array.from({ length: 4 }, () => lockFolder(folder, 'a')));
    const got = all.filter((release) => release !== null);
    expect(got.length).toBeLessThanOrEqual(1);
    for (const release of got) await release();
    taken += got.length;
    expect(readdirSync(folder)).toEqual([]);
  }
  expect(taken).toBeGreaterThan(0);
});

test('while one holds it no other process gets it, and what it put down stays', async () => {
  const folder = newFolder();
  const release = await lockFolder(folder, 'a');
  const before = readdirSync(folder);
  const { said, kill } = await holder(folder);
  await kill();
  expect(said).toBe('refused');
  expect(readdirSync(folder)).toEqual(before);
  const other = await lockFolder(folder, 'b');
  expect(other).not.toBeNull();
  await other?.();
  await release?.();
  expect(readdirSync(folder)).toEqual([]);
});

test('a lock of many that ask is held all the same: its backlog is not taken for its death', async () => {
  const folder = newFolder();
  const release = await lockFolder(folder, 'a');
  const [name = ''] = readdirSync(folder);
  const sockets = Array.from({ length: 600 }, () => connect(path.join(folder, name)));
  for (const socket of sockets) socket.on('error', () => {});
  expect(await lockFolder(folder, 'a')).toBeNull();
  for (const socket of sockets) socket.destroy();
  expect(readdirSync(folder)).toEqual([name]);
  await release?.();
});
