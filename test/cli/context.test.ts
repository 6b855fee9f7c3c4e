/** `attest verify` with what the operator knows: a context, an earlier report, a registry of releases. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { ROOTS } from '../../src/sources/package-root.ts';
import { DEVELOPMENT_RELEASES } from '../../src/sources/releases.ts';
import { attest, newFolder } from '../support/terminal.ts';

let folder: string;

beforeEach(async () => {
  vi.stubEnv('ENIGM_ATTEST_ENVIRONMENT', 'development');
  vi.stubEnv('ENIGM_ATTEST_STATE', newFolder());
  folder = newFolder();
  await attest(['simulate', '--out', 'good.pem'], { folder });
});

const ENIGM = ['--policy', 'enigm-development', '--no-challenge', '--format', 'json'] as const;

const verify = (...args: readonly string[]) =>
  attest(['verify', 'good.pem', ...ENIGM, ...args], { folder });

test('an earlier report is a floor, and so is one that is named', async () => {
  const first = await verify();
  expect(first.exitCode).toBe(0);
  writeFileSync(path.join(folder, 'last.json'), first.out);
  const again = await verify('--last-report', 'last.json');
  expect(JSON.parse(again.out).rollback.against).toEqual(['last-report', 'registry']);
  const later = JSON.parse(first.out);
  later.keyDescription.hardwareEnforced.bootPatchLevel = 20261205;
  writeFileSync(path.join(folder, 'later.json'), JSON.stringify(later));
  const back = await verify('--last-report', 'later.json', '--context', '{"cohort":"early"}');
  expect(back.exitCode).toBe(1);
  expect(JSON.parse(back.out).rollback).toMatchObject({
    state: 'visible',
    findings: ['ROLLBACK_BELOW_FLOOR'],
  });
  const floor = await verify('--context', '{"floor":{"osVersion":170000}}');
  expect(floor.exitCode).toBe(1);
});

test('a context or report that is not understood is a usage error', async () => {
  writeFileSync(path.join(folder, 'torn.json'), '{');
  writeFileSync(path.join(folder, 'rejected.json'), '{"reportVersion":1,"keyDescription":null}');
  const cases = [
    ['--context', '{', 'no JSON'],
    ['--context', '{"trusted":true}', 'trusted is not a known member'],
    ['--last-report', 'torn.json', 'no JSON'],
    ['--last-report', 'rejected.json', 'lastReport.keyDescription'],
  ] as const;
  for (const [option, value, reason] of cases) {
    const { exitCode, out, err } = await verify(option, value);
    expect({ exitCode, out }).toEqual({ exitCode: 64, out: '' });
    expect(err).toContain(reason);
  }
});

test('--releases stands in for the registry in force, and is never taken unsigned in production', async () => {
  const registry = JSON.parse(readFileSync(DEVELOPMENT_RELEASES, 'utf8'));
  for (const release of registry.releases) release.stage = 'withdrawn';
  writeFileSync(path.join(folder, 'withdrawn.json'), JSON.stringify({ ...registry, sequence: 2 }));
  const withdrawn = await verify('--releases', 'withdrawn.json');
  expect(withdrawn.exitCode).toBe(1);
  expect(JSON.parse(withdrawn.out).release).toMatchObject({
    stage: 'withdrawn',
    production: false,
    registry: { name: 'enigm-development', sequence: 2, signedBy: null },
  });
  const older = await verify('--releases', DEVELOPMENT_RELEASES);
  expect(older).toMatchObject({ exitCode: 78, out: '' });
  expect(older.err).toContain('sequence 1 is older than 2');
  vi.stubEnv('ENIGM_ATTEST_ENVIRONMENT', 'production');
  const example = path.join(ROOTS, 'examples', 'pixel-systems.json');
  const production = await verify('--releases', example);
  expect(production).toMatchObject({ exitCode: 78, out: '' });
  expect(production.err).toContain('must be signed');
});

test('the verdict for people says which release, how far behind, and what is granted', async () => {
  const { out } = await attest(
    ['verify', 'good.pem', '--policy', 'enigm-development', '--no-challenge'],
    { folder },
  );
  expect(out).toMatch(
    /release +enigm-os-dev-1 \w+, stable, development, the newest; rollback not visible/,
  );
  expect(out).toMatch(/granted +nothing of 11 actions/);
  const stock = await attest(['verify', 'good.pem', '--policy', 'inspect'], { folder });
  expect(stock.out).not.toContain('granted');
});
