/** Policy documents: what is refused, naming file, place and reason; and what follows what. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { BUILTIN_POLICIES, type Policy, preparePolicy } from '../../src/core/policy/index.ts';
import { loadText } from '../../src/sources/document.ts';
import { loadTrustMaterial } from '../../src/sources/load-trust.ts';
import { loadPolicies, parsePolicy } from '../../src/sources/policies.ts';
import { DEVELOPMENT_RELEASES } from '../../src/sources/releases.ts';
import { TrustKeeper } from '../../src/sources/trust-keeper.ts';
import { AT, policyNamed } from '../support/world.ts';

type Draft = Record<string, unknown> & { rules: Record<string, Record<string, unknown>> };

/** android-hardware under another id, with one change. */
function draft(edit: (policy: Draft) => void = () => {}): string {
  const policy = JSON.parse(JSON.stringify(policyNamed('android-hardware'))) as Draft;
  policy['id'] = 'mine';
  edit(policy);
  return JSON.stringify(policy, null, 2);
}

describe('a document', () => {
  test.each(BUILTIN_POLICIES)('built in ($id) is one like any other', (policy) => {
    const read = parsePolicy(JSON.stringify(policy), policy.id, AT);
    expect(preparePolicy(read).digest).toBe(preparePolicy(policy).digest);
  });

  test('may name its schema for editors, which changes nothing', () => {
    const named = draft((policy) => {
      policy['$schema'] = './policy.schema.json';
    });
    const digest = (text: string) => preparePolicy(parsePolicy(text, 'p', AT)).digest;
    expect(digest(named)).toBe(digest(draft()));
  });

  const REFUSED: readonly [string, (policy: Draft) => void, string][] = [
    [
      'an unknown member',
      ({ rules }) => {
        rules['keySizes'] = {};
      },
      'rules.keySizes is not a known member',
    ],
    [
      'an unknown member deep inside',
      ({ rules }) => {
        Object.assign(rules['keySize'] as object, { minimum: 2 });
      },
      'rules.keySize.minimum is not a known member',
    ],
    [
      'a rule left out',
      ({ rules }) => {
        delete rules['deviceLocked'];
      },
      'rules must have required properties deviceLocked',
    ],
    [
      'a severity that does not exist',
      ({ rules }) => {
        (rules['keySize'] as Record<string, unknown>)['severity'] = 'deny';
      },
      'rules.keySize.severity must be one of "reject", "inconclusive", "review", "info", "ignore"',
    ],
    [
      'a curve that does not exist',
      ({ rules }) => {
        (rules['keySize'] as Record<string, unknown>)['curves'] = ['P-256'];
      },
      'rules.keySize.curves.0 must be one of "P_224", "P_256"',
    ],
    [
      'a floor without a level',
      ({ rules }) => {
        const level = (rules['patchLevels'] as Record<string, Record<string, object>>)['boot'];
        Object.assign(level?.['floor'] as object, { severity: 'reject' });
      },
      'rules.patchLevels.boot.floor.level: null, where severity reject needs a level',
    ],
    [
      'a floor that is no date',
      ({ rules }) => {
        const level = (rules['patchLevels'] as Record<string, Record<string, object>>)['os'];
        Object.assign(level?.['floor'] as object, { severity: 'reject', level: 202613 });
      },
      'rules.patchLevels.os.floor.level: 202613 is neither YYYYMM nor YYYYMMDD',
    ],
    [
      'a deny list that denies nothing',
      ({ rules }) => {
        (rules['bootKeyDenied'] as Record<string, unknown>)['severity'] = 'reject';
      },
      'rules.bootKeyDenied.keys: empty, where severity reject needs entries',
    ],
    [
      'a past date',
      (policy) => {
        policy['expires'] = '2026-11-22T12:00:00Z';
      },
      'expires: the document expired on 2026-11-22T12:00:00Z',
    ],
    [
      'no date',
      (policy) => {
        policy['expires'] = '2026-13-40T12:00:00Z';
      },
      'expires: 2026-13-40T12:00:00Z is no moment',
    ],
    [
      'a version that is none',
      (policy) => {
        policy['version'] = 'v1';
      },
      'version must match pattern',
    ],
    [
      'another format',
      (policy) => {
        policy['format'] = 2;
      },
      'format',
    ],
  ];

  test.each(REFUSED)('with %s is refused', (_, edit, reason) => {
    expect(() => parsePolicy(draft(edit), '/p/mine.json', AT)).toThrow(`/p/mine.json: `);
    expect(() => parsePolicy(draft(edit), '/p/mine.json', AT)).toThrow(reason);
  });

  test('with a member twice, or that is no JSON, is refused', () => {
    const twice = draft().replace('"version": "1"', '"version": "1", "version": "2"');
    expect(() => parsePolicy(twice, 'p', AT)).toThrow('the member "version" stands twice');
    expect(() => parsePolicy('{', 'p', AT)).toThrow('p: no JSON');
  });
});

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'enigm-attest-policies-'));
});

const write = (name: string, text: string): string => {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
};

describe('a folder', () => {
  test('adds its documents to what is built in, as far as they exist here', () => {
    write('mine.json', draft());
    write(
      'elsewhere.json',
      draft((policy) => Object.assign(policy, { id: 'other', environments: ['production'] })),
    );
    write('notes.txt', 'not looked at');
    const ids = loadPolicies('development', folder, AT).map(({ id }) => id);
    expect(ids).toEqual([...BUILTIN_POLICIES.map(({ id }) => id), 'mine']);
  });

  test('cannot replace what is built in, nor name a policy twice', () => {
    const taken = write(
      'a.json',
      draft((policy) => Object.assign(policy, { id: 'inspect' })),
    );
    expect(() => loadPolicies('development', folder, AT)).toThrow(
      `${taken}: id inspect is taken by a built-in policy`,
    );
    write('a.json', draft());
    const second = write('b.json', draft());
    expect(() => loadPolicies('development', folder, AT)).toThrow(`${second}: id mine is taken by`);
  });

  test('that is not there is refused', () => {
    expect(() => loadPolicies('development', path.join(folder, 'no'), AT)).toThrow('ENOENT');
  });
});

describe('what a policy names', () => {
  const load = (settings: Record<string, unknown>) =>
    loadTrustMaterial(
      loadConfig({ environment: 'development', policies: folder, ...settings }, {}),
    );

  test('must exist: owners of anchors', () => {
    write(
      'mine.json',
      draft(({ rules }) => Object.assign(rules['anchor'] as object, { owners: ['Gogle'] })),
    );
    expect(() => load({})).toThrow(
      `${path.join(folder, 'mine.json')}: policy mine: rules.anchor.owners names "Gogle", which does not exist; there are anchors of Google, Enigm`,
    );
  });

  test('must exist: releases', () => {
    const rule = { severity: 'reject', keys: [], releases: ['Nobody OS 1'] };
    write(
      'mine.json',
      draft(({ rules }) => Object.assign(rules['bootKeyAllowed'] as object, rule)),
    );
    expect(() => load({})).toThrow('rules.bootKeyAllowed.releases names "Nobody OS 1"');
  });

  test('and so must the policies that the configuration names', () => {
    expect(() => load({ defaultPolicy: 'mine' })).toThrow('no policy mine in development');
    write('mine.json', draft());
    expect(load({ defaultPolicy: 'mine' }).policies.map(({ id }) => id)).toContain('mine');
  });
});

describe('a look at the files', () => {
  const versioned = (version: string, description: string): string =>
    draft((policy) => Object.assign(policy, { version, description }));
  let said: string[];
  let registry: string;

  function keep(): TrustKeeper {
    said = [];
    const config = loadConfig(
      {
        environment: 'development',
        policies: folder,
        releases: registry,
        state: mkdtempSync(path.join(tmpdir(), 'enigm-attest-state-')),
      },
      {},
    );
    return new TrustKeeper(config, {
      onReloaded: () => said.push('reloaded'),
      onRefused: ({ message }) => said.push(message),
    });
  }

  const mine = (keeper: TrustKeeper): Policy | undefined =>
    keeper.trust.policies.get('mine')?.policy;

  beforeEach(() => {
    const elsewhere = mkdtempSync(path.join(tmpdir(), 'enigm-attest-registry-'));
    registry = path.join(elsewhere, 'releases.json');
    writeFileSync(registry, loadText(DEVELOPMENT_RELEASES));
    write('mine.json', versioned('2', 'first'));
  });

  test('does nothing while nothing changed', () => {
    const keeper = keep();
    const { trust } = keeper;
    keeper.look();
    expect(keeper.trust).toBe(trust);
    write('mine.json', `${versioned('2', 'first')}\n`);
    keeper.look();
    expect([keeper.trust, said]).toEqual([trust, []]);
  });

  test('takes what follows, and says so', () => {
    const keeper = keep();
    write('mine.json', versioned('2.1', 'second'));
    keeper.look();
    expect([mine(keeper)?.description, said]).toEqual(['second', ['reloaded']]);
    expect(keeper.material.policies.find(({ id }) => id === 'mine')?.version).toBe('2.1');
  });

  test('refuses what is older, also after it was gone', () => {
    const keeper = keep();
    write('mine.json', versioned('1.9', 'older'));
    keeper.look();
    expect(mine(keeper)?.description).toBe('first');
    expect(said).toEqual([
      `${path.join(folder, 'mine.json')}: policy mine: version 1.9 is older than 2, which is in force`,
    ]);
    rmSync(path.join(folder, 'mine.json'));
    keeper.look();
    expect(mine(keeper)).toBeUndefined();
    write('mine.json', versioned('1.9', 'older'));
    keeper.look();
    expect(mine(keeper)).toBeUndefined();
    expect(said.slice(1)).toEqual(['reloaded', expect.stringContaining('is older than 2')]);
  });

  test('refuses another text under the same version', () => {
    const keeper = keep();
    write('mine.json', versioned('2.0', 'changed'));
    keeper.look();
    expect(said).toEqual([
      `${path.join(folder, 'mine.json')}: policy mine: version 2 is in force and says something else; raise "version"`,
    ]);
    expect(mine(keeper)?.description).toBe('first');
  });

  test('keeps each kind by itself: a bad policy does not hold back a registry, nor the other way', () => {
    const keeper = keep();
    const before = keeper.trust.registry?.id;
    write('mine.json', '{');
    writeFileSync(registry, nextReleases());
    keeper.look();
    expect(said).toEqual([expect.stringContaining('mine.json: no JSON'), 'reloaded']);
    const after = keeper.trust.registry?.id;
    expect(after).not.toBe(before);
    expect(mine(keeper)?.description).toBe('first');
    writeFileSync(registry, '{"format":1}');
    write('mine.json', versioned('3', 'third'));
    keeper.look();
    expect(said.slice(2)).toEqual([
      expect.stringContaining('releases.json: the document must have required properties name'),
      'reloaded',
    ]);
    expect([keeper.trust.registry?.id, mine(keeper)?.description]).toEqual([after, 'third']);
  });

  test('keeps everything when the configuration or another policy would name what is gone', () => {
    const keeper = keep();
    const name = keeper.trust.registry?.releases[0]?.name;
    const rule = { severity: 'reject', keys: [], releases: [name] };
    write(
      'mine.json',
      draft((policy) => {
        policy['version'] = '3';
        Object.assign(policy.rules['bootKeyAllowed'] as object, rule);
      }),
    );
    keeper.look();
    expect(said).toEqual(['reloaded']);
    writeFileSync(registry, nextReleases().replaceAll(name as string, 'Renamed'));
    keeper.look();
    expect(said[1]).toContain(`rules.bootKeyAllowed.releases names "${name}"`);
    expect(keeper.trust.registry?.releases[0]?.name).toBe(name);
  });

  test('survives files that cannot be read', () => {
    const keeper = keep();
    rmSync(registry);
    rmSync(folder, { recursive: true });
    keeper.look();
    expect(said.length).toBe(2);
    expect(mine(keeper)?.description).toBe('first');
    mkdirSync(folder);
    keeper.look();
    expect(said.at(-1)).toBe('reloaded');
  });
});

test('a registry without a signature is no registry in production', () => {
  const config = loadConfig({ releases: DEVELOPMENT_RELEASES }, {});
  expect(() => loadTrustMaterial(config)).toThrow('setting releaseKeys: is needed in production');
});

/** The development releases as the next document of their series. */
function nextReleases(): string {
  return loadText(DEVELOPMENT_RELEASES).replace('"sequence": 1', '"sequence": 2');
}
