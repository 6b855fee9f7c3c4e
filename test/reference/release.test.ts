/** Registries: what is recognised, how far behind it is, and what makes a registry unusable. */
import { describe, expect, test } from 'vitest';
import {
  findRegistryFaults,
  type KnownSystem,
  type Release,
  type ReleaseRegistry,
  recogniseBuild,
} from '../../src/core/reference/index.ts';

const KEY = 'a'.repeat(64);
const DIGEST = 'd'.repeat(64);

function release(changes: Partial<Release> = {}): Release {
  return {
    name: 'one',
    channel: 'main',
    environment: 'production',
    stage: 'stable',
    cohorts: [],
    models: ['Phone'],
    verifiedBootKeys: [KEY],
    vbmetaDigests: [DIGEST],
    bootStates: ['Verified'],
    osVersion: 160000,
    osPatchLevel: 202610,
    vendorPatchLevel: 20261005,
    bootPatchLevel: 20261000,
    releasedOn: '2026-10-10',
    ...changes,
  };
}

const SYSTEM: KnownSystem = {
  name: 'other system',
  models: [],
  verifiedBootKeys: ['b'.repeat(64)],
  bootStates: ['SelfSigned'],
};

function registry(
  releases: readonly Release[],
  changes: Partial<ReleaseRegistry> = {},
): ReleaseRegistry {
  return {
    id: 'f'.repeat(64),
    name: 'test',
    sequence: 1,
    issuedAt: 1,
    expiresAt: 2,
    signedBy: null,
    releases,
    systems: [SYSTEM],
    ...changes,
  };
}

describe('recognition', () => {
  const known = registry([release(), release({ name: 'two', vbmetaDigests: ['e'.repeat(64)] })]);

  test.each([
    ['key and digest of one release', KEY, 'e'.repeat(64), 'two'],
    ['a known key with a digest of no release', KEY, 'c'.repeat(64), undefined],
    ['a known key without a digest', KEY, null, undefined],
    ['a digest under another key', 'c'.repeat(64), DIGEST, undefined],
  ] as const)('%s', (_name, key, digest, name) => {
    const recognised = recogniseBuild(known, key, digest);
    expect(recognised?.kind === 'release' ? recognised.release.name : undefined).toBe(name);
  });

  test('a system is known by its key, whatever its digest', () => {
    for (const digest of [DIGEST, null]) {
      expect(recogniseBuild(known, 'b'.repeat(64), digest)).toEqual({
        kind: 'system',
        system: SYSTEM,
      });
    }
  });
});

describe('how far behind', () => {
  const at = (name: string, releasedOn: string | null, changes: Partial<Release> = {}): Release =>
    release({ name, releasedOn, vbmetaDigests: [name.padEnd(64, '0')], ...changes });
  const known = registry([
    at('a1', '2026-08-10', { osPatchLevel: 202512 }),
    at('a3', '2026-11-10', { osPatchLevel: 202611 }),
    at('a2', '2026-09-10', { stage: 'security', osPatchLevel: 202609 }),
    at('b0', '2026-12-10', { channel: 'beta' }),
    at('b1', '2026-12-10', { models: ['Tablet'] }),
    at('b2', '2026-12-10', { environment: 'development' }),
    at('b3', '2026-12-10', { stage: 'limited', cohorts: ['x'] }),
    at('b4', '2026-12-10', { stage: 'withdrawn' }),
    at('b5', null, { stage: 'draft' }),
  ]);
  const standingOf = (name: string) => {
    const recognised = recogniseBuild(known, KEY, name.padEnd(64, '0'));
    return recognised?.kind === 'release' ? recognised.standing : null;
  };

  test.each([
    ['a1', { releases: 2, securityReleases: 1, patchMonths: 11, latest: 'a3' }],
    ['a2', { releases: 1, securityReleases: 0, patchMonths: 2, latest: 'a3' }],
    ['a3', { releases: 0, securityReleases: 0, patchMonths: 0, latest: null }],
    ['b5', { releases: 0, securityReleases: 0, patchMonths: 0, latest: null }],
  ])('%s counts what its devices are offered', (name, standing) => {
    expect(standingOf(name)).toEqual(standing);
    expect(standingOf(name)).toBe(standingOf(name));
  });
});

describe('faults', () => {
  const faultsOf = (releases: readonly Release[], changes: Partial<ReleaseRegistry> = {}) =>
    findRegistryFaults(registry(releases, changes)).map(({ at, text }) => `${at} ${text}`);

  test('a sound registry has none', () => {
    const draft = { stage: 'draft', releasedOn: null, name: 'two' } as const;
    const second = release({ ...draft, vbmetaDigests: ['e'.repeat(64)] });
    expect(faultsOf([release(), second])).toEqual([]);
  });

  test.each<[string, readonly Release[], Partial<ReleaseRegistry>, string]>([
    ['expiry before issue', [], { expiresAt: 1 }, 'expiresAt is not after issuedAt'],
    [
      'a name twice',
      [release(), release({ vbmetaDigests: ['e'.repeat(64)] })],
      {},
      'releases.1.name stands in releases.0.name already',
    ],
    [
      'a build in two releases',
      [release(), release({ name: 'two' })],
      {},
      'releases.1.vbmetaDigests.0 stands in releases.0.vbmetaDigests.0 already',
    ],
    [
      'a key of a release and of a system',
      [release({ verifiedBootKeys: SYSTEM.verifiedBootKeys })],
      {},
      'systems.0.verifiedBootKeys.0 stands in releases.0.verifiedBootKeys.0 already',
    ],
    [
      'a development release signed with a production key',
      [
        release(),
        release({ name: 'two', environment: 'development', vbmetaDigests: ['e'.repeat(64)] }),
      ],
      {},
      'releases.1.verifiedBootKeys is a key of production releases too',
    ],
    [
      'limited to nobody',
      [release({ stage: 'limited' })],
      {},
      'releases.0.cohorts is empty, but the stage is limited',
    ],
    [
      'stable for some',
      [release({ cohorts: ['x'] })],
      {},
      'releases.0.cohorts is not empty, but the stage is stable',
    ],
    [
      'stable and never released',
      [release({ releasedOn: null })],
      {},
      'releases.0.releasedOn is null, but the stage is stable',
    ],
    [
      'released on a day that is none',
      [release({ releasedOn: '2026-02-29' })],
      {},
      'releases.0.releasedOn is no day of the calendar',
    ],
    [
      'released in a month that is none',
      [release({ releasedOn: '2026-13-01' })],
      {},
      'releases.0.releasedOn is no day of the calendar',
    ],
    [
      'a patch level that is no date',
      [release({ osPatchLevel: 202613 })],
      {},
      'releases.0.osPatchLevel is no date',
    ],
    [
      'a boot key of zeros',
      [release({ verifiedBootKeys: ['0'.repeat(64)] })],
      {},
      'releases.0.verifiedBootKeys.0 is all zeros, which stands for no key',
    ],
    [
      'a vbmeta digest of zeros',
      [release({ vbmetaDigests: ['0'.repeat(64)] })],
      {},
      'releases.0.vbmetaDigests.0 is all zeros, which stands for no key',
    ],
    [
      'a system’s key of zeros',
      [],
      { systems: [{ ...SYSTEM, verifiedBootKeys: ['0'.repeat(64)] }] },
      'systems.0.verifiedBootKeys.0 is all zeros, which stands for no key',
    ],
  ])('%s', (_name, releases, changes, fault) => {
    expect(faultsOf(releases, changes)).toEqual([fault]);
  });
});
