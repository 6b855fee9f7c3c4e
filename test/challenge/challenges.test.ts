/** What the settings promise: single use, or no start. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { toKeys } from '../../src/challenge/challenge.ts';
import {
  type ChallengeSettings,
  type Challenges,
  NotIssuing,
  openChallenges,
} from '../../src/challenge/challenges.ts';
import { lockKeys } from '../../src/challenge/process-lock.ts';

const KEY = Buffer.alloc(32, 7).toString('base64url');
const NOBODY = { caller: null, context: {} };
const opened: Challenges[] = [];

afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

async function open(settings: Partial<ChallengeSettings>): Promise<Challenges> {
  const challenges = await openChallenges({
    settings: {
      challengeKeys: [],
      challengeLifetimeSeconds: 300,
      challengeMarks: 10,
      challengeStore: '',
      processes: 1,
      state: mkdtempSync(path.join(tmpdir(), 'enigm-attest-state-')),
      ...settings,
    },
    clock: Date.now,
    onStoreChange: () => {},
  });
  opened.push(challenges);
  return challenges;
}

describe('refuses to start', () => {
  test('several processes without a store they share', async () => {
    await expect(open({ processes: 2 })).rejects.toThrow(/setting processes: .*challengeStore/);
  });

  test('a shared store without shared keys', async () => {
    await expect(open({ challengeStore: 'redis://127.0.0.1:1' })).rejects.toThrow(
      /setting challengeKeys/,
    );
  });

  test('a second process with the same keys and no store', async () => {
    const state = mkdtempSync(path.join(tmpdir(), 'enigm-attest-state-'));
    const first = await open({ challengeKeys: [KEY], state });
    await expect(open({ challengeKeys: [KEY], state })).rejects.toThrow(/another process/);
    await first.close();
    opened.splice(0);
    await open({ challengeKeys: [KEY], state });
  });
});

test('a state folder that cannot hold the lock is a fault of the settings', async () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'enigm-attest-')), 'file');
  writeFileSync(file, '');
  await expect(open({ challengeKeys: [KEY], state: file })).rejects.toThrow(
    /setting state: .*EEXIST/,
  );
});

test('several processes that issue none are no danger, and know no challenge', async () => {
  const challenges = await open({
    processes: 2,
    challengeLifetimeSeconds: 0,
    challengeKeys: [KEY],
  });
  expect(() => challenges.issue(NOBODY)).toThrow(NotIssuing);
  expect(challenges.secrets[0]).not.toEqual(Buffer.from(KEY, 'base64url'));
});

test('keys that are made at start are made anew each time, and need no lock', async () => {
  const state = mkdtempSync(path.join(tmpdir(), 'enigm-attest-state-'));
  const [one, two] = [await open({ state }), await open({ state })];
  expect(one.secrets).not.toEqual(two.secrets);
});

test('a full memory issues no challenge', async () => {
  const challenges = await open({ challengeMarks: 1 });
  const { expiresAt } = challenges.issue(NOBODY);
  await challenges.marks.take({ id: 'a', issuedAt: Date.now(), expiresAt });
  expect(() => challenges.issue(NOBODY)).toThrow(/full/);
});

test('a store that does not answer is no fault of the settings: nothing is issued until it does', async () => {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const challenges = await open({
    challengeStore: `redis://127.0.0.1:${port}`,
    challengeKeys: [KEY],
    processes: 2,
  });
  expect(() => challenges.issue(NOBODY)).toThrow(NotIssuing);
  const claim = { id: 'a', issuedAt: Date.now(), expiresAt: Date.now() + 1000 };
  expect(await challenges.marks.take(claim)).toBe('unavailable');
  server.close();
});

test('a lock in a folder whose path is too long for a socket is a lock all the same', async () => {
  const folder = path.join(mkdtempSync(path.join(tmpdir(), 'enigm-attest-')), 'a'.repeat(120));
  const keys = toKeys([Buffer.alloc(32, 9)]);
  const release = await lockKeys(folder, keys);
  expect(await lockKeys(folder, keys)).toBeNull();
  await release?.();
  const again = await lockKeys(folder, keys);
  expect(again).not.toBeNull();
  await again?.();
});
