/** Boot keys that are allowed by name: of a release, or of a system of which no build is known. */
import { expect, test } from 'vitest';
import { checkBootKeyAllowed } from '../../src/core/policy/rules/boot.ts';
import { derivePosture } from '../../src/core/posture/index.ts';
import type { ReleaseRegistry } from '../../src/core/reference/index.ts';
import { DEVELOPMENT_RELEASES, loadRegistry } from '../../src/sources/releases.ts';
import { attest, makeWorld, proveIn } from '../support/world.ts';

const registry = loadRegistry(DEVELOPMENT_RELEASES);
const world = await makeWorld('enigm-development');

/** What is said of a development device whose releases are known as `known`, where `names` are allowed. */
function codesFor(known: ReleaseRegistry, names: readonly string[]): readonly string[] {
  const proof = proveIn(world, attest(world).chain);
  if (!proof.keyDescription?.ok) throw new Error('not proved');
  const posture = derivePosture(proof.keyDescription.value, known);
  const rule = { severity: 'reject', keys: [], releases: names } as const;
  const subject = { posture } as Parameters<typeof checkBootKeyAllowed>[0];
  return checkBootKeyAllowed(subject, rule).map(({ code }) => code);
}

const names = registry.releases.map(({ name }) => name);
const systems = registry.releases.map(({ name, models, verifiedBootKeys }) => ({
  name: `system of ${name}`,
  models,
  verifiedBootKeys,
  bootStates: ['Verified', 'SelfSigned'] as const,
}));
const [firstSystem] = systems;
const oneSystem = { ...registry, releases: [], systems: firstSystem ? [firstSystem] : [] };

test('of a release that is named, and of no other', () => {
  expect(codesFor(registry, names)).toEqual([]);
  expect(codesFor(registry, ['another release'])).toEqual(['BOOT_KEY_NOT_ALLOWED']);
});

test('of a system that is named, and of no other', () => {
  const all = { ...registry, releases: [], systems: systems.slice(0, 1) };
  expect(codesFor(all, [firstSystem?.name ?? ''])).toEqual([]);
  expect(codesFor(oneSystem, names)).toEqual(['BOOT_KEY_NOT_ALLOWED']);
});
