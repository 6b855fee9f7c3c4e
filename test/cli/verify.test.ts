/** `verify`: forms of input, options, formats and exit codes. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { attest, newFolder } from '../support/terminal.ts';
import { AT } from '../support/world.ts';

const ENIGM = ['--policy', 'enigm-development', '--no-challenge'];
const CHALLENGE = '000102ff';
const folder = newFolder();

beforeEach(() => {
  vi.stubEnv('ENIGM_ATTEST_ENVIRONMENT', 'development');
});

beforeAll(async () => {
  process.env['ENIGM_ATTEST_ENVIRONMENT'] = 'development';
  const simulate = (...args: string[]) =>
    attest(['simulate', '--challenge', `hex:${CHALLENGE}`, ...args], { folder });
  await simulate('--out', 'good.pem');
  await simulate('--out', 'unlocked.pem', '--defect', 'unlocked');
  await simulate('--out', 'google.pem', '--anchor', 'google-like', '--anchors-out', 'anchors');
});

async function certificatesOf(file: string): Promise<Buffer[]> {
  const { readFile } = await import('node:fs/promises');
  const text = await readFile(path.join(folder, file), 'utf8');
  return [...text.matchAll(/-----BEGIN CERTIFICATE-----([^-]+)/g)].map(([, body]) =>
    Buffer.from(body as string, 'base64'),
  );
}

function write(name: string, content: string | Buffer): string {
  writeFileSync(path.join(folder, name), content);
  return name;
}

describe('exit codes', () => {
  test('0 when all are accepted', async () => {
    const { exitCode, out, err } = await attest(['verify', 'good.pem', 'good.pem', ...ENIGM], {
      folder,
    });
    expect([exitCode, err]).toEqual([0, '']);
    expect(out).toMatch(/^ACCEPT {2}good\.pem\n/);
  });

  test('1 when one is rejected', async () => {
    const { exitCode, out } = await attest(['verify', 'good.pem', 'unlocked.pem', ...ENIGM], {
      folder,
    });
    expect(exitCode).toBe(1);
    expect(out).toContain('REJECT  unlocked.pem');
    expect(out).toContain('DEVICE_UNLOCKED');
  });

  test('2 when none is rejected and one is undecided', async () => {
    const { exitCode, out } = await attest(
      ['verify', 'google.pem', '--anchors', 'anchors', '--policy', 'android-hardware'],
      { folder },
    );
    expect(exitCode).toBe(2);
    expect(out).toContain('CHALLENGE_NOT_GIVEN');
  });

  test('65 when an input is no evidence; the rest is still judged', async () => {
    const bad = write('bad.pem', 'hello');
    const { exitCode, out, err } = await attest(['verify', bad, 'good.pem', ...ENIGM], { folder });
    expect(exitCode).toBe(65);
    expect(err).toMatch(/^bad\.pem: no evidence: /);
    expect(out).toContain('ACCEPT  good.pem');
  });

  test('65 beats 1', async () => {
    const { exitCode } = await attest(['verify', 'missing.pem', 'unlocked.pem', ...ENIGM], {
      folder,
    });
    expect(exitCode).toBe(65);
  });

  test('1 for bytes that decode and are no certificate', async () => {
    const file = write('junk.json', '["AAAA"]');
    const { exitCode, out } = await attest(['verify', file, ...ENIGM], { folder });
    expect(exitCode).toBe(1);
    expect(out).toContain('DER_UNEXPECTED_TAG');
  });

  test.each<[string[], RegExp]>([
    [['verify'], /missing required argument/],
    [['verify', 'x', '--format', 'xml'], /Allowed choices are text, json/],
    [['nonsense'], /unknown command/],
    [['verify', 'good.pem', '--nonsense'], /unknown option/],
    [['verify', 'good.pem', '--at', 'yesterday'], /no RFC 3339 time/],
    [['verify', 'good.pem', '--at', '2026-02-31T00:00:00Z'], /no RFC 3339 time/],
    [['verify', 'good.pem', '--challenge', 'abc'], /hex:\.\., base64url:\.\. or text:\.\./],
    [['verify', 'good.pem', '--challenge', 'hex:abc'], /hex:\.\./],
    [['verify', 'good.pem', '--public-key', 'none.pem'], /cannot be read/],
    [
      ['verify', 'good.pem', '--public-key', 'bad.pem'],
      /neither base64 DER SubjectPublicKeyInfo, nor PEM, nor a JWK/,
    ],
  ])('64 for %j', async (args, message) => {
    write('bad.pem', 'hello');
    const { exitCode, out, err } = await attest(args, { folder });
    expect([exitCode, out]).toEqual([64, '']);
    expect(err).toMatch(message);
  });

  test.each<[string[], RegExp]>([
    [['verify', 'good.pem', '--policy', 'lenient'], /no policy lenient; there are inspect, /],
    [['verify', 'good.pem', '--anchors', 'nowhere'], /anchors\.json: cannot be read/],
    [['verify', 'good.pem', '--revocation', 'nowhere.json'], /nowhere\.json: cannot be read/],
    [['verify', 'good.pem', '--revocation', 'bad.pem'], /not a status list/],
  ])('78 for %j', async (args, message) => {
    write('bad.pem', 'hello');
    const { exitCode, err } = await attest(args, { folder });
    expect(exitCode).toBe(78);
    expect(err).toMatch(message);
  });

  test('0 for help and version', async () => {
    expect(await attest(['--version'])).toMatchObject({ exitCode: 0, err: '' });
    const { exitCode, out } = await attest(['verify', '--help']);
    expect(exitCode).toBe(0);
    expect(out).toContain('is not the command “inspect”');
  });
});

describe('forms of input', () => {
  test.each<[string, (der: Buffer[]) => string | Buffer]>([
    ['DER', (der) => Buffer.concat(der)],
    ['JSON array', (der) => JSON.stringify(der.map((each) => each.toString('base64')))],
    [
      'JSON request',
      (der) => JSON.stringify({ chain: der.map((each) => each.toString('base64')) }),
    ],
    [
      'JSON request behind white space',
      (der) => `\n ${JSON.stringify({ chain: der.map((each) => each.toString('base64')) })}`,
    ],
  ])('%s', async (name, form) => {
    const file = write('input', form(await certificatesOf('good.pem')));
    const { exitCode, err } = await attest(['verify', file, ...ENIGM], { folder });
    expect([exitCode, err], name).toEqual([0, '']);
  });

  test('standard input', async () => {
    const der = await certificatesOf('good.pem');
    const stdin = JSON.stringify(der.map((each) => each.toString('base64')));
    const { exitCode, out } = await attest(['verify', '-', ...ENIGM], { folder, stdin });
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^ACCEPT {2}-\n/);
  });

  test('a request file brings its challenge, and never chooses the policy', async () => {
    const chain = (await certificatesOf('good.pem')).map((each) => each.toString('base64'));
    const challenge = Buffer.from(CHALLENGE, 'hex').toString('base64url');
    const file = write(
      'request.json',
      JSON.stringify({ chain, challenge, policy: 'enigm-development' }),
    );
    const said = await attest(['verify', file, '--format', 'json'], { folder });
    expect(JSON.parse(said.out)).toMatchObject({ policy: { id: 'android-hardware' } });
    expect(said.err).toContain('names policy enigm-development, which counts only as --policy');
    const asked = ['verify', file, '--format', 'json', '--policy', 'enigm-development'];
    expect(JSON.parse((await attest(asked, { folder })).out)).toMatchObject({
      outcome: 'accept',
      binding: { challenge: 'bound' },
    });
    const overruled = await attest(['verify', file, '--format', 'json', '--policy', 'inspect'], {
      folder,
    });
    expect(JSON.parse(overruled.out)).toMatchObject({ policy: { id: 'inspect' } });
  });

  test.each<[string, string | Buffer, RegExp]>([
    ['nothing', '', /it is empty/],
    ['white space', ' \n', /it is empty/],
    ['an array of numbers', '[1]', /no array of base64 texts/],
    ['a broken array', '[', /no JSON/],
    ['an empty array', '[]', /no certificates/],
    ['a broken request', '{', /./],
    ['a request with an unknown member', '{"chain":[],"x":1}', /x: is not a known member/],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x00]), /neither text nor DER/],
    ['PEM behind a byte order mark', '\ufeff-----BEGIN CERTIFICATE-----', /CERTIFICATE block/],
  ])('65 for %s', async (_, content, message) => {
    const file = write('unreadable', content);
    const { exitCode, err } = await attest(['verify', file, ...ENIGM], { folder });
    expect(exitCode).toBe(65);
    expect(err).toMatch(message);
  });
});

describe('json', () => {
  test('one compact report a line, in input order, each naming its input', async () => {
    const { out } = await attest(
      ['verify', 'unlocked.pem', 'good.pem', '--format', 'json', ...ENIGM],
      { folder },
    );
    const reports = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(reports.map(({ input, outcome }) => [input, outcome])).toEqual([
      ['unlocked.pem', 'reject'],
      ['good.pem', 'accept'],
    ]);
  });
});

describe('options', () => {
  const report = async (...args: string[]) => {
    const { out } = await attest(['verify', '--format', 'json', ...args], { folder });
    return JSON.parse(out);
  };

  test('--at sets the evidence time and nothing else', async () => {
    const judged = await report('good.pem', '--at', '2027-06-01T02:00:00+02:00', ...ENIGM);
    expect(judged).toMatchObject({
      outcome: 'reject',
      evidenceTime: '2027-06-01T00:00:00Z',
      appraisedAt: new Date(AT).toISOString().replace('.000', ''),
    });
    expect(judged.findings[0].code).toBe('EXPIRED');
  });

  test.each([`hex:${CHALLENGE}`, 'base64url:AAEC_w'])('--challenge %s', async (challenge) => {
    const judged = await report(
      'good.pem',
      '--policy',
      'enigm-development',
      '--challenge',
      challenge,
    );
    expect(judged.binding.challenge).toBe('bound');
  });

  test('--challenge text:', async () => {
    const judged = await report(
      'good.pem',
      '--policy',
      'enigm-development',
      '--challenge',
      'text:a:b',
    );
    expect(judged.binding.challenge).toBe('mismatch');
    expect(judged.outcome).toBe('reject');
  });

  test('--revocation none says so and is never PROTECTED; a file is current by the operator’s word', async () => {
    const none = await report('good.pem', '--revocation', 'none', ...ENIGM);
    expect(none).toMatchObject({ outcome: 'accept', revocation: { checked: false } });
    expect(none.trustState).not.toBe('PROTECTED');
    const der = await certificatesOf('good.pem');
    const { X509Certificate } = await import('node:crypto');
    const serial = new X509Certificate(der[1] as Buffer).serialNumber.toLowerCase();
    const list = write(
      'list.json',
      JSON.stringify({ entries: { [serial]: { status: 'REVOKED' } } }),
    );
    const revoked = await report('good.pem', '--revocation', list, ...ENIGM);
    expect(revoked).toMatchObject({
      outcome: 'reject',
      trustState: 'INACTIVE',
      revocation: { status: 'revoked' },
    });
    const other = write(
      'other.json',
      JSON.stringify({ entries: { abcdef: { status: 'REVOKED' } } }),
    );
    const good = await report(
      'google.pem',
      '--anchors',
      'anchors',
      '--no-challenge',
      '--revocation',
      other,
    );
    expect(good).toMatchObject({
      outcome: 'accept',
      revocation: { status: 'good', snapshot: { fetchedAt: null } },
    });
  });

  test('--anchors replaces the built-in ones, is a test, and is never PROTECTED', async () => {
    const own = await report(
      'google.pem',
      '--anchors',
      'anchors',
      '--challenge',
      `hex:${CHALLENGE}`,
    );
    expect(own).toMatchObject({
      outcome: 'accept',
      environment: 'test',
      trustState: 'REVIEW_REQUIRED',
      chain: { anchor: { environment: 'test' } },
    });
    const enigm = await report('good.pem', '--anchors', 'anchors', ...ENIGM);
    expect(enigm.findings[0].code).toBe('UNTRUSTED_ROOT');
  });

  test('--cross-check says whether the second verifier agrees, and changes no report', async () => {
    const files = ['good.pem', 'unlocked.pem', 'google.pem'];
    const judged = await attest(
      ['verify', ...files, '--format', 'json', '--cross-check', ...ENIGM],
      { folder },
    );
    expect(judged.exitCode).toBe(1);
    expect(judged.err.trimEnd().split('\n')).toEqual(
      files.map((file) => `${file}: the second verifier agrees`),
    );
    const alone = await attest(['verify', ...files, '--format', 'json', ...ENIGM], { folder });
    expect(judged.out).toBe(alone.out);
  });

  test('--public-key in PEM, DER and JWK', async () => {
    const { X509Certificate } = await import('node:crypto');
    const [leaf, other] = await certificatesOf('good.pem');
    const key = new X509Certificate(leaf as Buffer).publicKey;
    const files = [
      write('key.pem', key.export({ format: 'pem', type: 'spki' })),
      write('key.der', key.export({ format: 'der', type: 'spki' })),
      write('key.jwk', JSON.stringify(key.export({ format: 'jwk' }))),
      write('key.b64', key.export({ format: 'der', type: 'spki' }).toString('base64')),
    ];
    for (const file of files) {
      expect((await report('good.pem', '--public-key', file, ...ENIGM)).binding.publicKey).toBe(
        'bound',
      );
    }
    const otherKey = new X509Certificate(other as Buffer).publicKey;
    const wrong = write('other.pem', otherKey.export({ format: 'pem', type: 'spki' }));
    const judged = await report('good.pem', '--public-key', wrong, ...ENIGM);
    expect(judged).toMatchObject({ outcome: 'reject', binding: { publicKey: 'mismatch' } });
  });

  test('production does not trust the development anchor', async () => {
    vi.stubEnv('ENIGM_ATTEST_ENVIRONMENT', 'production');
    const judged = await report('good.pem', '--no-challenge');
    expect(judged.findings[0].code).toBe('UNTRUSTED_ROOT');
  });

  test('production has neither the development anchor nor its policy', async () => {
    vi.stubEnv('ENIGM_ATTEST_ENVIRONMENT', 'production');
    const { exitCode, err } = await attest(['verify', 'good.pem', ...ENIGM], { folder });
    expect(exitCode).toBe(78);
    expect(err).toContain('no policy enigm-development');
  });
});

describe('text', () => {
  test('verdict first, then why and what to do, then the facts', async () => {
    const { out } = await attest(['verify', 'unlocked.pem', ...ENIGM], { folder });
    const order = [
      'REJECT',
      'DEVICE_UNLOCKED',
      'the bootloader is unlocked',
      '→ lock the bootloader',
      'leaf',
      'boot ',
      'patches',
      'verified-boot',
    ];
    const places = order.map((word) => out.indexOf(word));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(out).not.toContain('\u001b');
  });

  test('coloured on a terminal', async () => {
    const { out } = await attest(['verify', 'good.pem', ...ENIGM], { folder, colour: true });
    expect(out).toContain('\u001b[32m');
  });

  test('a chain that cannot be read has nothing to show but why', async () => {
    const file = write('junk.json', '["AAAA"]');
    const { out } = await attest(['verify', file, ...ENIGM], { folder });
    expect(out).toContain('no certificate could be read');
    expect(out).not.toContain('patches');
  });
});
