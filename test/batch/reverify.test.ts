/** `attest reverify` from the outside: files in, files out. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { attest, newFolder, type Printed } from '../support/terminal.ts';

const COUNT = 40;
let made = '';
let records: Record<string, unknown>[] = [];

beforeAll(async () => {
  vi.stubEnv('ENIGM_ATTEST_ENVIRONMENT', 'development');
  vi.stubEnv('ENIGM_ATTEST_STATE', newFolder());
  const { out } = await attest(
    ['simulate', '--count', String(COUNT), '--bad', '0.2', '--format', 'ndjson'],
    {},
  );
  made = out;
  records = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
});

type Line = Record<string, unknown>;

function linesOf(file: string): Line[] {
  const text = readFileSync(file, 'utf8');
  expect(text === '' || text.endsWith('\n')).toBe(true);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

/** Runs in a new folder that holds `files`. */
async function reverify(
  files: Record<string, string | Uint8Array>,
  args: readonly string[],
  folder = newFolder(),
): Promise<Printed & { folder: string }> {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
  const policy = ['--policy', 'enigm-development', '--workers', '1'];
  return { ...(await attest(['reverify', ...policy, ...args], { folder })), folder };
}

test('every record has one result, in order, with the outcome its making asks for', async () => {
  const run = await reverify({ 'in.ndjson': made }, ['--in', 'in.ndjson', '--out', 'out.ndjson']);
  const results = linesOf(path.join(run.folder, 'out.ndjson'));
  expect(results.map(({ id }) => id)).toEqual(records.map(({ id }) => id));
  for (const [index, { outcome }] of results.entries()) {
    const { defect } = (records[index] as { simulated: { defect: string | null } }).simulated;
    expect(outcome, String(defect)).toBe(defect === null ? 'accept' : 'reject');
  }
  expect(run.exitCode).toBe(1);
  expect(run.out).toContain(`${COUNT} records`);
  const summary = JSON.parse(
    readFileSync(path.join(run.folder, 'out.ndjson.summary.json'), 'utf8'),
  );
  expect(summary).toMatchObject({ records: COUNT, complete: true });
  expect(existsSync(path.join(run.folder, 'out.ndjson.run'))).toBe(false);
});

test('plain, gzip and zstd of a folder, each to its own file', async () => {
  const files = {
    'in/a.ndjson': made,
    'in/b.ndjson.gz': gzipSync(made),
    'in/deep/c.ndjson.zst': zstdCompressSync(made),
  };
  const { folder } = await reverify(files, ['--in', 'in', '--out', 'out/']);
  const plain = readFileSync(path.join(folder, 'out/a.ndjson'), 'utf8');
  expect(readFileSync(path.join(folder, 'out/b.ndjson'), 'utf8')).toBe(plain);
  expect(readFileSync(path.join(folder, 'out/deep/c.ndjson'), 'utf8')).toBe(plain);
});

test('standard input to standard output', async () => {
  const stdin = Readable.from([Buffer.from(made)]);
  let out = '';
  const { run } = await import('../../src/cli/main.ts');
  const exitCode = await run(
    ['reverify', '--in', '-', '--out', '-', '--policy', 'enigm-development', '--workers', '1'],
    {
      out: (text) => {
        out += text;
      },
      err: () => {},
      readStdin: async () => Buffer.alloc(0),
      stdin,
      folder: newFolder(),
      now: () => Date.UTC(2026, 10, 22, 12),
      colour: false,
      width: 100,
    },
  );
  expect(out.trim().split('\n')).toHaveLength(COUNT);
  expect(exitCode).toBe(1);
});

describe('bad input gets a result with code and line, and the run goes on', () => {
  const good = () => made.split('\n')[0] as string;

  test('lines', async () => {
    const chainless = JSON.stringify({ id: 'chainless' });
    const lines = [
      'no json',
      good(),
      '',
      '[1]',
      chainless,
      JSON.stringify({ id: 'b64', chain: ['%'] }),
      JSON.stringify({ id: 'when', chain: records[0]?.['chain'], receivedAt: 'yesterday' }),
      JSON.stringify({ id: 'who', chain: records[0]?.['chain'], policy: 'nobody' }),
      JSON.stringify({ id: 7, chain: [] }),
      `{"id":"twice","id":"twice","chain":[]}`,
      JSON.stringify({ id: 'forged', record: 'a.b.c' }),
      `{"id":"${'x'.repeat(1_200_000)}"}`,
      good(),
    ];
    const run = await reverify({ 'in.ndjson': lines.join('\n') }, [
      '--in',
      'in.ndjson',
      '--out',
      'o',
    ]);
    const results = linesOf(path.join(run.folder, 'o'));
    const errors = results.flatMap(({ line, error }) =>
      error === undefined ? [] : [[line, (error as { code: string }).code]],
    );
    expect(errors).toEqual([
      [1, 'RECORD_NOT_JSON'],
      [4, 'RECORD_INVALID'],
      [5, 'RECORD_INVALID'],
      [6, 'EVIDENCE_NOT_BASE64'],
      [7, 'RECORD_INVALID'],
      [8, 'POLICY_UNKNOWN'],
      [9, 'RECORD_INVALID'],
      [10, 'RECORD_INVALID'],
      [11, 'RECORD_SIGNATURE'],
      [12, 'RECORD_TOO_LARGE'],
    ]);
    expect(results).toHaveLength(12);
    expect(run.exitCode).toBe(65);
  });

  test.each([
    ['gzip', (text: string) => gzipSync(text)],
    ['zstd', (text: string) => zstdCompressSync(text)],
  ] as const)('a truncated %s archive', async (_, compress) => {
    const whole = compress(made);
    const cut = whole.subarray(0, Math.floor(whole.length * 0.6));
    const run = await reverify({ 'in/a': cut, 'in/b': made }, ['--in', 'in', '--out', 'o.ndjson']);
    const results = linesOf(path.join(run.folder, 'o.ndjson'));
    const broken = results.findIndex(({ error }) => error !== undefined);
    expect(results[broken]).toMatchObject({
      id: null,
      line: broken + 1,
      input: 'a',
      error: { code: 'INPUT_UNREADABLE' },
    });
    expect(results.length - broken - 1).toBe(COUNT);
    expect(run.exitCode).toBe(65);
  });
});

describe('usage', () => {
  test('existing results are not overwritten', async () => {
    const files = { 'in.ndjson': made, 'o.ndjson': 'kept\n' };
    const run = await reverify(files, ['--in', 'in.ndjson', '--out', 'o.ndjson']);
    expect(run.exitCode).toBe(64);
    expect(readFileSync(path.join(run.folder, 'o.ndjson'), 'utf8')).toBe('kept\n');
  });

  test('--resume with nothing to resume starts afresh, and a complete run stays as it is', async () => {
    const args = ['--in', 'in.ndjson', '--out', 'o.ndjson', '--resume'];
    const first = await reverify({ 'in.ndjson': made }, args);
    expect(linesOf(path.join(first.folder, 'o.ndjson'))).toHaveLength(COUNT);
    const again = await reverify({}, args, first.folder);
    expect(again.exitCode).toBe(first.exitCode);
    expect(again.err).toContain('nothing to resume');
  });

  test.each([
    [['--out', 'o'], '--in'],
    [['--in', 'in.ndjson'], '--out'],
    [['--in', 'absent', '--out', 'o'], 'absent'],
    [['--in', '-', '-', '--out', 'o'], 'only once'],
    [['--status'], '--queue'],
  ])('%j', async (args, text) => {
    const run = await reverify({ 'in.ndjson': made }, args);
    expect(run.exitCode).toBe(64);
    expect(run.err).toContain(text);
  });
});

test('--records gives records that judge like the evidence', async () => {
  const run = await reverify({ 'in.ndjson': made }, [
    ...['--in', 'in.ndjson', '--out', 'o.ndjson', '--records'],
  ]);
  const results = linesOf(path.join(run.folder, 'o.ndjson'));
  const kept = results.filter(({ record }) => record !== null);
  expect(kept.length).toBeGreaterThan(COUNT / 2);
  const again = await reverify({}, ['--in', 'o.ndjson', '--out', 'again.ndjson'], run.folder);
  const judged = linesOf(path.join(run.folder, 'again.ndjson')).filter(({ error }) => !error);
  expect(judged).toEqual(kept.map(({ record: _, ...result }) => result));
  expect(again.exitCode).toBe(kept.length === COUNT ? 1 : 65);
});

test('--only-listed finds the records of a newly listed serial, and no others', async () => {
  const { serialsOf } = await import('../../src/batch/impact.ts');
  const chain = (records[7] as { chain: string[] }).chain.map((text) =>
    Buffer.from(text, 'base64'),
  );
  const serial = Buffer.from(serialsOf(chain)[1] as Uint8Array)
    .toString('hex')
    .replace(/^0+/, '');
  const entries = (more: object) =>
    JSON.stringify({ entries: { abc: { status: 'REVOKED' }, ...more } });
  const files = {
    'in.ndjson': made,
    'old.json': entries({}),
    'new.json': entries({ [serial]: { status: 'REVOKED', reason: 'KEY_COMPROMISE' } }),
  };
  const run = await reverify(files, [
    ...['--in', 'in.ndjson', '--out', 'o.ndjson', '--revocation', 'new.json'],
    ...['--only-listed', 'old.json', 'new.json'],
  ]);
  const found = linesOf(path.join(run.folder, 'o.ndjson'));
  const full = await reverify(
    {},
    ['--in', 'in.ndjson', '--out', 'full.ndjson', '--revocation', 'new.json'],
    run.folder,
  );
  const revoked = linesOf(path.join(full.folder, 'full.ndjson')).filter(({ codes }) =>
    (codes as string[]).includes('CERTIFICATE_REVOKED'),
  );
  expect(found).toEqual(revoked);
  expect(found.map(({ id }) => id)).toContain(records[7]?.['id']);

  const byIndex = (out: string) =>
    reverify(
      {},
      [
        ...['--in', 'in.ndjson', '--out', out, '--revocation', 'new.json'],
        ...['--only-listed', 'old.json', 'new.json', '--index', 'index.sqlite'],
      ],
      run.folder,
    );
  expect((await byIndex('made.ndjson')).err).toContain(`records are indexed`);
  expect((await byIndex('asked.ndjson')).err).not.toContain(`records are indexed`);
  expect(linesOf(path.join(run.folder, 'made.ndjson'))).toEqual(revoked);
  expect(linesOf(path.join(run.folder, 'asked.ndjson'))).toEqual(revoked);
  const find = ['reverify', '--index', 'index.sqlite', '--find', serial];
  const { out: places } = await attest(find, { folder: run.folder });
  expect(
    places
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).line),
  ).toContain(8);

  writeFileSync(path.join(run.folder, 'in.ndjson'), `${made}\n`);
  const stale = await byIndex('stale.ndjson');
  expect(stale.exitCode).toBe(64);
  expect(stale.err).toContain('has changed');
});

test('--changed-since says who changed, and why', async () => {
  const before = await reverify({ 'in.ndjson': made }, ['--in', 'in.ndjson', '--out', 'a.ndjson']);
  const lines = made.trim().split('\n');
  const fewer = `${lines.slice(1).join('\n')}\n${JSON.stringify({ id: 'new' })}\n`;
  const after = await reverify(
    { 'fewer.ndjson': fewer },
    [
      ...['--in', 'fewer.ndjson', '--out', 'b.ndjson', '--format', 'json'],
      ...['--changed-since', 'a.ndjson', '--policy', 'inspect'],
    ],
    before.folder,
  );
  const { changes } = JSON.parse(after.out);
  expect(changes).toMatchObject({ added: 1, missing: 1 });
  const written = linesOf(path.join(before.folder, 'b.ndjson.changes.ndjson'));
  expect(written).toHaveLength(changes.changed + 2);
  expect(written.at(-1)).toMatchObject({ id: records[0]?.['id'], after: null });
  expect(written.find(({ id }) => id === 'new')).toMatchObject({ before: null, after: 'error' });
});

test('--cross-check-rate sends a share to the second verifier and changes no result', async () => {
  const plain = await reverify({ 'in.ndjson': made }, ['--in', 'in.ndjson', '--out', 'a.ndjson']);
  const checked = await reverify(
    {},
    ['--in', 'in.ndjson', '--out', 'b.ndjson', '--cross-check-rate', '0.5', '--format', 'json'],
    plain.folder,
  );
  const summary = JSON.parse(checked.out);
  expect(summary.crossChecked).toBeGreaterThan(5);
  expect(summary.crossChecked).toBeLessThan(COUNT);
  expect(summary.disagreements).toBe(0);
  const read = (name: string) => readFileSync(path.join(plain.folder, name), 'utf8');
  expect(read('b.ndjson')).toBe(read('a.ndjson'));
});
