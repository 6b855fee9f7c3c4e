/** Continuity by itself: what counts as the same device, and what no record can say. */
import { beforeAll, expect, test } from 'vitest';
import {
  checkContinuity,
  type EnrolledDevice,
  toEnrolledDevice,
} from '../../src/core/continuity/index.ts';
import type { ReleaseRegistry } from '../../src/core/reference/index.ts';
import { DEVELOPMENT_RELEASES, loadRegistry } from '../../src/sources/releases.ts';
import { attest, makeWorld, proveIn, type World } from '../support/world.ts';
import { enrolled } from '../vectors/continuity.ts';

let world: World;
let device: EnrolledDevice;
const A = 'aa'.repeat(32);
const B = 'bb'.repeat(32);

beforeAll(async () => {
  world = await makeWorld('google-like', 'continuity');
  device = enrolled(world, attest(world));
});

/** The development registry with one release, of these boot keys. */
function registryOf(verifiedBootKeys: readonly string[]): ReleaseRegistry {
  const registry = loadRegistry(DEVELOPMENT_RELEASES);
  const [release] = registry.releases;
  if (release === undefined) throw new Error('no development release');
  return { ...registry, releases: [{ ...release, verifiedBootKeys }] };
}

const codesOf = (then: Partial<EnrolledDevice>, now: Partial<EnrolledDevice>, keys?: string[]) => {
  const registry = keys === undefined ? null : registryOf(keys);
  const claim = { kind: 'verified', device: { ...device, ...then }, handleFits: true } as const;
  return checkContinuity(claim, { ...device, ...now }, registry).map(({ finding }) => finding.code);
};

test('the same device is the same', () => {
  expect(codesOf({}, {})).toEqual([]);
});

test('a device that does better than before is fine', () => {
  const none = { osPatchLevel: null, vendorPatchLevel: null, bootPatchLevel: null };
  expect(codesOf({ patchFloor: none, securityLevel: 'Software', bootKey: null }, {})).toEqual([]);
});

test('what is gone is not good', () => {
  const none = { osPatchLevel: null, vendorPatchLevel: null, bootPatchLevel: null };
  expect(codesOf({}, { patchFloor: none, bootKey: null, signers: [] })).toEqual([
    'ENROLMENT_BOOT_KEY_CHANGED',
    'ENROLMENT_PATCH_ROLLBACK',
    'ENROLMENT_PATCH_ROLLBACK',
    'ENROLMENT_PATCH_ROLLBACK',
    'ENROLMENT_SIGNERS_CHANGED',
  ]);
});

test('boot keys of one release are a family, others are not', () => {
  expect(codesOf({ bootKey: A }, { bootKey: B }, [A, B])).toEqual([]);
  expect(codesOf({ bootKey: A }, { bootKey: B }, [A])).toEqual(['ENROLMENT_BOOT_KEY_CHANGED']);
  expect(codesOf({ bootKey: A }, { bootKey: null }, [A])).toEqual(['ENROLMENT_BOOT_KEY_CHANGED']);
});

test('a description that shows little enrols as little', () => {
  const { path, keyDescription } = proveIn(world, attest(world).chain);
  if (!path.ok || !keyDescription?.ok) throw new Error('not sound');
  const empty = { fields: {}, unknownTags: [], malformed: [] };
  const bare = {
    ...keyDescription.value,
    softwareEnforced: { ...keyDescription.value.softwareEnforced, ...empty },
    hardwareEnforced: {
      ...keyDescription.value.hardwareEnforced,
      ...empty,
      fields: { osPatchLevel: 202600 + 11, bootPatchLevel: 20261105 },
    },
  };
  expect(toEnrolledDevice(path.value, bare as never)).toMatchObject({
    bootKey: null,
    patchFloor: { osPatchLevel: 20_261_100, vendorPatchLevel: null, bootPatchLevel: 20_261_105 },
    signers: [],
  });
});
