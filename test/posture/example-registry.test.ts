/** The real chains under the example registry: the phones whose keys it holds are recognised, nothing else is. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parsePem } from '../../src/core/evidence/index.ts';
import { judge } from '../../src/core/judge.ts';
import { prove } from '../../src/core/prove.ts';
import type { Report, ReportRootOfTrust } from '../../src/core/report/index.ts';
import { ROOTS } from '../../src/sources/package-root.ts';
import { loadRegistry } from '../../src/sources/releases.ts';
import { contextIn, makeWorld, policyNamed } from '../support/world.ts';

const CORPUS = path.resolve('..', 'shared', 'corpus');
const isAbsent = !existsSync(CORPUS);
const WHY = isAbsent ? ' (skipped: ../shared/corpus is not here)' : '';

const registry = loadRegistry(path.join(ROOTS, 'examples', 'pixel-systems.json'));
/** Google's anchors are built in beside the development one. */
const world = await makeWorld('enigm-development');

function reportOnFile(file: string): Report | null {
  const parsed = parsePem(readFileSync(path.join(CORPUS, file), 'utf8'));
  if (!parsed.ok) return null;
  // Whatever its patch level: this is about whose key it is.
  const policy = { ...policyNamed('enigm-production'), challenge: 'none' as const };
  return judge(prove(parsed.chain, world.anchors), {
    ...contextIn(world, policy, { challenge: new Uint8Array(0) }),
    registry,
  });
}

function bootKeyOf({ keyDescription }: Report): string | undefined {
  const rootOfTrust = keyDescription?.hardwareEnforced['rootOfTrust'];
  return (rootOfTrust as ReportRootOfTrust | undefined)?.verifiedBootKey;
}

test.skipIf(isAbsent)(`every real chain by its boot key${WHY}`, () => {
  const keys = new Map(
    registry.systems.flatMap(({ name, verifiedBootKeys }) =>
      verifiedBootKeys.map((key) => [key, name] as const),
    ),
  );
  const files = readdirSync(CORPUS, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.pem'),
  );
  const recognised = new Map<string, number>();
  let unknown = 0;
  for (const file of files) {
    const report = reportOnFile(file);
    if (report === null) continue;
    const name = keys.get(bootKeyOf(report) ?? '');
    expect(report.release?.name, file).toBe(name);
    if (name === undefined) {
      unknown += 1;
      continue;
    }
    recognised.set(name, (recognised.get(name) ?? 0) + 1);
    expect(report.release, file).toMatchObject({ recognisedBy: 'boot-key', production: false });
    // A stock phone is no Enigm OS device, however well known.
    expect(report.outcome, file).toBe('reject');
    expect(report.findings.map(({ code }) => code)).toContain('RELEASE_KEY_ONLY');
  }
  expect(files.length).toBeGreaterThan(200);
  expect(unknown).toBeGreaterThan(150);
  expect(Object.fromEntries(recognised)).toEqual({
    'Google’s Android on Pixel 6': 1,
    'Google’s Android on Pixel 6 Pro': 2,
    'Google’s Android on Pixel 7': 2,
    'Google’s Android on Pixel 7 Pro': 2,
    'Google’s Android on Pixel 7a': 4,
    'Google’s Android on Pixel 9a': 1,
  });
});
