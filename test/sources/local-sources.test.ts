/** Sources on this machine: lists and deny lists in files, and what a proxy is asked for. */
import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { loadBuiltInAnchors } from '../../src/sources/anchors.ts';
import { CopyStore } from '../../src/sources/revocation/copy-store.ts';
import { openNetwork } from '../../src/sources/revocation/download.ts';
import { loadStoredSnapshot } from '../../src/sources/revocation/open-keeper.ts';
import { type KeptWorld, keep, simulatedSource } from '../support/keeper.ts';
import { openListServer, sends, statusList } from '../support/list-server.ts';
import { newFolder } from '../support/terminal.ts';
import { AT, attest, codesOf, makeWorld, reportOn, type World } from '../support/world.ts';

const DAY_MS = 86_400_000;
const SENTINEL = '6681152659205225093';

let world: World;
let kept: KeptWorld;

beforeAll(async () => {
  world = await makeWorld('google-like');
});

afterEach(async () => {
  await kept.keeper.close();
});

describe('a status list in a file', () => {
  test('is as old as the file, and taken again when that changes', async () => {
    const file = path.join(newFolder(), 'status.json');
    const write = (serials: string[], at: number) => {
      writeFileSync(file, statusList(serials));
      utimesSync(file, at / 1000, at / 1000);
    };
    write([SENTINEL], AT - DAY_MS);
    const { url: _, ...source } = simulatedSource('', { file }) as never as Record<string, unknown>;
    kept = await keep(world, [source as never]);
    expect(kept.keeper.statuses[0]).toMatchObject({
      entries: 1,
      fetchedAt: AT - DAY_MS,
      failing: null,
    });
    const judged = () =>
      reportOn(world, attest(world), 'android-hardware', {
        revocation: kept.keeper.snapshot,
        appraisedAt: AT,
      });
    expect(judged().outcome).toBe('accept');
    write([SENTINEL, 'ab'], AT - 3 * DAY_MS);
    expect(await kept.keeper.refresh('simulated-status')).toBe(true);
    expect(codesOf(judged())).toContain('REVOCATION_LIST_STALE');
    writeFileSync(file, '{');
    expect(await kept.keeper.refresh('simulated-status')).toBe(false);
    expect(kept.keeper.statuses[0]).toMatchObject({ entries: 2, failing: { failure: 'invalid' } });
    rmSync(file);
    expect(await kept.keeper.refresh('simulated-status')).toBe(false);
    expect(kept.keeper.statuses[0]?.failing).toMatchObject({ failure: 'unreadable' });
  });
});

describe('a deny list', () => {
  const source = (file: string) => ({ kind: 'deny-list', id: 'mine', file }) as const;
  const denied = (document: object) => {
    const file = path.join(newFolder(), 'deny.json');
    writeFileSync(file, JSON.stringify({ format: 1, ...document }));
    return file;
  };

  test('is in force before anything is served, has no age, and follows its file', async () => {
    const serials = { '4badc0de00000000000000000000dead': 'LEAKED' };
    const file = denied({ serials, bootKeys: { ['ab'.repeat(32)]: null } });
    kept = await keep(world, [source(file)]);
    expect(kept.keeper.statuses[0]).toMatchObject({ entries: 2, fetchedAt: null, failing: null });
    const judged = () =>
      reportOn(world, attest(world, {}, { defect: 'revoked' }), 'android-hardware', {
        revocation: kept.keeper.snapshot,
      });
    expect(codesOf(judged())).toEqual(
      expect.arrayContaining(['CERTIFICATE_REVOKED', 'REVOCATION_LIST_UNAVAILABLE']),
    );
    expect(judged().findings[0]).toMatchObject({ got: 'revoked (LEAKED) by mine' });
    writeFileSync(file, '{"format":1}');
    expect(await kept.keeper.refresh('mine')).toBe(true);
    expect(codesOf(judged())).not.toContain('CERTIFICATE_REVOKED');
  });

  test.each<[string, object]>([
    ['a padded serial', { serials: { '0ab': null } }],
    ['a digest that is none', { attestationKeys: { ab: null } }],
    ['a reason that is no text', { bootKeys: { ['ab'.repeat(32)]: 1 } }],
    ['an unknown member', { keys: {} }],
  ])('with %s is refused, and the one before it stays', async (_, document) => {
    const file = denied({ serials: { ab: null } });
    kept = await keep(world, [source(file)]);
    writeFileSync(file, JSON.stringify({ format: 1, ...document }));
    expect(await kept.keeper.refresh('mine')).toBe(false);
    expect(kept.keeper.statuses[0]).toMatchObject({ entries: 1, failing: { failure: 'invalid' } });
  });

  test('says what a name that is no serial should look like, and which member is not known', async () => {
    const file = denied({ serials: { '0xAB': null }, keys: {} });
    await expect(keep(world, [source(file)])).rejects.toThrow(
      'keys is not a known member; serials.0xAB has a name of another form than ^(0|[1-9a-f][0-9a-f]{0,39})$',
    );
  });

  test('that is not there, and was never taken, is an error at the start', async () => {
    kept = await keep(world, []);
    const gone = source('/nowhere/deny.json');
    await expect(keep(world, [gone])).rejects.toThrow(
      'revocation source mine: /nowhere/deny.json cannot be read (ENOENT)',
    );
    const config = loadConfig({ environment: 'development', revocationSources: [gone] }, {});
    const anchors = loadBuiltInAnchors('development').material.anchors;
    await expect(loadStoredSnapshot(config, anchors, AT)).rejects.toThrow('ENOENT');
  });

  test('that went away since stays in force as it was', async () => {
    const file = denied({ serials: { ab: null } });
    const store = new CopyStore(newFolder());
    const first = await keep(world, [source(file)], { store });
    await first.keeper.close();
    rmSync(file);
    kept = await keep(world, [source(file)], { store });
    expect(kept.keeper.statuses[0]).toMatchObject({
      entries: 1,
      failing: { failure: 'unreadable' },
    });
  });
});

test('a proxy is asked, and hosts that need none are not', async () => {
  const server = await openListServer();
  server.play(sends(statusList([SENTINEL])));
  const asked: string[] = [];
  const proxy = createServer().on('connect', (request, socket, head) => {
    asked.push(request.url ?? '');
    const [host, port] = (request.url ?? '').split(':');
    const upstream = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const place = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  kept = await keep(world, [simulatedSource(server.url)], { dispatcher: openNetwork(place, '') });
  expect(await kept.keeper.refresh('simulated-status')).toBe(true);
  expect(asked).toEqual([new URL(server.url).host]);
  const direct = await keep(world, [simulatedSource(server.url)], {
    dispatcher: openNetwork(place, '127.0.0.1'),
  });
  expect(await direct.keeper.refresh('simulated-status')).toBe(true);
  expect(asked).toHaveLength(1);
  await direct.keeper.close();
  proxy.closeAllConnections();
  proxy.close();
  await server.close();
});

describe('settings that cannot be', () => {
  const list = { kind: 'status-list', id: 'a', feed: 'f', anchors: ['google-ec'] };
  test.each<[string, unknown, RegExp]>([
    [
      'an id twice',
      [
        { ...list, url: 'https://a/' },
        { ...list, url: 'https://b/' },
      ],
      /used twice/,
    ],
    ['neither URL nor file', [list], /either "url" or "file"/],
    ['both', [{ ...list, url: 'https://a/', file: 'b' }], /either "url" or "file"/],
    ['no HTTPS', [{ ...list, url: 'http://example.org/' }], /not HTTPS/],
    ['a URL that is none', [{ ...list, url: 'there' }], /no URL/],
    ['another scheme', [{ ...list, kind: 'crl', url: 'ftp://example.org/' }], /not HTTPS/],
    ['a password', [{ ...list, url: 'https://me:it@example.org/' }], /user or a password/],
    ['an id that is a path', [{ ...list, id: '../a', url: 'https://a/' }], /revocationSources/],
    [
      'a CRL of two anchors',
      [{ ...list, kind: 'crl', anchors: ['a', 'b'], url: 'https://a/' }],
      /revocationSources/,
    ],
  ])('%s', async (_, revocationSources, message) => {
    kept = await keep(world, []);
    expect(() => loadConfig({ revocationSources }, {})).toThrow(message);
  });

  test('an anchor that there is not', async () => {
    kept = await keep(world, []);
    const revocationSources = [{ ...list, anchors: ['elsewhere'], url: 'https://a/' }];
    const config = loadConfig({ revocationSources }, {});
    const anchors = loadBuiltInAnchors('production').material.anchors;
    await expect(loadStoredSnapshot(config, anchors, AT)).rejects.toThrow(
      'revocation source a: there is no anchor elsewhere; there are google-rsa, google-ec',
    );
  });

  test('CRLs may come over plain HTTP: they are signed', async () => {
    kept = await keep(world, []);
    const revocationSources = [{ ...list, kind: 'crl', url: 'http://example.org/' }];
    expect(loadConfig({ revocationSources }, {}).revocationSources).toEqual(revocationSources);
  });
});
