/** The commands beside `verify`. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { FINDING_CODES } from '../../src/core/base/index.ts';
import { DEFECTS } from '../../src/simulator/index.ts';
import { attest, newFolder } from '../support/terminal.ts';

beforeEach(() => {
  vi.stubEnv('ENIGM_ATTEST_ENVIRONMENT', 'development');
});

describe('inspect', () => {
  test('shows what bytes claim, says that nothing was checked, and accepts anything', async () => {
    const folder = newFolder();
    await attest(['simulate', '--out', 'bad.pem', '--defect', 'leaf-signature'], { folder });
    const { exitCode, out } = await attest(['inspect', 'bad.pem'], { folder });
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^UNVERIFIED {2}bad\.pem/);
    expect(out).toContain('No signature, name or date was checked');
    expect(out).toContain('"attestationVersion": 400');
  });

  test('json, redacted, with every description and every break', async () => {
    const folder = newFolder();
    await attest(['simulate', '--out', 'ids.pem', '--defect', 'quirk-device-identifiers'], {
      folder,
    });
    const { out } = await attest(['inspect', 'ids.pem', '--format', 'json'], { folder });
    expect(JSON.parse(out)).toMatchObject({ input: 'ids.pem', verified: false, broken: null });
    expect(out).not.toContain('490154203237518');
    await attest(['simulate', '--out', 'nine.pem', '--defect', 'description-nine-elements'], {
      folder,
    });
    const broken = await attest(['inspect', 'nine.pem'], { folder });
    expect(broken.out).toContain('K_BAD_STRUCTURE at certificate 0, keyDescription');
    await attest(['simulate', '--out', 'cut.pem', '--defect', 'truncated'], { folder });
    const cut = await attest(['inspect', 'cut.pem'], { folder });
    expect(cut.out).toContain(
      'reading stopped: DER_TRUNCATED at certificate 0, certificate, byte 0',
    );
  });

  test('65 for what is no evidence', async () => {
    expect(await attest(['inspect', 'missing'])).toMatchObject({ exitCode: 65, out: '' });
  });
});

describe('anchors', () => {
  test('list names anchors and refused keys', async () => {
    const { exitCode, out } = await attest(['anchors', 'list']);
    expect(exitCode).toBe(0);
    for (const word of [
      'google-rsa',
      'google-ec',
      'enigm-development',
      'refused by name: aosp-ec-root',
    ]) {
      expect(out).toContain(word);
    }
    const json = JSON.parse((await attest(['anchors', 'list', '--format', 'json'])).out);
    expect(json.anchors.map(({ id }: { id: string }) => id)).toEqual([
      'google-rsa',
      'google-ec',
      'enigm-development',
    ]);
  });

  test('production does not have the development anchor', async () => {
    vi.stubEnv('ENIGM_ATTEST_ENVIRONMENT', 'production');
    expect((await attest(['anchors', 'list'])).out).not.toContain('enigm-development');
  });

  test('check says what is sound, and that a passed date does not matter', async () => {
    const { exitCode, out } = await attest(['anchors', 'check']);
    expect(exitCode).toBe(0);
    expect(out).toContain('sound  google-rsa');
    expect(out).toContain(
      'google/rsa-2016.pem  until 2026-05-24T16:28:52Z: passed, which does not matter',
    );
  });

  test.each<[string, (folder: string) => void, RegExp]>([
    [
      'a certificate that was exchanged',
      (folder) => {
        const [rsa, ec] = ['simulated-google-rsa.pem', 'simulated-google-ec.pem'].map((file) =>
          path.join(folder, 'a', file),
        ) as [string, string];
        writeFileSync(ec, readFileSync(rsa));
      },
      /its SHA-256 is .* the record says/,
    ],
    [
      'two certificates in one file',
      (folder) => {
        const file = path.join(folder, 'a', 'simulated-google-ec.pem');
        writeFileSync(file, readFileSync(file, 'utf8').repeat(2));
      },
      /exactly one certificate/,
    ],
    [
      'a file that is no PEM',
      (folder) => writeFileSync(path.join(folder, 'a', 'simulated-google-ec.pem'), 'x'),
      /not a CERTIFICATE block/,
    ],
    [
      'an unknown member',
      (folder) =>
        editAnchors(folder, (text) => text.replace('"format": 1', '"format": 1, "lenient": true')),
      /lenient is not a known member/,
    ],
    [
      'another pin',
      (folder) =>
        editAnchors(folder, (text) =>
          text.replace(/"spkiSha256": "[0-9a-f]{4}/, '"spkiSha256": "0000'),
        ),
      /its key is [0-9a-f]{64}, the record pins 0000/,
    ],
    [
      'no anchors',
      (folder) =>
        writeFileSync(path.join(folder, 'a', 'anchors.json'), '{"format":1,"anchors":[]}'),
      /every chain would be refused/,
    ],
    [
      'an id twice',
      (folder) =>
        editAnchors(folder, (text) =>
          text.replaceAll('simulated-google-rsa"', 'simulated-google-ec"'),
        ),
      /the id is used twice/,
    ],
  ])('check refuses %s', async (_, spoil, message) => {
    const folder = newFolder();
    await attest(['simulate', '--anchor', 'google-like', '--anchors-out', 'a', '--out', 'x.pem'], {
      folder,
    });
    spoil(folder);
    const { exitCode, err } = await attest(['anchors', 'check', '--anchors', 'a'], { folder });
    expect(exitCode).toBe(78);
    expect(err).toMatch(message);
  });

  function editAnchors(folder: string, edit: (text: string) => string): void {
    const file = path.join(folder, 'a', 'anchors.json');
    writeFileSync(file, edit(readFileSync(file, 'utf8')));
  }
});

describe('simulate', () => {
  test('the same seed makes the same keys and fields, another seed others', async () => {
    const spkis = async (seed: string) => {
      const { out } = await attest([
        'simulate',
        '--count',
        '3',
        '--format',
        'ndjson',
        '--seed',
        seed,
      ]);
      const records = out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      const { X509Certificate } = await import('node:crypto');
      return records.map(({ chain, challenge }) => {
        const leaf = new X509Certificate(Buffer.from(chain[0], 'base64'));
        return [leaf.publicKey.export({ format: 'der', type: 'spki' }).toString('hex'), challenge];
      });
    };
    expect(await spkis('7')).toEqual(await spkis('7'));
    expect(await spkis('7')).not.toEqual(await spkis('8'));
  });

  test('records say what was made of them, and the share of bad ones is near what was asked', async () => {
    const { out } = await attest([
      'simulate',
      '--count',
      '400',
      '--bad',
      '0.25',
      '--format',
      'ndjson',
    ]);
    const records = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(Object.keys(records[0])).toEqual([
      'id',
      'chain',
      'receivedAt',
      'challenge',
      'simulated',
    ]);
    const bad = records.filter(({ simulated }) => simulated.defect !== null).length;
    expect(bad).toBeGreaterThan(60);
    expect(bad).toBeLessThan(140);
    expect(new Set(records.map(({ id }) => id)).size).toBe(400);
  });

  test.each(['remote', 'factory', 'attest-key', 'software'])('--shape %s', async (shape) => {
    const folder = newFolder();
    await attest(['simulate', '--shape', shape, '--out', 'x.pem'], { folder });
    const { out } = await attest(['verify', 'x.pem', '--policy', 'inspect', '--format', 'json'], {
      folder,
    });
    expect(JSON.parse(out)).toMatchObject({
      outcome: shape === 'software' ? 'reject' : 'accept',
      chain: { shape },
    });
  });

  test('many chains go to a folder or to lines', async () => {
    const folder = newFolder();
    await attest(['simulate', '--count', '3', '--out', 'chains/'], { folder });
    expect(readdirSync(path.join(folder, 'chains'))).toEqual([
      'chain-000001.pem',
      'chain-000002.pem',
      'chain-000003.pem',
    ]);
    await attest(['simulate', '--count', '3', '--out', 'fleet.ndjson'], { folder });
    expect(
      readFileSync(path.join(folder, 'fleet.ndjson'), 'utf8').trimEnd().split('\n'),
    ).toHaveLength(3);
    await attest(['simulate', '--count', '3', '--format', 'ndjson', '--out', 'chains/'], {
      folder,
    });
    expect(existsSync(path.join(folder, 'chains', 'simulated.ndjson'))).toBe(true);
    const piled = await attest(['simulate', '--count', '3', '--out', 'x.pem'], { folder });
    expect(piled).toMatchObject({ exitCode: 64, out: '' });
    expect(piled.err).toContain('--out DIR/');
  });

  test('--defect list names every defect, and an unknown one is a usage error', async () => {
    const { out } = await attest(['simulate', '--defect', 'list']);
    for (const { name } of DEFECTS) expect(out).toContain(name);
    expect(await attest(['simulate', '--defect', 'nonsense'])).toMatchObject({ exitCode: 64 });
  });

  test.each(['0', '-1', 'x', '1.5'])('--count %s is a usage error', async (count) => {
    expect(await attest(['simulate', '--count', count])).toMatchObject({ exitCode: 64 });
  });

  test.each(['', '2', '-0.1', 'x'])('--bad %j is a usage error', async (bad) => {
    expect(await attest(['simulate', '--bad', bad])).toMatchObject({ exitCode: 64 });
  });
});

describe('explain', () => {
  test('what, why and what to do', async () => {
    const { exitCode, out } = await attest(['explain', 'device_unlocked']);
    expect(exitCode).toBe(0);
    for (const word of [
      'DEVICE_UNLOCKED',
      'What: the bootloader is unlocked',
      'Why:',
      'Do:   lock',
      'will not help',
    ]) {
      expect(out).toContain(word);
    }
    const json = JSON.parse((await attest(['explain', 'EXPIRED', '--format', 'json'])).out);
    expect(json).toMatchObject({ code: 'EXPIRED', retryable: true });
    expect((await attest(['explain', 'RISK_MODULEHASH_HW'])).out).toContain('never the device');
    expect((await attest(['explain', 'K_TAG_ORDER'])).out).toMatch(/class +none/);
  });

  test('without a code, all of them', async () => {
    const { out } = await attest(['explain']);
    for (const code of Object.keys(FINDING_CODES)) expect(out).toContain(code);
    expect(Object.keys(JSON.parse((await attest(['explain', '--format', 'json'])).out))).toEqual(
      Object.keys(FINDING_CODES),
    );
  });

  test('a code that does not exist is a usage error', async () => {
    expect(await attest(['explain', 'NO_SUCH_CODE'])).toMatchObject({ exitCode: 64 });
    expect(await attest(['explain', 'toString'])).toMatchObject({ exitCode: 64 });
  });
});

describe('serve --print-config', () => {
  test('shows effective values with tokens masked', async () => {
    vi.stubEnv(
      'ENIGM_ATTEST_CALLERS',
      JSON.stringify([{ id: 'backend', tokenSha256: 'a'.repeat(64) }]),
    );
    const { exitCode, out } = await attest(['serve', '--port', '1234', '--print-config']);
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      environment: 'development',
      port: 1234,
      callers: [{ id: 'backend', tokenSha256: 'masked' }],
    });
    expect(out).not.toContain('aaaa');
  });

  test('a wrong setting is a configuration error', async () => {
    expect(await attest(['serve', '--host', '0.0.0.0', '--print-config'])).toMatchObject({
      exitCode: 78,
    });
    expect(await attest(['serve', '--port', 'x', '--print-config'])).toMatchObject({
      exitCode: 64,
    });
  });
});
