/** The package as its user has it: packed, installed in an empty folder, run from there. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';

const folder = mkdtempSync(path.join(tmpdir(), 'enigm-attest-installed-'));
const bin = path.join(folder, 'node_modules', '.bin', 'enigm-attest');

/** The Node of this test run first, as on a machine that has a new one. */
const env = {
  PATH: `${path.dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
  HOME: folder,
  ENIGM_ATTEST_ENVIRONMENT: 'development',
};

beforeAll(() => {
  execFileSync('npm', ['pack', '--pack-destination', folder], { stdio: 'ignore' });
  const [tarball] = readdirSync(folder).filter((file) => file.endsWith('.tgz'));
  writeFileSync(path.join(folder, 'package.json'), '{"private":true,"type":"module"}');
  execFileSync('npm', ['install', '--no-audit', `./${tarball}`], { cwd: folder, stdio: 'ignore' });
}, 300_000);

function run(...args: string[]) {
  return spawnSync(bin, args, { cwd: folder, encoding: 'utf8', env });
}

test('no TypeScript, no tests and no development dependencies are installed', () => {
  const installed = path.join(folder, 'node_modules', 'enigm-attest');
  expect(readdirSync(installed).sort()).toEqual([
    'README.md',
    'dist',
    'package.json',
    'roots',
    'vectors',
  ]);
  const files = readdirSync(path.join(installed, 'dist'), { recursive: true, encoding: 'utf8' });
  expect(files.filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))).toEqual([]);
  expect(readdirSync(path.join(folder, 'node_modules'))).not.toContain('vitest');
  expect(statSync(bin).mode & 0o111).not.toBe(0);
});

describe('the command', () => {
  test('verifies what it simulates', () => {
    expect(run('simulate', '--out', 'device.pem').status).toBe(0);
    const { status, stdout, stderr } = run(
      'verify',
      'device.pem',
      '--policy',
      'enigm-development',
      '--no-challenge',
    );
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('ACCEPT');
  });

  test('says so on an older Node', () => {
    const older = spawnSync('bash', ['-c', 'command -v /usr/bin/node && /usr/bin/node --version'], {
      encoding: 'utf8',
    });
    const major = Number(/v(\d+)\./.exec(older.stdout)?.[1] ?? 0);
    const node = major > 0 && major < 24 ? '/usr/bin/node' : null;
    // Where the machine has no older Node, the check itself is run with a made-up version.
    const { status, stderr } =
      node === null
        ? spawnSync(
            process.execPath,
            [
              '--import',
              `data:text/javascript,Object.defineProperty(process.versions,'node',{value:'20.0.0'})`,
              path.join(folder, 'node_modules/enigm-attest/dist/cli/bin.js'),
              '--version',
            ],
            { encoding: 'utf8', env },
          )
        : spawnSync(
            node,
            [path.join(folder, 'node_modules/enigm-attest/dist/cli/bin.js'), '--version'],
            { encoding: 'utf8', env },
          );
    expect(status).toBe(78);
    expect(stderr).toContain('needs Node 24 or later');
  });

  test('serves with workers from the build', async () => {
    const child = spawn(bin, ['serve', '--port', '0'], { cwd: folder, env });
    const said: string[] = [];
    child.stderr.on('data', (chunk) => said.push(String(chunk)));
    await expect
      .poll(() => said.join(''), { timeout: 30_000 })
      .toMatch(/listens on http:\/\/127\.0\.0\.1:\d+/);
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said.join(''))?.[0] ?? '';
    const { stdout } = run('simulate', '--format', 'ndjson');
    const { chain } = JSON.parse(stdout);
    const response = await fetch(`${url}/v1/verify`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ chain, policy: 'enigm-development' }),
    });
    expect(await response.json()).toMatchObject({ outcome: 'accept' });
    const stopped = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
    child.kill('SIGTERM');
    expect(await stopped).toBe(0);
  });

  test('production, its default, does not know the development anchor', () => {
    const { status, stderr } = spawnSync(
      bin,
      ['verify', 'device.pem', '--policy', 'enigm-development'],
      {
        cwd: folder,
        encoding: 'utf8',
        env: { ...env, ENIGM_ATTEST_ENVIRONMENT: '' },
      },
    );
    expect(status).toBe(78);
    expect(stderr).toContain('no policy enigm-development');
  });
});

test('the library, with its types', () => {
  writeFileSync(
    path.join(folder, 'use.mjs'),
    `import { BUILTIN_POLICIES, judge, loadBuiltInAnchors, loadBundledSnapshot, parsePem, preparePolicy, prove, ROOTS, VERIFIER } from 'enigm-attest';
     import { readFileSync } from 'node:fs';
     const parsed = parsePem(readFileSync('device.pem', 'utf8'));
     const report = judge(prove(parsed.chain, loadBuiltInAnchors('development').set), {
       evidenceTime: Date.now(), appraisedAt: Date.now(),
       policy: preparePolicy(BUILTIN_POLICIES.find(({ id }) => id === 'inspect')),
       revocation: loadBundledSnapshot(ROOTS), challenge: { kind: 'absent' }, publicKey: null,
       registry: null, environment: 'development', verifier: VERIFIER,
     });
     console.log(report.outcome);`,
  );
  const { stdout } = spawnSync(process.execPath, ['use.mjs'], { cwd: folder, encoding: 'utf8' });
  expect(stdout.trim()).toBe('accept');
  const types = readdirSync(path.join(folder, 'node_modules/enigm-attest/dist')).filter(
    (file) => file === 'index.d.ts',
  );
  expect(types).toEqual(['index.d.ts']);
});
