/** `attest releases`: check, show, sign and import, and a registry in use. */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { ROOTS } from '../../src/sources/package-root.ts';
import { DEVELOPMENT_RELEASES } from '../../src/sources/releases.ts';
import {
  chainDescriptor,
  makeAvbSigner,
  makePartition,
  makeVbmeta,
  propertyDescriptor,
} from '../support/avb-images.ts';
import { attest, newFolder } from '../support/terminal.ts';

const EXAMPLE = path.join(ROOTS, 'examples', 'pixel-systems.json');
const FIXTURES = path.resolve('test/sources/fixtures');

beforeEach(() => {
  vi.stubEnv('ENIGM_ATTEST_ENVIRONMENT', 'development');
  vi.stubEnv('ENIGM_ATTEST_STATE', newFolder());
});

function sha256(...parts: readonly Uint8Array[]): string {
  return createHash('sha256').update(Buffer.concat(parts)).digest('hex');
}

describe('check, show and sign', () => {
  function makeKeys(kind: 'ed25519' | 'P-256' | 'P-384'): string {
    const folder = newFolder();
    const { privateKey, publicKey } =
      kind === 'ed25519'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('ec', { namedCurve: kind });
    writeFileSync(
      path.join(folder, 'private.pem'),
      privateKey.export({ type: 'pkcs8', format: 'pem' }),
    );
    writeFileSync(
      path.join(folder, 'public.pem'),
      publicKey.export({ type: 'spki', format: 'pem' }),
    );
    return folder;
  }

  test.each(['ed25519', 'P-256'] as const)(
    'what sign makes with %s, check accepts',
    async (kind) => {
      const folder = makeKeys(kind);
      const signed = await attest(
        ['releases', 'sign', EXAMPLE, '--key', 'private.pem', '--out', 'signed.jws'],
        { folder },
      );
      expect(signed).toMatchObject({ exitCode: 0, out: '' });
      expect(signed.err).toContain('signed example-pixels, sequence 1');
      const checked = await attest(['releases', 'check', 'signed.jws', '--keys', 'public.pem'], {
        folder,
      });
      expect(checked.exitCode).toBe(0);
      expect(checked.out).toMatch(/^sound {2}example-pixels, sequence 1/);
      expect(checked.out).not.toContain('production refuses it');
      const printed = await attest(['releases', 'sign', EXAMPLE, '--key', 'private.pem'], {
        folder,
      });
      expect(printed.out.trim().split('.').length).toBe(3);
    },
  );

  test('check names the file, the place and the reason, and ends with 78', async () => {
    const folder = newFolder();
    const document = JSON.parse(readFileSync(DEVELOPMENT_RELEASES, 'utf8'));
    document.releases[1].stage = 'limited';
    writeFileSync(path.join(folder, 'bad.json'), JSON.stringify(document));
    const bad = await attest(['releases', 'check', 'bad.json'], { folder });
    expect(bad).toMatchObject({ exitCode: 78, out: '' });
    expect(bad.err).toContain('bad.json: releases.1.cohorts is empty, but the stage is limited');
    const expired = await attest(['releases', 'check', EXAMPLE], { now: Date.UTC(2037, 0) });
    expect(expired.exitCode).toBe(78);
    expect(expired.out).toMatch(/^expired {2}example-pixels/);
    expect((await attest(['releases', 'check', EXAMPLE])).out).toContain('production refuses it');
  });

  test('sign takes no broken registry, and no other kind of key', async () => {
    const folder = makeKeys('P-384');
    const sign = (file: string, key: string) =>
      attest(['releases', 'sign', file, '--key', key], { folder });
    expect((await sign(EXAMPLE, 'private.pem')).err).toContain(
      'neither an Ed25519 nor a P-256 key',
    );
    expect((await sign(EXAMPLE, 'public.pem')).err).toContain('is no private key');
    expect(await sign('public.pem', 'private.pem')).toMatchObject({ exitCode: 78, out: '' });
  });

  test('show: the registry in force, or a file; none in production', async () => {
    const inForce = await attest(['releases', 'show']);
    expect(inForce.out).toContain('enigm-os-dev-1 tablet');
    const named = await attest(['releases', 'show', EXAMPLE]);
    expect(named.out).toContain('known by boot key alone:');
    expect(named.out).toContain('GrapheneOS on Pixel 9a');
    const json = await attest(['releases', 'show', EXAMPLE, '--format', 'json']);
    expect(JSON.parse(json.out).systems.length).toBe(42);
    vi.stubEnv('ENIGM_ATTEST_ENVIRONMENT', 'production');
    expect(await attest(['releases', 'show'])).toMatchObject({ exitCode: 78, out: '' });
  });
});

describe('import', () => {
  const signer = makeAvbSigner();
  const other = makeAvbSigner();

  async function importing(files: Readonly<Record<string, Buffer>>, ...args: readonly string[]) {
    const folder = newFolder();
    for (const [name, bytes] of Object.entries(files))
      writeFileSync(path.join(folder, name), bytes);
    const [first = ''] = Object.keys(files);
    return attest(['releases', 'import', first, ...args], { folder });
  }

  test('avb_pkmd.bin: the SHA-256 of the blob, as devices report it', async () => {
    const { exitCode, out } = await importing(
      { 'avb_pkmd.bin': signer.blob },
      ...['--name', 'my system', '--model', 'Pixel 9a'],
    );
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toEqual({
      name: 'my system',
      models: ['Pixel 9a'],
      verifiedBootKeys: [sha256(signer.blob)],
      bootStates: ['SelfSigned'],
    });
  });

  test('a vbmeta image: key, digest, version and patch levels', async () => {
    const image = makeVbmeta(signer, {
      descriptors: [
        propertyDescriptor('com.android.build.system.os_version', '16'),
        propertyDescriptor('com.android.build.system.security_patch', '2026-11-05'),
        propertyDescriptor('com.android.build.vendor.security_patch', '2026-11-05'),
      ],
    });
    // An image file is padded; the padding is no part of the digest.
    const file = Buffer.concat([image, Buffer.alloc(4096)]);
    const { out } = await importing({ 'vbmeta.img': file }, '--channel', 'main');
    expect(JSON.parse(out)).toMatchObject({
      channel: 'main',
      stage: 'draft',
      verifiedBootKeys: [sha256(signer.blob)],
      vbmetaDigests: [sha256(image)],
      osVersion: 160000,
      osPatchLevel: 202611,
      vendorPatchLevel: 20261105,
      bootPatchLevel: null,
    });
  });

  test('chained partitions are part of the digest, in the order of the descriptors', async () => {
    const boot = makeVbmeta(other, {
      algorithm: 4,
      descriptors: [propertyDescriptor('com.android.build.boot.security_patch', '2026-10-05')],
    });
    const system = makeVbmeta(other);
    const main = makeVbmeta(signer, {
      descriptors: [
        chainDescriptor('boot', other.blob),
        chainDescriptor('vbmeta_system', other.blob),
      ],
    });
    const files = {
      'vbmeta.img': main,
      'boot.img': makePartition(Buffer.alloc(4096, 1), boot),
      'vbmeta_system.img': system,
    };
    const { out } = await importing(files);
    expect(JSON.parse(out)).toMatchObject({
      verifiedBootKeys: [sha256(signer.blob)],
      vbmetaDigests: [sha256(main, boot, system)],
      bootPatchLevel: 20261005,
    });
    const { 'boot.img': _, ...withoutBoot } = files;
    const missing = await importing(withoutBoot);
    expect(missing).toMatchObject({ exitCode: 65, out: '' });
    expect(missing.err).toMatch(/boot\.img: cannot be read \(ENOENT\)/);
    const swapped = await importing({ ...files, 'boot.img': makeVbmeta(signer) });
    expect(swapped.err).toContain('the vbmeta image of partition boot is signed by another key');
  });

  test.each<[string, () => Buffer, RegExp]>([
    [
      'a changed image',
      () => flipped(makeVbmeta(signer), 130),
      /signature of the vbmeta image is wrong/,
    ],
    ['a changed key', () => flipped(makeVbmeta(signer), -100), /do not belong together/],
    ['an unsigned image', () => unsigned(makeVbmeta(signer)), /is not signed/],
    ['half an image', () => makeVbmeta(signer).subarray(0, 700), /is cut off/],
    ['a header alone', () => makeVbmeta(signer).subarray(0, 100), /does not start with AVB0/],
    ['other bytes', () => Buffer.from('something else'), /does not start with AVB0/],
    ['half a key', () => signer.blob.subarray(0, 100), /has 520 bytes, this has 100/],
    ['another modulus', () => flipped(signer.blob, 20), /do not belong together/],
    [
      'a partition that leaves the folder',
      () => makeVbmeta(signer, { descriptors: [chainDescriptor('../boot', other.blob)] }),
      /has no usable name/,
    ],
    [
      'a descriptor that is cut off',
      () => makeVbmeta(signer, { descriptors: [Buffer.alloc(8)] }),
      /descriptor is cut off/,
    ],
    [
      'a property without lengths',
      () => makeVbmeta(signer, { descriptors: [Buffer.alloc(16)] }),
      /descriptor is cut off/,
    ],
    [
      'a chained partition without lengths',
      () =>
        makeVbmeta(signer, {
          descriptors: [Buffer.from(`${'0'.repeat(15)}4${'0'.repeat(16)}`, 'hex')],
        }),
      /descriptor is cut off/,
    ],
    ['a length of 2^40', () => hugeLength(makeVbmeta(signer)), /larger than any image/],
    ['a length past its block', () => longKey(makeVbmeta(signer)), /points past the end/],
  ])('%s is refused', async (_name, make, reason) => {
    const { exitCode, out, err } = await importing({ 'file.img': make() });
    expect({ exitCode, out }).toEqual({ exitCode: 65, out: '' });
    expect(err).toMatch(reason);
    expect(err).toContain('file.img');
  });

  test('GrapheneOS’s form of list, with a signature that ssh-keygen made', async () => {
    const folder = newFolder();
    for (const name of ['boot-keys.txt', 'boot-keys.txt.sig', 'allowed_signers', 'other-use.sig']) {
      copyFileSync(path.join(FIXTURES, name), path.join(folder, name));
    }
    const run = (...args: readonly string[]) =>
      attest(['releases', 'import', 'boot-keys.txt', ...args], { folder });
    const { exitCode, out } = await run('--signers', 'allowed_signers');
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toEqual({
      name: 'GrapheneOS',
      models: [],
      verifiedBootKeys: [
        'f0a890375d1405e62ebfd87e8d3f475f948ef031bbf9ddd516d5f600a23677e8',
        '439b76524d94c40652ce1bf0d8243773c634d2f99ba3160d8d02aa5e29ff925c',
      ],
      bootStates: ['SelfSigned'],
    });
    expect(await run()).toMatchObject({ exitCode: 64 });
    const otherUse = await run('--signers', 'allowed_signers', '--signature', 'other-use.sig');
    expect(otherUse.err).toContain('signed for "other use", not "attestation keys"');
    writeFileSync(
      path.join(folder, 'nobody'),
      'other@example.org ssh-ed25519 AAAA\ncontact@grapheneos.org\n',
    );
    expect((await run('--signers', 'nobody')).err).toContain(
      'is not one of contact@grapheneos.org',
    );
    const list = readFileSync(path.join(folder, 'boot-keys.txt'), 'utf8');
    writeFileSync(path.join(folder, 'boot-keys.txt'), list.replace('f0a8', 'f0a9'));
    const changed = await run('--signers', 'allowed_signers');
    expect(changed).toMatchObject({ exitCode: 65, out: '' });
    expect(changed.err).toContain('the signature is wrong');
  });

  test.each<[string, (armoured: string) => string, RegExp]>([
    ['no armour', () => 'x', /no SSH signature/],
    [
      'another version',
      (text) => edited(text, (bytes) => bytes.writeUInt32BE(2, 6)),
      /of version 1/,
    ],
    [
      'bytes behind it',
      (text) => edited(text, (bytes) => Buffer.concat([bytes, Buffer.alloc(1)])),
      /bytes follow/,
    ],
    ['half of it', (text) => edited(text, (bytes) => bytes.subarray(0, 60)), /is cut off/],
    [
      'a hash that is not known',
      (text) => edited(text, (bytes) => bytes.write('md5512', bytes.indexOf('sha512'))),
      /hash "md5512" is not known/,
    ],
  ])('a signature with %s proves nothing', async (_name, edit, reason) => {
    const folder = newFolder();
    for (const name of ['boot-keys.txt', 'allowed_signers']) {
      copyFileSync(path.join(FIXTURES, name), path.join(folder, name));
    }
    const armoured = readFileSync(path.join(FIXTURES, 'boot-keys.txt.sig'), 'utf8');
    writeFileSync(path.join(folder, 'boot-keys.txt.sig'), edit(armoured));
    const args = ['releases', 'import', 'boot-keys.txt', '--signers', 'allowed_signers'];
    const { exitCode, err } = await attest(args, { folder });
    expect(exitCode).toBe(65);
    expect(err).toMatch(reason);
  });
});

/** A copy with one bit changed; a negative place counts from the end. */
function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  const place = at < 0 ? copy.length + at : at;
  copy[place] = (copy[place] as number) ^ 1;
  return copy;
}

function unsigned(image: Buffer): Buffer {
  image.writeUInt32BE(0, 28);
  return image;
}

function hugeLength(image: Buffer): Buffer {
  image.writeBigUInt64BE(2n ** 40n, 20);
  return image;
}

function longKey(image: Buffer): Buffer {
  image.writeBigUInt64BE(100_000n, 72);
  return image;
}

/** The armoured signature with its bytes changed. */
function edited(armoured: string, change: (bytes: Buffer) => unknown): string {
  const bytes = Buffer.from(armoured.split('\n').slice(1, -2).join(''), 'base64');
  const result = change(bytes);
  const body = (Buffer.isBuffer(result) ? result : bytes).toString('base64');
  return `-----BEGIN SSH SIGNATURE-----\n${body}\n-----END SSH SIGNATURE-----\n`;
}
