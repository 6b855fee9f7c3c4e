/** The tools run, briefly, and write what they say they write. No figure is asserted: machines differ. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const folder = mkdtempSync(path.join(tmpdir(), 'enigm-attest-bench-'));

interface Ran {
  readonly stdout: string;
  readonly document: never;
}

/** Runs a tool with `--json` (or another option that names a file), and reads what it wrote. */
async function run(tool: string, args: readonly string[], option = '--json'): Promise<Ran> {
  const file = path.join(folder, `${[tool, ...args].join('-').replaceAll('/', '-')}.json`);
  const command = [`bench/${tool}`, ...args, option, file];
  const { stdout } = await promisify(execFile)(process.execPath, command);
  return { stdout, document: JSON.parse(readFileSync(file, 'utf8')) as never };
}

const positive = { asymmetricMatch: (value: unknown): boolean => Number(value) > 0 };

test('npm run bench -- --where pool: the pool beside one thread and the signatures alone', async () => {
  const args = ['--where', 'pool', '--scenario', 'rkp-fleet', '--seconds', '0.2'];
  const { stdout, document } = await run('run.ts', [...args, '--chains', '400']);
  const { scenarios } = document as { scenarios: Record<string, unknown>[] };
  expect(scenarios).toHaveLength(1);
  expect(scenarios[0]).toMatchObject({
    name: 'rkp-fleet',
    where: 'pool',
    perSecond: positive,
    floorPerSecond: positive,
    ratio: positive,
    serverCpuUs: positive,
    floorCpuUs: positive,
    p50Ms: positive,
    p999Ms: positive,
    oneThreadPerSecond: positive,
    ofCores: positive,
    ofCoresByCpu: positive,
  });
  // Nothing else than what a sound fleet is answered.
  expect(Object.keys(scenarios[0]?.['outcomes'] as object)).toEqual(['accept']);
  expect(stdout).toMatch(/rkp-fleet +pool .*of all cores .*accept/);
});

test('npm run bench -- --compare: what changed, or that there is nothing to compare with', async () => {
  const args = [
    '--where',
    'inline',
    '--scenario',
    'rkp-fleet',
    '--seconds',
    '0.2',
    '--chains',
    '50',
  ];
  const { document } = await run('run.ts', args);
  const { scenarios } = document as { scenarios: Record<string, unknown>[] };
  expect(scenarios[0]).toMatchObject({ ratio: positive, ratioOfProcess: positive, rssMb: null });

  const before = path.join(folder, 'before.json');
  writeFileSync(before, JSON.stringify(document));
  const { stdout } = await run('run.ts', [...args, '--compare', before]);
  expect(stdout).toMatch(
    /rkp-fleet +inline .*, ratio [\d.]+ \(whole process [\d.]+\), [+-][\d.]+ %/,
  );

  writeFileSync(before, '{}');
  const compared = run('run.ts', [...args, '--compare', before]);
  await expect(compared).rejects.toThrow('has no scenarios');
});

test('npm run bench:stages: stages whose sum stands beside the whole', async () => {
  const args = ['--scenario', 'known-device', '--seconds', '0.2', '--chains', '50'];
  const { stdout, document } = await run('stages.ts', args);
  const { stages, sum, whole, floor } = document as Record<string, never> as unknown as {
    stages: { name: string; within: string | null; medianUs: number }[];
    sum: { medianUs: number };
    whole: { medianUs: number };
    floor: { medianUs: number };
  };
  expect(stages.filter(({ within }) => within === null).map(({ name }) => name)).toEqual([
    'request: JSON, strictness, base64',
    'prove',
    'judge, with the report object',
    'report text',
  ]);
  expect(stages.find(({ name }) => name === 'signatures')).toMatchObject({ within: 'prove' });
  for (const { medianUs } of [sum, whole, floor]) expect(medianUs).toBeGreaterThan(0);
  expect(stdout).toContain('signatures and imports are');
});

test('npm run profile: a V8 profile, and where the time went', async () => {
  const args = ['--scenario', 'factory-fleet', '--seconds', '0.3', '--chains', '50'];
  const { stdout, document } = await run('profile.ts', args, '--out');
  expect(document).toMatchObject({ nodes: expect.any(Array), samples: expect.any(Array) });
  // Which rooms a profile as short as this finds is chance, but not that it finds some.
  for (const room of ['node:crypto verify', 'src/core/']) {
    expect(stdout).toContain(room);
  }
});

test('npm run bench:peers: every peer beside ours', async () => {
  const args = ['--rounds', '1', '--chains', '20', '--slice-ms', '20'];
  const { document } = await run('peers/run.ts', args);
  const { peers } = document as { peers: { name: string; perSecond: number }[] };
  expect(peers.map(({ name }) => name)).toEqual([
    'enigm-attest',
    '@simplewebauthn/server',
    '@peculiar/x509, its chain builder',
    '@peculiar/x509, by hand',
    'the same, KeyDescription read',
    'node:crypto X509Certificate',
    'the same, issuers remembered',
  ]);
  for (const { perSecond } of peers) expect(perSecond).toBeGreaterThan(0);
});

test('npm run bench:policy: devices of several releases in turn', async () => {
  const { document } = await run('policy.ts', ['--rounds', '1', '--calls', '200']);
  const { costs } = document as { costs: { name: string; productionUs: number }[] };
  expect(costs.map(({ name }) => name)).toEqual([
    'no action named',
    'another action each time',
    'no action named, nothing remembered',
    'another action each time, nothing remembered',
  ]);
  for (const { productionUs } of costs) expect(productionUs).toBeGreaterThan(0);
});

test('npm run bench:memory: resident memory as chains go by', async () => {
  const { stdout, document } = await run('memory.ts', ['--chains', '500', '--workers', '1']);
  expect(document).toMatchObject({
    workers: 1,
    chains: 500,
    startMb: positive,
    afterMb: positive,
    slopeMbPer10000: expect.any(Number),
  });
  expect(stdout).toContain('500 chains: accept 500');
});

test.each([
  ['run.ts', '--compare <FILE>'],
  ['stages.ts', '--chains <N>'],
  ['memory.ts', '--entry <FILE>'],
  ['profile.ts', '--chains <N>'],
  ['policy.ts', '--calls <N>'],
  ['peers/run.ts', '--slice-ms <MS>'],
])('%s says how it is called', async (tool, option) => {
  const call = (word: string): Promise<unknown> =>
    promisify(execFile)(process.execPath, [`bench/${tool}`, word]);
  await expect(call('--help')).resolves.toMatchObject({ stdout: expect.stringContaining(option) });
  const [name] = option.split(' ', 1);
  await expect(call(`${name}`)).rejects.toMatchObject({
    code: 64,
    stderr: expect.stringContaining(`option '${option}' argument missing`),
  });
});

test('npm run load: says what it wants, and that nothing answers', async () => {
  const load = (args: readonly string[]): Promise<unknown> =>
    promisify(execFile)(process.execPath, ['bench/load.ts', ...args]);
  const wrong = [
    [['--mix', 'nobody'], 'Allowed choices are cold, rkp-fleet'],
    [['--rate', '0'], 'a number above 0'],
    [['--sweep', '100,x'], 'a number above 0'],
    [['--connections', '1.5'], 'an integer above 0'],
    [['--speed', '5'], "unknown option '--speed'"],
    [['--closed', '--rate', '5'], "cannot be used with option '--rate <R>'"],
  ] as const;
  for (const [args, said] of wrong) {
    await expect(load(args)).rejects.toMatchObject({
      code: 64,
      stderr: expect.stringContaining(said),
    });
  }
  await expect(load(['--help'])).resolves.toMatchObject({
    stdout: expect.stringContaining('--sweep <R1,R2,...>'),
  });
  const nowhere = ['--url', 'http://127.0.0.1:9', '--rate', '5', '--seconds', '0.2'];
  await expect(load([...nowhere, '--mix', 'cold'])).rejects.toMatchObject({
    code: 69,
    stderr: expect.stringContaining('nothing at http://127.0.0.1:9 answers'),
  });
  const closed = ['--url', 'http://127.0.0.1:9', '--closed', '--seconds', '0.2', '--mix', 'cold'];
  await expect(load(closed)).rejects.toMatchObject({
    code: 69,
    stdout: expect.stringContaining('without a pause, answered 0/s; p50 none'),
  });
});
