/** Stored copies: what is loaded is what was saved, and anything else is not used. */
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { type Copy, CopyStore } from '../../src/sources/revocation/copy-store.ts';
import { keep, simulatedSource } from '../support/keeper.ts';
import { openListServer, sends, statusList } from '../support/list-server.ts';
import { newFolder } from '../support/terminal.ts';
import { AT, makeWorld } from '../support/world.ts';

const copy = (body: string): Copy => ({
  facts: {
    source: 'here',
    kind: 'status-list',
    place: 'https://example.org/',
    fetchedAt: 1,
    refreshAfterMs: 2,
    publishedAt: null,
    etag: '"x\n"',
    lastModified: null,
  },
  body: Buffer.from(body),
});

test('what is loaded is what was saved', async () => {
  const folder = path.join(newFolder(), 'new', 'folder');
  const store = new CopyStore(folder);
  expect([store.load('here'), store.versionOf('here')]).toEqual([null, null]);
  for (const body of ['', 'a\nb\n', 'x'.repeat(100_000)]) {
    await store.save(copy(body));
    expect(store.load('here')).toEqual(copy(body));
  }
  expect(readdirSync(folder)).toEqual(['here.copy']);
});

test('any byte that changed, and any end that is missing, is seen', async () => {
  const folder = newFolder();
  const store = new CopyStore(folder);
  const file = path.join(folder, 'here.copy');
  await store.save(copy('the list'));
  const whole = readFileSync(file);
  for (let at = 0; at < whole.length; at += 1) {
    const flipped = Buffer.from(whole);
    flipped[at] = (flipped[at] as number) ^ 0x01;
    for (const damaged of [flipped, whole.subarray(0, at)]) {
      writeFileSync(file, damaged);
      expect(() => store.load('here'), `byte ${at}`).toThrow('damaged');
    }
  }
  writeFileSync(file, whole);
  expect(store.load('here')).toEqual(copy('the list'));
  writeFileSync(path.join(folder, 'there.copy'), whole);
  expect(() => store.load('there')).toThrow('damaged');
});

test('a place that cannot be written to or read from is said', async () => {
  const folder = newFolder();
  writeFileSync(path.join(folder, 'file'), '');
  await expect(new CopyStore(path.join(folder, 'file')).save(copy(''))).rejects.toMatchObject({
    failure: 'disk',
  });
  mkdirSync(path.join(folder, 'here.copy'));
  expect(() => new CopyStore(folder).load('here')).toThrow('cannot be read (EISDIR)');
});

test('what a killed process left half written is removed once it is old', () => {
  const folder = newFolder();
  const store = new CopyStore(folder);
  for (const name of ['old.copy.1-1.tmp', 'new.copy.1-1.tmp', 'old.copy']) {
    writeFileSync(path.join(folder, name), '');
  }
  utimesSync(path.join(folder, 'old.copy.1-1.tmp'), 1, 1);
  utimesSync(path.join(folder, 'old.copy'), 1, 1);
  store.sweep(Date.now());
  expect(readdirSync(folder)).toEqual(['new.copy.1-1.tmp', 'old.copy']);
  new CopyStore(path.join(folder, 'nowhere')).sweep(Date.now());
});

test('a start with a damaged copy has none, says so, and gets a new one', async () => {
  const world = await makeWorld('google-like');
  const server = await openListServer();
  const folder = newFolder();
  const good = statusList(['6681152659205225093']);
  writeFileSync(path.join(folder, 'simulated-status.copy'), good);
  const kept = await keep(world, [simulatedSource(server.url)], { store: new CopyStore(folder) });
  expect(kept.keeper.snapshot.entryCount).toBe(0);
  expect(kept.keeper.statuses[0]?.failing).toMatchObject({ failure: 'disk' });
  server.play(sends(good));
  await kept.keeper.refresh('simulated-status');
  expect(kept.keeper.statuses[0]).toMatchObject({ entries: 1, failing: null });
  await kept.keeper.close();
  await server.close();
});

test('a copy from another place than the source’s is not taken up', async () => {
  const world = await makeWorld('google-like');
  const server = await openListServer();
  const folder = newFolder();
  server.play(sends(statusList(['6681152659205225093'])));
  const open = (url: string) =>
    keep(world, [simulatedSource(url)], { store: new CopyStore(folder) });
  const first = await open(server.url);
  await first.keeper.refresh('simulated-status');
  const [same, moved] = await Promise.all([open(server.url), open(`${server.url}/elsewhere`)]);
  expect(same.keeper.snapshot.entryCount).toBe(1);
  expect(moved.keeper.snapshot.entryCount).toBe(0);
  await Promise.all([first, same, moved].map(({ keeper }) => keeper.close()));
  await server.close();
});

test('a good list that cannot be stored decides all the same, and that is said', async () => {
  const world = await makeWorld('google-like');
  const server = await openListServer();
  const folder = newFolder();
  writeFileSync(path.join(folder, 'file'), '');
  const store = new CopyStore(path.join(folder, 'file'));
  server.play(sends(statusList(['6681152659205225093'])));
  const kept = await keep(world, [simulatedSource(server.url)], { store });
  expect(await kept.keeper.refresh('simulated-status')).toBe(false);
  expect(kept.keeper.snapshot.entryCount).toBe(1);
  expect(kept.keeper.statuses[0]).toMatchObject({
    entries: 1,
    failing: { failure: 'disk', text: expect.stringMatching(/^the list is in force, but /) },
  });
  await kept.keeper.close();
  await server.close();
});

test('a copy from the future, of a clock that was wrong, is not taken up', async () => {
  const world = await makeWorld('google-like');
  const server = await openListServer();
  const folder = newFolder();
  const store = new CopyStore(folder);
  server.play(
    sends(statusList(['6681152659205225093']), {
      'last-modified': 'Fri, 01 Jan 2100 00:00:00 GMT',
    }),
  );
  const ahead = await keep(world, [simulatedSource(server.url)], { store, clock: () => AT + 9e9 });
  await ahead.keeper.refresh('simulated-status');
  const now = await keep(world, [simulatedSource(server.url)], { store });
  expect(now.keeper.statuses[0]).toMatchObject({ entries: null, failing: { failure: 'invalid' } });
  // Nor does a date of publication to come make true ones look older.
  expect(await now.keeper.refresh('simulated-status')).toBe(true);
  server.play(
    sends(statusList(['6681152659205225093', 'ab']), {
      'last-modified': 'Sun, 01 Nov 2026 00:00:00 GMT',
    }),
  );
  expect(await now.keeper.refresh('simulated-status')).toBe(true);
  await Promise.all([ahead, now].map(({ keeper }) => keeper.close()));
  await server.close();
});
