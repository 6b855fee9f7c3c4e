/** Signed documents: every kind by itself, every pair of kinds, and everything that can be wrong with one. */
import { execFileSync } from 'node:child_process';
import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { calculateJwkThumbprint, compactVerify, createLocalJWKSet, jwtVerify } from 'jose';
import { afterAll, describe, expect, test } from 'vitest';
import {
  DOCUMENT_KINDS,
  type DocumentKind,
  kindOfType,
  makeSigner,
  openSigner,
  parseJwkSet,
  parseVerificationKey,
  type SignedKind,
  type Signer,
  toJwkSet,
  toSigningKey,
  UnusableKey,
  verifyDocument,
} from '../../src/results/index.ts';

const NOW = Date.UTC(2026, 10, 22);
const SECONDS = NOW / 1000;
const folder = mkdtempSync(path.join(tmpdir(), 'results-'));
afterAll(() => rmSync(folder, { recursive: true }));

function pemOf(key: KeyObject): string {
  return key.export({ type: key.type === 'private' ? 'pkcs8' : 'spki', format: 'pem' }) as string;
}
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const signer = makeSigner(toSigningKey(pemOf(p256.privateKey)));
const CLAIMS = { iss: 'us', aud: 'rp', iat: SECONDS, exp: SECONDS + 300, seq: 7, eat_nonce: 'abc' };
const SIGNED_KINDS = Object.keys(DOCUMENT_KINDS).filter(
  (kind) => kind !== 'statement',
) as SignedKind[];

function faultOf(kind: DocumentKind, token: string, more = {}, keys = signer.keys) {
  const verified = verifyDocument(kind, token, { keys, now: NOW, ...more });
  return verified.ok ? 'accepted' : verified.fault.code;
}

/** A document made by hand, with whatever header and claims. */
function forge(header: unknown, claims: unknown, key: KeyObject = p256.privateKey): string {
  const encode = (value: unknown): string =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
  const input = `${encode(header)}.${encode(claims)}`;
  const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}
const HEADER = { alg: 'ES256', typ: 'eat-jwt', kid: signer.keys[0]?.kid };

describe.each(SIGNED_KINDS)('a document of kind %s', (kind) => {
  test('is verified by us, by jose and by openssl, with the header it must have', async () => {
    const token = await signer.signDocument(kind, CLAIMS);
    expect(faultOf(kind, token, { audience: 'rp', issuer: 'us', nonce: 'abc' })).toBe('accepted');
    const { protectedHeader } = await compactVerify(
      token,
      createLocalJWKSet({ keys: [...signer.jwks.keys] } as never),
    );
    expect(protectedHeader).toEqual({ ...HEADER, typ: DOCUMENT_KINDS[kind].typ });
    const verified = await jwtVerify(
      token,
      createLocalJWKSet(structuredClone(signer.jwks) as never),
      {
        audience: 'rp',
        issuer: 'us',
        typ: DOCUMENT_KINDS[kind].typ,
        currentDate: new Date(NOW),
      },
    );
    expect(verified.payload).toEqual(CLAIMS);
    expect(opensslVerify(token, pemOf(p256.publicKey))).toContain('Verified OK');
  });

  test.each(Object.keys(DOCUMENT_KINDS).filter((other) => other !== kind) as DocumentKind[])(
    'is refused where a document of kind %s is expected',
    async (other) => {
      expect(faultOf(other, await signer.signDocument(kind, CLAIMS))).toBe('TOKEN_TYPE');
    },
  );
});

/** OpenSSL takes ECDSA signatures as DER: the two numbers are wrapped by hand. */
function opensslVerify(token: string, publicPem: string): string {
  const [header, payload, signature] = token.split('.');
  const raw = Buffer.from(signature as string, 'base64url');
  const integer = (bytes: Buffer): Buffer => {
    let start = 0;
    while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
    const short = bytes.subarray(start);
    const value = (short[0] as number) >= 0x80 ? Buffer.concat([Buffer.of(0), short]) : short;
    return Buffer.concat([Buffer.of(0x02, value.length), value]);
  };
  const body = Buffer.concat([integer(raw.subarray(0, 32)), integer(raw.subarray(32))]);
  const files = ['data', 'sig', 'pub'].map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(files[0], `${header}.${payload}`);
  writeFileSync(files[1], Buffer.concat([Buffer.of(0x30, body.length), body]));
  writeFileSync(files[2], publicPem);
  const args = ['dgst', '-sha256', '-verify', files[2], '-signature', files[1], files[0]];
  return execFileSync('openssl', args, { encoding: 'utf8' });
}

describe('a document that is refused', () => {
  const hmacWithPublicKey = (): string => {
    const input = [{ ...HEADER, alg: 'HS256' }, CLAIMS]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const mac = createHmac('sha256', pemOf(p256.publicKey)).update(input).digest('base64url');
    return `${input}.${mac}`;
  };
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const ear = forge(HEADER, CLAIMS);
  const [header, payload, signature] = ear.split('.');

  test.each([
    ['sound', ear, 'accepted'],
    ['empty', '', 'TOKEN_MALFORMED'],
    ['four parts', `${ear}.x`, 'TOKEN_MALFORMED'],
    ['a header that is no base64url', `!!.${payload}.${signature}`, 'TOKEN_MALFORMED'],
    ['padded', `${header}.${payload}=.${signature}`, 'TOKEN_MALFORMED'],
    ['no payload', `${header}..${signature}`, 'TOKEN_MALFORMED'],
    ['a signature that is no base64url', `${header}.${payload}.!`, 'TOKEN_MALFORMED'],
    ['a header that is no JSON', forge('{', CLAIMS), 'TOKEN_MALFORMED'],
    ['a header that is an array', forge([], CLAIMS), 'TOKEN_MALFORMED'],
    ['a payload that is no object', forge(HEADER, 'null'), 'TOKEN_MALFORMED'],
    [
      'a claim twice',
      forge(HEADER, `{"iat":${SECONDS},"iat":${SECONDS},"exp":${SECONDS + 9}}`),
      'TOKEN_MALFORMED',
    ],
    ['crit', forge({ ...HEADER, crit: ['b64'], b64: false }, CLAIMS), 'TOKEN_MALFORMED'],
    ['its own key', forge({ ...HEADER, jwk: {} }, CLAIMS), 'TOKEN_MALFORMED'],
    ['alg none', forge({ ...HEADER, alg: 'none' }, CLAIMS), 'TOKEN_UNSIGNED'],
    ['no signature', `${header}.${payload}.`, 'TOKEN_UNSIGNED'],
    ['no typ', forge({ alg: 'ES256', kid: HEADER.kid }, CLAIMS), 'TOKEN_TYPE'],
    ['typ in capitals', forge({ ...HEADER, typ: 'EAT-JWT' }, CLAIMS), 'TOKEN_TYPE'],
    ['typ with its prefix', forge({ ...HEADER, typ: 'application/eat-jwt' }, CLAIMS), 'TOKEN_TYPE'],
    ['typ JWT', forge({ ...HEADER, typ: 'JWT' }, CLAIMS), 'TOKEN_TYPE'],
    ['no kid', forge({ alg: 'ES256', typ: 'eat-jwt' }, CLAIMS), 'TOKEN_KEY_UNKNOWN'],
    ['another kid', forge({ ...HEADER, kid: 'x' }, CLAIMS), 'TOKEN_KEY_UNKNOWN'],
    ['another algorithm', forge({ ...HEADER, alg: 'ES384' }, CLAIMS), 'TOKEN_ALGORITHM'],
    ['a MAC by the public key', hmacWithPublicKey(), 'TOKEN_ALGORITHM'],
    ['another key', forge(HEADER, CLAIMS, other), 'TOKEN_SIGNATURE_INVALID'],
    ['a short signature', `${header}.${payload}.AAAA`, 'TOKEN_SIGNATURE_INVALID'],
    ['no iat', forge(HEADER, { ...CLAIMS, iat: undefined }), 'TOKEN_CLAIM_MISSING'],
    ['no exp', forge(HEADER, { ...CLAIMS, exp: undefined }), 'TOKEN_CLAIM_MISSING'],
    [
      'exp with a fraction',
      forge(HEADER, { ...CLAIMS, exp: SECONDS + 0.5 }),
      'TOKEN_CLAIM_MISSING',
    ],
    ['exp as text', forge(HEADER, { ...CLAIMS, exp: '9999999999' }), 'TOKEN_CLAIM_MISSING'],
    ['nbf as text', forge(HEADER, { ...CLAIMS, nbf: '1' }), 'TOKEN_CLAIM_MISSING'],
    ['of the future', forge(HEADER, { ...CLAIMS, iat: SECONDS + 61 }), 'TOKEN_NOT_YET_VALID'],
    ['not good yet', forge(HEADER, { ...CLAIMS, nbf: SECONDS + 61 }), 'TOKEN_NOT_YET_VALID'],
    ['expired this second', forge(HEADER, { ...CLAIMS, exp: SECONDS }), 'TOKEN_EXPIRED'],
    ['another audience', forge(HEADER, { ...CLAIMS, aud: 'RP' }), 'TOKEN_AUDIENCE'],
    ['several audiences', forge(HEADER, { ...CLAIMS, aud: ['rp', 'x'] }), 'TOKEN_AUDIENCE'],
    ['another issuer', forge(HEADER, { ...CLAIMS, iss: 'them' }), 'TOKEN_ISSUER'],
    ['another nonce', forge(HEADER, { ...CLAIMS, eat_nonce: 'abd' }), 'TOKEN_NONCE'],
  ])('%s', (_what, token, code) => {
    const more = { audience: 'rp', issuer: 'us', nonce: 'abc' };
    expect(faultOf('ear', token, more)).toBe(code);
  });

  test('every octet of a document counts', () => {
    for (let at = 0; at < ear.length; at += 1) {
      const changed = `${ear.slice(0, at)}${ear[at] === 'A' ? 'B' : 'A'}${ear.slice(at + 1)}`;
      expect(faultOf('ear', changed)).not.toBe('accepted');
    }
  });

  test.each(['registry', 'bundle'] as const)('a %s older than the newest seen', async (kind) => {
    const token = await signer.signDocument(kind, CLAIMS);
    expect(faultOf(kind, token, { newestSequence: 7 })).toBe('accepted');
    expect(faultOf(kind, token, { newestSequence: 8 })).toBe('TOKEN_OLDER');
    const bare = await signer.signDocument(kind, { ...CLAIMS, seq: undefined });
    expect(faultOf(kind, bare)).toBe('TOKEN_CLAIM_MISSING');
    const stale = await signer.signDocument(kind, { ...CLAIMS, exp: SECONDS - 1 });
    expect(faultOf(kind, stale)).toBe('TOKEN_EXPIRED');
  });

  test('the head of an audit trail has no expiry', async () => {
    const token = await signer.signDocument('auditHead', { iat: SECONDS });
    expect(faultOf('auditHead', token, { now: NOW + 1e12 })).toBe('accepted');
  });
});

test('a kind is known by its typ, exactly', () => {
  expect(kindOfType('eat-jwt')).toBe('ear');
  expect(kindOfType('JWT')).toBeNull();
});

describe('keys', () => {
  test.each([
    ['ES256', 'ec', { namedCurve: 'P-256' }],
    ['ES384', 'ec', { namedCurve: 'P-384' }],
    ['EdDSA', 'ed25519', {}],
  ] as const)('%s follows from the key', async (alg, type, options) => {
    const pair = generateKeyPairSync(type as 'ec', options as { namedCurve: string });
    const own = makeSigner(toSigningKey(pemOf(pair.privateKey)));
    const token = await own.signDocument('ear', CLAIMS);
    expect(own.keys[0]?.alg).toBe(alg);
    expect(faultOf('ear', token, {}, own.keys)).toBe('accepted');
    expect(faultOf('ear', token, {}, parseJwkSet(own.jwks))).toBe('accepted');
    const [jwk] = own.jwks.keys;
    expect(jwk?.['kid']).toBe(await calculateJwkThumbprint(jwk as never));
    expect(jwk).not.toHaveProperty('d');
  });

  test('other keys sign nothing', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    expect(() => toSigningKey(pemOf(rsa.privateKey))).toThrow(UnusableKey);
    expect(() => toSigningKey('no key')).toThrow('is no PEM private key');
    expect(() => toSigningKey(pemOf(p256.publicKey))).toThrow('is no PEM private key');
    expect(() => parseVerificationKey('no key')).toThrow('is no PEM key');
  });

  test('a set leaves out what is not for signing results, and is refused when nothing is left', () => {
    const [jwk] = signer.jwks.keys;
    const set = {
      keys: [{ ...jwk, use: 'enc' }, { ...jwk, alg: 'ES384' }, { kty: 'oct', k: 'AA' }, null],
    };
    expect(() => parseJwkSet(set)).toThrow('has no key that signs results');
    expect(parseJwkSet({ keys: [...set.keys, jwk] })).toHaveLength(1);
    expect(() => parseJwkSet(null)).toThrow('is no JSON Web Key Set');
    expect(() => parseJwkSet({ keys: 'x' })).toThrow('is no JSON Web Key Set');
  });

  test('a rotation overlaps: published before it signs, and verified after', async () => {
    const next = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const write = (name: string, key: KeyObject): string => {
      const file = path.join(folder, name);
      writeFileSync(file, pemOf(key));
      return file;
    };
    const files = [write('old.pem', p256.privateKey), write('new.pem', next.privateKey)];
    const settings = { environment: 'production', state: folder } as const;
    const open = (resultKeys: string[]): Signer =>
      openSigner({ ...settings, resultKeys }) as Signer;
    const before = open(files);
    const after = open([files[1] as string, write('old.pub', p256.publicKey)]);
    const gone = open([files[1] as string]);
    expect(new Set(before.jwks.keys)).toEqual(new Set(after.jwks.keys));
    const old = await before.signDocument('ear', CLAIMS);
    const fresh = await after.signDocument('ear', CLAIMS);
    for (const { keys } of [before, after]) {
      expect([faultOf('ear', old, {}, keys), faultOf('ear', fresh, {}, keys)]).toEqual([
        'accepted',
        'accepted',
      ]);
    }
    expect(faultOf('ear', old, {}, gone.keys)).toBe('TOKEN_KEY_UNKNOWN');
    expect(toJwkSet(gone.keys)).toEqual(gone.jwks);
    expect(open([files[0] as string, files[0] as string]).keys).toHaveLength(1);
  });

  test('in development one is made and kept; in production none is', () => {
    const state = path.join(folder, 'state');
    const settings = { environment: 'development', resultKeys: [], state } as const;
    const kid = openSigner(settings)?.keys[0]?.kid;
    expect(openSigner(settings)?.keys[0]?.kid).toBe(kid);
    const file = path.join(state, 'result-key.pem');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(openSigner({ ...settings, environment: 'production' })).toBeNull();
    expect(readFileSync(file, 'utf8')).toContain('PRIVATE KEY');
    writeFileSync(path.join(folder, 'rubbish.pem'), 'x');
    const rubbish = path.join(folder, 'rubbish.pem');
    const nowhere = path.join(rubbish, 'state');
    expect(() => openSigner({ ...settings, state: nowhere })).toThrow('cannot be made');
    expect(() => openSigner({ ...settings, resultKeys: [rubbish] })).toThrow(
      `setting resultKeys: ${rubbish} is no PEM private key`,
    );
  });
});
