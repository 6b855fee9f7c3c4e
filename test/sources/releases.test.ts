/** Registries from files: form, signature, expiry, and that no older one ever comes back. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CompactSign, calculateJwkThumbprint, compactVerify, type JWK } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { ROOTS } from '../../src/sources/package-root.ts';
import { rememberRegistry } from '../../src/sources/registry-ledger.ts';
import { loadRegistryKeys, REGISTRY_TYPE } from '../../src/sources/registry-signature.ts';
import {
  DEVELOPMENT_RELEASES,
  loadConfiguredRegistry,
  loadRegistry,
} from '../../src/sources/releases.ts';
import { newFolder } from '../support/terminal.ts';

const ISSUED = Date.parse('2026-11-10T00:00:00Z');
const PLAIN = JSON.parse(readFileSync(DEVELOPMENT_RELEASES, 'utf8')) as Document;

interface Document {
  [member: string]: unknown;
  sequence: number;
  releases: Record<string, unknown>[];
}

interface Signer {
  readonly alg: string;
  readonly key: KeyObject;
  readonly jwk: JWK;
  readonly kid: string;
}

async function makeSigner(alg: 'ES256' | 'Ed25519'): Promise<Signer> {
  const { privateKey, publicKey } =
    alg === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('ed25519');
  const jwk = publicKey.export({ format: 'jwk' }) as JWK;
  return { alg, key: privateKey, jwk, kid: await calculateJwkThumbprint(jwk) };
}

let ed: Signer;
let ec: Signer;

beforeAll(async () => {
  ed = await makeSigner('Ed25519');
  ec = await makeSigner('ES256');
});

function fileOf(text: string, name = 'registry'): string {
  const file = path.join(newFolder(), name);
  writeFileSync(file, text);
  return file;
}

function keysOf(...signers: readonly Signer[]): string {
  return fileOf(JSON.stringify({ keys: signers.map(({ jwk }) => jwk) }), 'keys.json');
}

function sign(signer: Signer, document: unknown = PLAIN, header: object = {}): Promise<string> {
  const protectedHeader = { alg: signer.alg, kid: signer.kid, typ: REGISTRY_TYPE, ...header };
  return new CompactSign(Buffer.from(JSON.stringify(document)))
    .setProtectedHeader(protectedHeader)
    .sign(signer.key);
}

/** A registry with something changed: of the document, or of its first release. */
function changed(changes: object, ofRelease: object = {}): string {
  const [first, ...others] = PLAIN.releases;
  const releases = [{ ...first, ...ofRelease }, ...others];
  return fileOf(JSON.stringify({ ...PLAIN, releases, ...changes }));
}

describe('form', () => {
  test.each<[string, () => string, RegExp]>([
    ['no JSON', () => fileOf('{'), /no JSON/],
    ['an unknown member', () => changed({ extra: 1 }), /extra is not a known member/],
    [
      'an unknown member of a release',
      () => changed({}, { extra: 1 }),
      /releases\.0\.extra is not/,
    ],
    ['another format', () => changed({ format: 2 }), /format must/],
    ['no sequence', () => changed({ sequence: undefined }), /sequence/],
    ['sequence 0', () => changed({ sequence: 0 }), /sequence must be >= 1/],
    [
      'an expiry that is no time',
      () => changed({ expiresAt: '2036-13-01T00:00:00Z' }),
      /expiresAt/,
    ],
    ['an issue that is no day', () => changed({ issuedAt: '2026-02-30T00:00:00Z' }), /issuedAt/],
    ['a stage that does not exist', () => changed({}, { stage: 'done' }), /releases\.0\.stage/],
    ['a short boot key', () => changed({}, { verifiedBootKeys: ['aa'] }), /verifiedBootKeys\.0/],
    ['no model', () => changed({}, { models: [] }), /releases\.0\.models/],
    ['limited to nobody', () => changed({}, { stage: 'limited' }), /releases\.0\.cohorts is empty/],
    ['a member twice', () => fileOf('{"format":1,"format":1}'), /"format" stands twice/],
  ])('%s is refused with its place', (_name, file, reason) => {
    const place = file();
    expect(() => loadRegistry(place)).toThrow(reason);
    expect(() => loadRegistry(place)).toThrow(place);
  });

  test('what comes with the package is sound', () => {
    expect(loadRegistry(DEVELOPMENT_RELEASES).releases.length).toBe(3);
    const example = loadRegistry(path.join(ROOTS, 'examples', 'pixel-systems.json'));
    expect(example.systems.length).toBe(42);
    expect(example.releases).toEqual([]);
  });
});

describe('signature', () => {
  test.each(['Ed25519', 'ES256'])('by %s: jose and this verifier agree', async (alg) => {
    const signer = alg === 'ES256' ? ec : ed;
    const jws = await sign(signer);
    const theirs = await compactVerify(jws, signer.jwk);
    expect(JSON.parse(new TextDecoder().decode(theirs.payload))).toEqual(PLAIN);
    const ours = loadRegistry(fileOf(`${jws}\n`), loadRegistryKeys(keysOf(ec, ed)));
    expect(ours).toMatchObject({ name: 'enigm-development', sequence: 1, signedBy: signer.kid });
  });

  test('keys as PEM, and as one JWK', async () => {
    const pem = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' });
    expect(loadRegistryKeys(fileOf(`${pem}${pem}`)).length).toBe(2);
    const jws = await sign(ed);
    const keys = loadRegistryKeys(fileOf(JSON.stringify(ed.jwk)));
    expect(loadRegistry(fileOf(jws), keys).signedBy).toBe(ed.kid);
  });

  test.each<[string, () => Promise<string> | string, RegExp]>([
    [
      'another type',
      () => sign(ed, PLAIN, { typ: 'JWT' }),
      /typ is "JWT", not enigm-releases\+jws/,
    ],
    ['no type', () => sign(ed, PLAIN, { typ: undefined }), /typ is undefined/],
    ['a header it must not have', () => sign(ed, PLAIN, { cty: 'x' }), /header has cty/],
    ['a key that is not given', () => sign(ec), /which is not one of the keys given/],
    ['the name of another key', () => sign(ec, PLAIN, { kid: ed.kid }), /says alg "ES256"/],
    ['no signature', () => JSON.stringify(PLAIN), /is not signed, and must be/],
    ['no JWS', () => 'a.b', /neither JSON nor a compact JWS/],
    ['four parts', async () => `${await sign(ed)}.x`, /neither JSON nor a compact JWS/],
    ['a header that is no JSON', () => 'eA.eA.eA', /header is no JSON/],
    [
      'another payload',
      async () => {
        const [header, , signature] = (await sign(ed)).split('.');
        const forged = Buffer.from(JSON.stringify({ ...PLAIN, sequence: 9 })).toString('base64url');
        return `${header}.${forged}.${signature}`;
      },
      /its signature by .* is wrong/,
    ],
    [
      'no algorithm',
      async () => {
        const header = { alg: 'none', kid: ed.kid, typ: REGISTRY_TYPE };
        const encoded = Buffer.from(JSON.stringify(header)).toString('base64url');
        return [encoded, ...(await sign(ed)).split('.').slice(1)].join('.');
      },
      /says alg "none"/,
    ],
  ])('%s is refused', async (_name, make, reason) => {
    const file = fileOf(await make());
    expect(() => loadRegistry(file, loadRegistryKeys(keysOf(ed)))).toThrow(reason);
    expect(() => loadRegistry(file, loadRegistryKeys(keysOf(ed)))).toThrow(file);
  });

  test.each<[string, () => string, RegExp]>([
    ['no keys', () => '', /holds no public key/],
    ['no JSON', () => '{', /no JSON/],
    ['keys that are no list', () => '{"keys":1}', /keys is no array/],
    ['an unreadable key', () => '{"kty":"EC"}', /key 0: cannot be read/],
    [
      'a key of another kind',
      () =>
        String(
          generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({
            type: 'spki',
            format: 'pem',
          }),
        ),
      /neither a P-256 nor an Ed25519 key/,
    ],
    [
      'a private JWK',
      () => JSON.stringify(ed.key.export({ format: 'jwk' })),
      /holds a private key/,
    ],
    [
      'a private PEM',
      () => String(ed.key.export({ type: 'pkcs8', format: 'pem' })),
      /holds a private key/,
    ],
  ])('a key file with %s is refused', (_name, text, reason) => {
    const file = fileOf(text());
    expect(() => loadRegistryKeys(file)).toThrow(reason);
  });

  test('a signed registry is not read without keys', async () => {
    const file = fileOf(await sign(ed));
    expect(() => loadRegistry(file)).toThrow(/name the keys that may sign it/);
  });
});

describe('as configured', () => {
  const state = (): string => newFolder();

  test('production needs the signature, and has no releases of its own', async () => {
    const plain = changed({});
    const signed = fileOf(await sign(ed));
    const keys = keysOf(ed);
    const load = (file: string | null, releaseKeys: string | null) =>
      loadConfiguredRegistry('production', file, { releaseKeys, state: state() }, ISSUED);
    expect(load(null, keys)).toBeNull();
    expect(() => load(plain, null)).toThrow(/releaseKeys: is needed in production/);
    expect(() => load(plain, keys)).toThrow(/is not signed, and must be/);
    expect(() => load(signed, null)).toThrow(/releaseKeys: is needed in production/);
    expect(load(signed, keys)?.signedBy).toBe(ed.kid);
  });

  test('development takes an unsigned one until keys are named', () => {
    const plain = changed({});
    const load = (releaseKeys: string | null) =>
      loadConfiguredRegistry('development', plain, { releaseKeys, state: state() }, ISSUED);
    expect(load(null)?.signedBy).toBeNull();
    expect(() => load(keysOf(ed))).toThrow(/is not signed, and must be/);
  });

  test('an expired one is refused, to the second', () => {
    const file = changed({ expiresAt: '2026-12-01T00:00:00Z' });
    const at = (now: number) =>
      loadConfiguredRegistry('development', file, { releaseKeys: null, state: state() }, now);
    const expiry = Date.parse('2026-12-01T00:00:00Z');
    expect(at(expiry - 1000)?.sequence).toBe(1);
    expect(() => at(expiry)).toThrow(/expiresAt: the registry expired at 2026-12-01T00:00:00/);
  });

  test('an older one never comes back, nor another document of the same number', () => {
    const trust = { releaseKeys: null, state: state() };
    const check = (changes: object) =>
      loadConfiguredRegistry('development', changed(changes), trust, ISSUED);
    const load = (changes: object) => {
      const registry = check(changes);
      if (registry !== null) rememberRegistry(registry, trust.state);
      return registry;
    };
    expect(check({ sequence: 9 })?.sequence).toBe(9);
    expect(load({ sequence: 4 })?.sequence).toBe(4);
    expect(load({ sequence: 4 })?.sequence).toBe(4);
    expect(() => load({ sequence: 3 })).toThrow(/sequence 3 is older than 4/);
    expect(() => load({ sequence: 4, systems: [], expiresAt: '2030-01-01T00:00:00Z' })).toThrow(
      /sequence 4 of enigm-development was another document before/,
    );
    expect(load({ sequence: 1, name: 'another-series' })?.sequence).toBe(1);
    expect(load({ sequence: 5 })?.sequence).toBe(5);
    expect(() => load({ sequence: 4 })).toThrow(/older than 5/);
  });

  test('a memory that cannot be read or written is an error, not an empty one', () => {
    const torn = newFolder();
    writeFileSync(path.join(torn, 'release-registries.json'), '{');
    const occupied = newFolder();
    mkdirSync(path.join(occupied, 'release-registries.json'));
    const blocked = path.join(fileOf('a file'), 'below');
    for (const folder of [torn, occupied, blocked]) {
      const trust = { releaseKeys: null, state: folder };
      expect(() => loadConfiguredRegistry('development', changed({}), trust, ISSUED)).toThrow(
        /release-registries\.json/,
      );
    }
  });
});
