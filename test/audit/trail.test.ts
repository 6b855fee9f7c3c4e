/** The trail of a service from outside: starts, changes, disks that take nothing, folders that were tampered with. */
import { appendFileSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { Archive, ArchiveFault } from '../../src/audit/archive.ts';
import { archiveFolder, headsFile, trailFile } from '../../src/audit/files.ts';
import { parseLine, toLine } from '../../src/audit/record.ts';
import { Trail } from '../../src/audit/trail.ts';
import { type RunningService, serve } from '../support/service.ts';
import { attest, newFolder } from '../support/terminal.ts';
import { policyNamed } from '../support/world.ts';

type Line = Readonly<Record<string, unknown>>;

function linesIn(folder: string): readonly Line[] {
  return readFileSync(trailFile(folder), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

async function keysOf(service: RunningService): Promise<string> {
  const file = path.join(newFolder(), 'jwks.json');
  const response = await fetch(`${service.url}/.well-known/jwks.json`);
  writeFileSync(file, await response.text());
  return file;
}

/** The check on the command line. */
async function check(folder: string, ...options: readonly string[]) {
  return attest(['audit', 'check', folder, ...options], { now: Date.now() });
}

test('a trail goes on where it ended, and the check follows it', async () => {
  const [folder, state] = [newFolder(), newFolder()];
  const first = await serve({ audit: folder, state });
  const keys = await keysOf(first);
  await first.close();
  await (await serve({ audit: folder, state, revocationAllowShrink: ['google-status'] })).close();
  const lines = linesIn(folder);
  expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, index) => index));
  expect(lines.filter(({ kind }) => kind === 'start')).toHaveLength(2);
  expect(lines.filter(({ kind }) => kind === 'stop')).toHaveLength(2);
  expect(lines.filter(({ kind }) => kind === 'override')).toMatchObject([
    { setting: 'revocationAllowShrink', sources: ['google-status'] },
  ]);
  const changes = lines.filter(({ kind }) => kind === 'change').map(({ what }) => what);
  expect(new Set(changes)).toEqual(new Set(['policy', 'registry', 'anchors', 'lists']));

  const sound = await check(folder, '--keys', keys);
  expect([sound.exitCode, sound.out]).toEqual([
    0,
    expect.stringMatching(/up to the last record\nsound\n$/),
  ]);

  // What a head does not cover could be cut without a trace.
  const heads = readFileSync(headsFile(folder), 'latin1');
  writeFileSync(headsFile(folder), '');
  const bare = await check(folder, '--keys', keys);
  expect([bare.exitCode, bare.out]).toEqual([2, expect.stringContaining('signed heads: none')]);
  writeFileSync(headsFile(folder), heads);

  const text = readFileSync(trailFile(folder), 'utf8');
  writeFileSync(trailFile(folder), text.slice(0, -1));
  const torn = await check(folder, '--keys', keys);
  expect([torn.exitCode, torn.out]).toEqual([1, expect.stringContaining('RECORD_TORN')]);

  writeFileSync(trailFile(folder), `${text.split('\n').slice(0, 3).join('\n')}\n`);
  const cut = await check(folder, '--keys', keys, '--format', 'json');
  expect(cut.exitCode).toBe(1);
  expect(JSON.parse(cut.out)).toMatchObject({
    sound: false,
    faults: [{ code: 'TAIL_CUT', from: 3 }],
  });
  await expect(serve({ audit: folder, state })).rejects.toThrow(
    /the trail in .* was changed: it ends before/,
  );

  writeFileSync(trailFile(folder), text.replace(/"kind":"stop"(?=[^\n]*\n$)/, '"kind":"Stop"'));
  await expect(serve({ audit: folder, state })).rejects.toThrow(/a record at its ends/);
  expect((await check(path.join(folder, 'none'))).exitCode).toBe(65);
});

test('what a crash cut short is written over, and said', async () => {
  const [folder, state] = [newFolder(), newFolder()];
  await (await serve({ audit: folder, state })).close();
  appendFileSync(trailFile(folder), '{"seq":99,"at');
  await (await serve({ audit: folder, state })).close();
  const lines = linesIn(folder);
  expect(lines.filter(({ kind }) => kind === 'start')).toMatchObject([{}, { tornBytes: 13 }]);
  expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, index) => index));
});

test('one process for one folder', async () => {
  const folder = newFolder();
  const first = await serve({ audit: folder });
  try {
    await expect(serve({ audit: folder })).rejects.toThrow('another process writes the trail');
  } finally {
    await first.close();
  }
});

test('production keeps a trail in its state folder, development none, and none says so', async () => {
  const states = [newFolder(), newFolder(), newFolder()] as const;
  await (
    await serve({ environment: 'production', state: states[0], revocationFetch: false })
  ).close();
  await (await serve({ state: states[1] })).close();
  const none = {
    environment: 'production',
    state: states[2],
    audit: 'none',
    revocationFetch: false,
  };
  await (await serve(none)).close();
  expect(states.map((state) => existsSync(trailFile(path.join(state, 'audit'))))).toEqual([
    true,
    false,
    false,
  ]);
  // No key, no head: what is written is linked and not signed.
  expect(readFileSync(headsFile(path.join(states[0], 'audit')), 'utf8')).toBe('');
});

test('a change of a policy is a record, and so is one that was refused', async () => {
  const [folder, policies] = [newFolder(), newFolder()];
  const file = path.join(policies, 'own.json');
  const base = { ...policyNamed('enigm-development'), id: 'own' };
  writeFileSync(file, JSON.stringify({ ...base, version: '1' }));
  const service = await serve({ audit: folder, policies, reloadSeconds: 1 });
  try {
    writeFileSync(file, JSON.stringify({ ...base, version: '2' }));
    const own = () => linesIn(folder).filter(({ what, id }) => what === 'policy' && id === 'own');
    await vi.waitFor(() => expect(own()).toHaveLength(2), { timeout: 10_000, interval: 100 });
    const [first, second] = own();
    expect(first).toMatchObject({ from: null });
    expect(second).toMatchObject({
      from: first?.['to'],
      to: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    writeFileSync(file, '{');
    const refused = () => linesIn(folder).filter(({ kind }) => kind === 'refused');
    await vi.waitFor(() => expect(refused()).toHaveLength(1), { timeout: 10_000, interval: 100 });
    expect(refused()[0]).toMatchObject({ reason: expect.stringContaining('own.json') });
  } finally {
    await service.close();
  }
});

test('a disk that is full: decisions go on, the service is not ready and says why', async () => {
  const folder = newFolder();
  symlinkSync('/dev/full', trailFile(folder));
  const service = await serve({ audit: folder });
  try {
    const ready = async () => (await fetch(`${service.url}/health/ready`)).json();
    const reason = 'the audit trail cannot be written (ENOSPC)';
    await vi.waitFor(async () =>
      expect(await ready()).toMatchObject({ ready: false, audit: { ok: false, reason } }),
    );
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(503);
    expect((await fetch(`${service.url}/v1/challenges`, { method: 'POST' })).status).toBe(200);
    await vi.waitFor(() => expect(service.log.map(({ msg }) => msg)).toContain(reason), {
      timeout: 5000,
    });
  } finally {
    await service.close();
  }
});

test('records that find no memory become a number, once there is room again', async () => {
  const folder = newFolder();
  const problems: (string | null)[] = [];
  const trail = await Trail.open({
    folder,
    signHead: null,
    clock: () => 0,
    onProblem: (problem) => problems.push(problem),
    onHead: () => {},
  });
  for (let index = 0; index < 100_010; index += 1) trail.append('decision', { index });
  await vi.waitFor(() => expect(linesIn(folder)).toHaveLength(100_000), { timeout: 20_000 });
  trail.append('decision', {});
  await trail.close();
  expect(linesIn(folder).slice(-2)).toMatchObject([
    { kind: 'lost', count: 11 },
    { kind: 'decision' },
  ]);
  expect(problems).toEqual([]);
});

test('the archive gives nothing that is not what its name says', async () => {
  const folder = newFolder();
  const archive = new Archive(archiveFolder(folder));
  const digest = await archive.putJson({ a: 1 });
  expect(await archive.putJson({ a: 1 })).toBe(digest);
  expect(await archive.getJson(digest)).toEqual({ a: 1 });
  writeFileSync(path.join(archiveFolder(folder), digest), '{"a":2}');
  await expect(archive.get(digest)).rejects.toThrow(ArchiveFault);
  await expect(archive.get('0'.repeat(64))).rejects.toThrow('has no');
  await expect(archive.get('../trail.ndjson')).rejects.toThrow('has no');
});

test('an archive that was changed is a fault of the check', async () => {
  const folder = newFolder();
  const service = await serve({ audit: folder });
  const keys = await keysOf(service);
  await service.close();
  const { inForce } = linesIn(folder).find(({ kind }) => kind === 'change') as Line;
  writeFileSync(path.join(archiveFolder(folder), inForce as string), '{}');
  const changed = await check(folder, '--keys', keys);
  expect([changed.exitCode, changed.out]).toEqual([1, expect.stringContaining('ARCHIVE: ')]);
});

test('a line is a record only with its own hash, and only if it is one', () => {
  const { line } = toLine({ seq: 0, at: 'now', prev: '', kind: 'start' }, { a: 1 });
  expect(parseLine(line)).toMatchObject({ seq: 0, kind: 'start', members: { a: 1 } });
  expect(parseLine(`${line} `)).toBeNull();
  const odd = toLine({ seq: 'x' as never, at: 'now', prev: '', kind: 'start' }, {});
  expect(parseLine(odd.line)).toBeNull();
});
