/** `attest revocation`: lists fetched, shown, looked up and compared; bundles for machines without network. */
import { execFileSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CompactSign } from 'jose';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { loadBundledLists } from '../../src/sources/bundled-lists.ts';
import { ROOTS } from '../../src/sources/package-root.ts';
import { type ListServer, openListServer, sends, statusList } from '../support/list-server.ts';
import { attest, newFolder } from '../support/terminal.ts';

const SERIALS = loadBundledLists(ROOTS)
  .filter(({ feed }) => feed === 'google-status')
  .flatMap(({ entries }) => entries.map(({ serial }) => serial));
const NEW = 'abc0000000000001';

let server: ListServer;
let folder: string;

beforeEach(async () => {
  server = await openListServer();
  folder = newFolder();
  vi.stubEnv('ENIGM_ATTEST_ENVIRONMENT', 'development');
  vi.stubEnv('ENIGM_ATTEST_STATE', path.join(folder, 'state'));
  useSource(server.url);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
});

function useSource(url: string): void {
  const source = {
    kind: 'status-list',
    id: 'google-status',
    feed: 'google-status',
    anchors: ['google-rsa', 'google-ec', 'enigm-development'],
    url,
  };
  vi.stubEnv('ENIGM_ATTEST_REVOCATION_SOURCES', JSON.stringify([source]));
}

/** Commands that fetch look at the real clock. */
const run = (...args: string[]) => attest(['revocation', ...args], { folder, now: Date.now() });
const json = (out: string) =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('fetch', () => {
  test('stores what holds up, for every command after it', async () => {
    server.play(sends(statusList([...SERIALS, NEW])));
    const fetched = await run('fetch');
    expect(fetched).toMatchObject({ exitCode: 0, err: '' });
    expect(fetched.out).toMatch(`google-status: ${SERIALS.length + 1} entries, as of 2`);
    const [again] = json((await run('fetch', '--format', 'json')).out);
    expect(again).toMatchObject({ source: 'google-status', entries: SERIALS.length + 1 });
    await server.close();
    const [shown] = json((await run('show', '--format', 'json')).out);
    expect(shown).toMatchObject({ snapshot: { id: again.snapshot }, missing: [], failures: [] });
    expect((await run('show')).out).toContain(`snapshot ${again.snapshot}`);
    expect((await run('check', NEW)).exitCode).toBe(1);
  });

  test('says once what it refuses of a file, which it reads as it opens and as it fetches', async () => {
    const file = path.join(folder, 'list.json');
    writeFileSync(file, '{"entries":{}}');
    const source = { kind: 'status-list', id: 'ours', feed: 'google-status' };
    const anchors = ['google-rsa', 'google-ec'];
    vi.stubEnv('ENIGM_ATTEST_REVOCATION_SOURCES', JSON.stringify([{ ...source, anchors, file }]));
    const { exitCode, err } = await run('fetch');
    expect([exitCode, err]).toEqual([2, 'ours: refused (invalid): it has no entries\n']);
  });

  test('says what it refuses, and exits with 2', async () => {
    server.play(sends('<html>'));
    const refused = await run('fetch');
    expect(refused).toMatchObject({ exitCode: 2, out: '' });
    expect(refused.err).toContain('google-status: refused (invalid): it is no JSON');
    const [shown] = json((await run('show', '--format', 'json')).out);
    expect(shown.missing).toEqual(['google-status']);
    expect((await run('show')).out).toContain('nothing stored: attest revocation fetch');
  });

  test('takes a list that shrank when an operator says so, once', async () => {
    server.play(sends(statusList([NEW])));
    expect((await run('fetch')).err).toContain('refused (shrunk)');
    expect((await run('fetch', '--allow-shrink')).exitCode).toBe(0);
    // The floor stays in force beside it.
    expect((await run('check', SERIALS[0] as string)).exitCode).toBe(1);
  });

  test('only a source that there is', async () => {
    server.play(sends(statusList(SERIALS)));
    expect((await run('fetch', '--source', 'google-status')).exitCode).toBe(0);
    expect(await run('fetch', '--source', 'elsewhere')).toMatchObject({ exitCode: 64 });
    vi.stubEnv('ENIGM_ATTEST_REVOCATION_SOURCES', '[]');
    expect(await run('fetch')).toMatchObject({ exitCode: 64 });
  });

  test('makes a chain decidable that was not', async () => {
    const pem = path.join(folder, 'x.pem');
    await attest(['simulate', '--out', pem], { folder, now: Date.now() });
    const judge = () =>
      attest(
        ['verify', pem, '--policy', 'enigm-development', '--no-challenge', '--format', 'json'],
        {
          folder,
          now: Date.now(),
        },
      );
    const report = JSON.parse((await judge()).out);
    expect(report.outcome).toBe('accept');
    server.play(sends(statusList([...SERIALS, report.chain.certificates[1].serial])));
    await run('fetch');
    const rejected = JSON.parse((await judge()).out);
    expect(rejected.findings[0]).toMatchObject({
      code: 'CERTIFICATE_REVOKED',
      got: 'revoked (KEY_COMPROMISE) by google-status',
    });
    expect((await run('check', pem)).exitCode).toBe(1);
  });
});

describe('check', () => {
  test('one line each, in any form of hex', async () => {
    const [serial = ''] = SERIALS;
    const { exitCode, out } = await run(
      'check',
      `0x0${serial.toUpperCase()}`,
      '1234',
      '--format',
      'json',
    );
    expect(exitCode).toBe(1);
    expect(json(out)).toEqual([
      {
        serial,
        status: 'revoked',
        reason: 'KEY_COMPROMISE',
        source: 'google-floor',
        snapshot: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
      { serial: '1234', status: 'good', reason: null, source: null, snapshot: expect.any(String) },
    ]);
    expect((await run('check', '4badc0de00000000000000000000beef')).out).toMatch(
      /^suspended {2}4badc0de.* {2}no reason given, by enigm-development/,
    );
    expect(await run('check', '00')).toMatchObject({ exitCode: 0, out: 'good       0\n' });
  });

  test('a list by the operator’s word adds to what is known', async () => {
    writeFileSync(path.join(folder, 'mine.json'), statusList([NEW], 'SUSPENDED'));
    const { exitCode, out } = await run(
      'check',
      NEW,
      SERIALS[0] as string,
      '--revocation',
      'mine.json',
    );
    expect([exitCode, out.split('\n').map((line) => line.split(' ')[0])]).toEqual([
      1,
      ['suspended', 'revoked', ''],
    ]);
  });

  test('what is neither serial nor evidence', async () => {
    const { exitCode, err } = await run('check', 'nowhere.pem');
    expect(exitCode).toBe(65);
    expect(err).toContain('nowhere.pem: neither a serial in hex nor evidence');
  });
});

describe('diff', () => {
  test('added, removed and changed', async () => {
    const one = { status: 'REVOKED', reason: 'KEY_COMPROMISE' };
    const write = (name: string, entries: object) =>
      writeFileSync(path.join(folder, name), JSON.stringify({ entries }));
    write('old.json', { a1: one, a2: one, a3: one });
    write('new.json', { a2: { status: 'SUSPENDED' }, a3: one, a4: one });
    const { exitCode, out, err } = await run('diff', 'old.json', 'new.json', '--format', 'json');
    expect(exitCode).toBe(0);
    const revoked = expect.objectContaining({ status: 'revoked', reason: 'KEY_COMPROMISE' });
    expect(json(out)).toEqual([
      { change: 'removed', serial: 'a1', was: revoked, is: null },
      {
        change: 'changed',
        serial: 'a2',
        was: revoked,
        is: expect.objectContaining({ status: 'suspended' }),
      },
      { change: 'added', serial: 'a4', was: null, is: revoked },
    ]);
    expect(err).toBe('1 added, 1 removed, 1 changed\n');
    expect((await run('diff', 'old.json', 'new.json')).out).toContain(
      'changed  a2  revoked (KEY_COMPROMISE) → suspended\n',
    );
    expect(await run('diff', 'old.json', 'nowhere.json')).toMatchObject({ exitCode: 64 });
    writeFileSync(path.join(folder, 'bad.json'), '{}');
    expect((await run('diff', 'old.json', 'bad.json')).err).toContain('not a status list');
  });
});

test('anchors calendar', async () => {
  const calendar = await attest(['anchors', 'calendar', '--format', 'json'], { folder });
  const entries = json(calendar.out);
  expect(entries.map(({ daysLeft }) => daysLeft)).toEqual(
    entries.map(({ daysLeft }) => daysLeft).sort((a, b) => a - b),
  );
  expect(entries.filter(({ kind }) => kind === 'intermediate').length).toBeGreaterThan(50);
  expect(entries).toContainEqual(
    expect.objectContaining({
      kind: 'anchor',
      anchor: 'google-rsa',
      notAfter: '2026-05-24T16:28:52Z',
      daysLeft: -182,
    }),
  );
  expect((await attest(['anchors', 'calendar'], { folder })).out).toMatch(/has run out +anchor/);
});

describe('bundles', () => {
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const make = (...changes: string[]) =>
    run(
      'bundle',
      '--key',
      'key.pem',
      '--sequence',
      '3',
      '--expires',
      '2099-01-01T00:00:00Z',
      '--out',
      'b.jws',
      '--keys-out',
      'keys.json',
      ...changes,
    );
  const elsewhere = () => vi.stubEnv('ENIGM_ATTEST_STATE', path.join(folder, 'elsewhere'));

  beforeEach(async () => {
    openssl('genpkey', '-algorithm', 'ed25519', '-out', 'key.pem');
    server.play(
      sends(statusList([...SERIALS, NEW]), { 'last-modified': 'Sun, 01 Nov 2026 00:00:00 GMT' }),
    );
    await run('fetch');
  });

  test('made on one machine, taken on another, once', async () => {
    const made = await make();
    expect(made).toMatchObject({ exitCode: 0, err: '' });
    expect(made.out).toMatch(/^bundle 3: google-status; until 2099/);
    const original = json((await run('show', '--format', 'json')).out)[0];
    elsewhere();
    await server.close();
    expect((await run('check', NEW)).exitCode).toBe(0);
    const taken = await run('import', 'b.jws', '--keys', 'keys.json');
    expect(taken).toMatchObject({ exitCode: 0, err: '' });
    expect(taken.out).toMatch(/google-status: as of 2.*\nbundle 3: taken\n/);
    expect((await run('check', NEW)).exitCode).toBe(1);
    // As old as where it was fetched: a bundle makes no list young again.
    const shown = json((await run('show', '--format', 'json')).out)[0];
    expect(shown.snapshot).toEqual(original.snapshot);
    expect(shown.lists.at(-1).fetchedAt).toBe(original.lists.at(-1).fetchedAt);
    const content = readFileSync(
      path.join(folder, 'elsewhere', 'revocation', 'bundle-content.json'),
      'utf8',
    );
    const { policies, anchors } = JSON.parse(content);
    expect(policies.map(({ id }: { id: string }) => id)).toContain('android-hardware');
    expect(anchors.map(({ record }: { record: { id: string } }) => record.id)).toContain(
      'google-ec',
    );

    const again = await run('import', 'b.jws', '--keys', 'keys.json');
    expect(again).toMatchObject({ exitCode: 1 });
    expect(again.err).toContain(
      'refused (older): the bundle has number 3; number 3 was taken before',
    );
  });

  test.each(['P-256', 'P-384'])('signed with %s', async (curve) => {
    openssl(
      'genpkey',
      '-algorithm',
      'ec',
      '-pkeyopt',
      `ec_paramgen_curve:${curve}`,
      '-out',
      'key.pem',
    );
    await make();
    elsewhere();
    vi.stubEnv('ENIGM_ATTEST_BUNDLE_KEYS', path.join(folder, 'keys.json'));
    expect(await run('import', 'b.jws')).toMatchObject({ exitCode: 0 });
  });

  const bundle = () => readFileSync(path.join(folder, 'b.jws'), 'utf8').trim();
  const resign = async (
    change: (document: Record<string, object>) => unknown,
    typ = 'enigm-attest-bundle+jws',
  ) => {
    const [header = '', payload = ''] = bundle()
      .split('.')
      .map((part) => Buffer.from(part, 'base64url').toString());
    const key = createPrivateKey(readFileSync(path.join(folder, 'key.pem')));
    const text = JSON.stringify(change(JSON.parse(payload)));
    const { alg, kid } = JSON.parse(header);
    const jws = await new CompactSign(Buffer.from(text))
      .setProtectedHeader({ alg, kid, typ })
      .sign(key);
    writeFileSync(path.join(folder, 'b.jws'), jws);
  };

  test.each<[string, string, () => Promise<void>]>([
    [
      'changed',
      'signature',
      async () => writeFileSync(path.join(folder, 'b.jws'), bundle().replace(/\.[^.]/, '.Z')),
    ],
    ['not signed', 'signature', async () => writeFileSync(path.join(folder, 'b.jws'), '{}')],
    [
      'signed by another key',
      'signature',
      async () => {
        const keys = readFileSync(path.join(folder, 'keys.json'));
        openssl('genpkey', '-algorithm', 'ed25519', '-out', 'key.pem');
        await make();
        writeFileSync(path.join(folder, 'keys.json'), keys);
      },
    ],
    ['of another type', 'invalid', () => resign((document) => document, 'JWT')],
    ['that ran out', 'expired', () => resign((document) => ({ ...document, expiresAt: 1 }))],
    [
      'made in the future',
      'invalid',
      () => resign((document) => ({ ...document, issuedAt: 4e12, expiresAt: 5e12 })),
    ],
    ['with an unknown member', 'invalid', () => resign((document) => ({ ...document, more: 1 }))],
    [
      'with another list in it',
      'invalid',
      () =>
        resign((document) => ({
          ...document,
          copies: (document['copies'] as object[]).map((copy) => ({ ...copy, body: 'e30=' })),
        })),
    ],
  ])('%s is refused (%s)', async (_, failure, spoil) => {
    await make();
    await spoil();
    elsewhere();
    const { exitCode, err } = await run('import', 'b.jws', '--keys', 'keys.json');
    expect([exitCode, err]).toEqual([1, expect.stringContaining(`refused (${failure})`)]);
    expect((await run('check', NEW)).exitCode).toBe(0);
  });

  test('a list in it is held to the same conditions as a fetched one', async () => {
    await make();
    server.play(
      sends(statusList([...SERIALS, NEW, 'abc2']), {
        'last-modified': 'Mon, 02 Nov 2026 00:00:00 GMT',
      }),
    );
    await run('fetch');
    const { exitCode, err } = await run('import', 'b.jws', '--keys', 'keys.json');
    expect([exitCode, err]).toEqual([1, expect.stringContaining('google-status: refused (older)')]);
    elsewhere();
    useSource(`${server.url}/other`);
    const moved = await run('import', 'b.jws', '--keys', 'keys.json');
    expect(moved.err).toContain('configured otherwise here');
    vi.stubEnv('ENIGM_ATTEST_REVOCATION_SOURCES', '[]');
    expect((await run('import', 'b.jws', '--keys', 'keys.json')).err).toContain('left out');
  });

  test('what cannot be made or taken at all', async () => {
    expect((await make('--expires', '2020-01-01T00:00:00Z')).exitCode).toBe(64);
    expect((await make('--sequence', '0')).exitCode).toBe(64);
    expect((await make('--key', 'nowhere.pem')).exitCode).toBe(64);
    openssl('genpkey', '-algorithm', 'rsa', '-out', 'rsa.pem');
    expect((await make('--key', 'rsa.pem')).err).toContain('Ed25519, P-256 or P-384');
    expect((await run('import', 'b.jws')).err).toContain('whose bundles?');
    writeFileSync(path.join(folder, 'private.json'), '{"keys":[{"kty":"OKP","d":"x"}]}');
    expect(await run('import', 'b.jws', '--keys', 'private.json')).toMatchObject({ exitCode: 78 });
    elsewhere();
    expect((await make()).err).toContain('nothing is stored on this machine');
  });
});
