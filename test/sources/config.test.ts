/** Configuration: precedence, strictness, and what refuses to start. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig, mayColour, toPrintableConfig, userFolder } from '../../src/config.ts';
import { SETTINGS } from '../../src/settings.ts';
import { ConfigurationFault } from '../../src/sources/document.ts';
import { newFolder } from '../support/terminal.ts';

const CALLERS = [{ id: 'backend', tokenSha256: 'a'.repeat(64) }];

function fileOf(text: string): string {
  const file = path.join(newFolder(), 'config.json');
  writeFileSync(file, text);
  return file;
}

test('defaults are safe: production, loopback, a bounded queue', () => {
  expect(loadConfig({}, {})).toMatchObject({
    environment: 'production',
    host: '127.0.0.1',
    callers: [],
    defaultPolicy: 'android-hardware',
    readinessPolicies: ['android-hardware'],
    maxQueue: 1024,
  });
  expect(loadConfig({}, { ENIGM_ATTEST_ENVIRONMENT: 'development' }).readinessPolicies).toEqual([
    'enigm-development',
  ]);
});

test('flags win over variables, variables over the file', () => {
  const config = fileOf('{"port":1,"host":"::1","workers":3}');
  const variables = { ENIGM_ATTEST_CONFIG: config, ENIGM_ATTEST_PORT: '2', ENIGM_ATTEST_HOST: '' };
  expect(loadConfig({}, variables)).toMatchObject({ port: 2, host: '::1', workers: 3 });
  expect(loadConfig({ port: 4 }, variables)).toMatchObject({ port: 4 });
  expect(
    loadConfig({ config: fileOf('{"port":5}') }, { ENIGM_ATTEST_CONFIG: config }),
  ).toMatchObject({ port: 5 });
});

test('every setting can be given as a variable', () => {
  const values: Record<string, string> = {
    environment: 'development',
    host: 'localhost',
    port: '1',
    state: '/tmp/x',
    callers: JSON.stringify(CALLERS),
    defaultPolicy: 'inspect',
    policies: '/tmp/policies',
    releases: '/tmp/releases.jws',
    releaseKeys: '/tmp/keys.json',
    reloadSeconds: '1',
    readinessPolicies: '["inspect"]',
    workers: '2',
    listeners: '1',
    maxQueue: '3',
    deadlineMs: '100',
    maxBodyBytes: '2048',
    requestsPerMinute: '7',
    revocationSources: '[]',
    revocationFetch: 'true',
    revocationMinRefreshSeconds: '0.5',
    revocationMaxRefreshSeconds: '3600',
    revocationRetrySeconds: '1',
    revocationTimeoutSeconds: '2',
    revocationMaxBytes: '4096',
    revocationAllowShrink: '["google-status"]',
    rootWatchUrl: 'http://127.0.0.1:1/roots',
    bundleKeys: '/tmp/keys.json',
    proxy: 'http://127.0.0.1:1',
    noProxy: 'localhost',
    challengeLifetimeSeconds: '60',
    challengeKeys: JSON.stringify(['k'.repeat(43)]),
    challengeStore: 'redis://:secret@127.0.0.1:6379',
    challengeMarks: '9',
    processes: '2',
    statementApps: '[]',
    resultKeys: '["key.pem"]',
    resultIssuer: 'https://verifier.example',
    resultAudiences: '["https://rp.example"]',
    resultLifetimeSeconds: '60',
    enrolmentLifetimeSeconds: '60',
    handleKey: 'h'.repeat(43),
    audit: '/audit',
    logLevel: 'silent',
  };
  expect(Object.keys(values)).toEqual(Object.keys(SETTINGS));
  const variables = Object.fromEntries(
    Object.entries(SETTINGS).map(([name, { variable }]) => [variable, values[name]]),
  );
  expect(loadConfig({}, variables)).toMatchObject({
    callers: CALLERS,
    maxQueue: 3,
    resultKeys: ['key.pem'],
    resultIssuer: 'https://verifier.example',
    resultAudiences: ['https://rp.example'],
    resultLifetimeSeconds: 60,
    logLevel: 'silent',
  });
});

describe('refused', () => {
  test.each<[string, Record<string, string>, RegExp]>([
    [
      'a port that is none',
      { ENIGM_ATTEST_PORT: 'http' },
      /ENIGM_ATTEST_PORT: "http" cannot be read/,
    ],
    ['a port out of range', { ENIGM_ATTEST_PORT: '70000' }, /setting port/],
    [
      'an environment that is none',
      { ENIGM_ATTEST_ENVIRONMENT: 'staging' },
      /ENIGM_ATTEST_ENVIRONMENT/,
    ],
    ['a variable that is none', { ENIGM_ATTEST_PROT: '1' }, /ENIGM_ATTEST_PROT is no setting/],
    ['a caller without token', { ENIGM_ATTEST_CALLERS: '[{"id":"x"}]' }, /setting callers/],
    [
      'the world in production without callers',
      { ENIGM_ATTEST_HOST: '0.0.0.0' },
      /not everybody may call/,
    ],
    [
      'the world in development',
      {
        ENIGM_ATTEST_HOST: '0.0.0.0',
        ENIGM_ATTEST_ENVIRONMENT: 'development',
        ENIGM_ATTEST_CALLERS: JSON.stringify(CALLERS),
      },
      /private key is public/,
    ],
  ])('%s', (_, variables, message) => {
    expect(() => loadConfig({}, variables)).toThrow(ConfigurationFault);
    expect(() => loadConfig({}, variables)).toThrow(message);
  });

  test.each<[string, string, RegExp]>([
    ['no JSON', '{', /no JSON/],
    ['an unknown member', '{"prot":1}', /prot is not a known member/],
    ['a member twice', '{"port":1,"port":2}', /"port" stands twice/],
    ['a member of another type', '{"port":"1"}', /port must be integer/],
  ])('a file with %s', (_, text, message) => {
    expect(() => loadConfig({ config: fileOf(text) }, {})).toThrow(message);
  });

  test('a file that is not there', () => {
    expect(() => loadConfig({ config: '/nowhere/config.json' }, {})).toThrow(
      /\/nowhere\/config\.json: cannot be read \(ENOENT\)/,
    );
  });
});

test('a non-loopback address starts with callers', () => {
  const config = loadConfig({ host: '0.0.0.0', callers: CALLERS }, {});
  expect(config.host).toBe('0.0.0.0');
  expect(JSON.stringify(toPrintableConfig(config))).not.toContain('aaaa');
  const variables = {
    ENIGM_ATTEST_CHALLENGE_KEYS: JSON.stringify(['k'.repeat(43), 'l'.repeat(43)]),
    ENIGM_ATTEST_CHALLENGE_STORE: 'rediss://user:hunter2@store:6379',
  };
  expect(toPrintableConfig(loadConfig({}, variables))).toMatchObject({
    challengeKeys: ['masked', 'masked'],
    challengeStore: 'masked',
  });
  expect(toPrintableConfig(loadConfig({}, {}))).toMatchObject({ challengeStore: '' });
});

test.each<[string, Record<string, string>, RegExp]>([
  ['a short key', { ENIGM_ATTEST_CHALLENGE_KEYS: '["aaaa"]' }, /setting challengeKeys/],
  ['a store of another kind', { ENIGM_ATTEST_CHALLENGE_STORE: 'http://x' }, /CHALLENGE_STORE/],
])('%s is refused', (_, variables, said) => {
  expect(() => loadConfig({}, variables)).toThrow(said);
});

test('npm scripts of this package resolve files where the user stands', () => {
  expect(userFolder({ npm_package_name: 'enigm-attest', INIT_CWD: '/there' })).toBe('/there');
  expect(userFolder({ npm_package_name: 'other', INIT_CWD: '/there' })).toBe(process.cwd());
  expect(userFolder({})).toBe(process.cwd());
});

test('colour only on a terminal, and never with NO_COLOR', () => {
  expect(mayColour({ isTTY: true }, {})).toBe(true);
  expect(mayColour({ isTTY: true }, { NO_COLOR: '1' })).toBe(false);
  expect(mayColour({}, {})).toBe(false);
});
