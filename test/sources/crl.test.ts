/** CRLs: sound ones of our own making and of OpenSSL's, and every kind that is refused, by name. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { makeExtension } from '../../src/simulator/certificate.ts';
import { concat, octetString } from '../../src/simulator/der.ts';
import { readCrl } from '../../src/sources/revocation/crl.ts';
import {
  type CrlParts,
  crlNumber,
  deltaIndicator,
  distributionPoint,
  makeAuthority,
  newKey,
  reasonCode,
  type TestAuthority,
  toCrlPem,
} from '../support/crls.ts';
import { type KeptWorld, keep, simulatedSource } from '../support/keeper.ts';
import { type ListServer, openListServer, sends } from '../support/list-server.ts';
import { newFolder } from '../support/terminal.ts';
import { AT, attest, codesOf, makeWorld, reportOn, type World } from '../support/world.ts';

const HOUR_MS = 3_600_000;

let authority: TestAuthority;
let other: TestAuthority;

beforeAll(async () => {
  [authority, other] = await Promise.all([makeAuthority(), makeAuthority()]);
});

const read = (crl: Uint8Array, anchor = authority) => readCrl(crl, [anchor.certificate], AT);

describe('a sound CRL', () => {
  const ENTRIES = [
    { serial: '4badc0de00000000000000000000dead', status: 'revoked', reason: 'KEY_COMPROMISE' },
    { serial: 'ff01', status: 'revoked', reason: null },
    { serial: '5', status: 'suspended', reason: 'CERTIFICATE_HOLD' },
  ];

  test.each(['ec', 'rsa'] as const)('signed with %s, in DER and in PEM', async (kind) => {
    const signer = await makeAuthority(kind);
    const crl = signer.crl();
    for (const bytes of [crl, Buffer.from(toCrlPem(crl)), Buffer.from(`\n${toCrlPem(crl)}\n`)]) {
      expect(await read(bytes, signer)).toEqual({
        entries: ENTRIES,
        number: 7n,
        thisUpdate: AT - HOUR_MS,
        nextUpdate: AT + 24 * HOUR_MS,
      });
    }
  });

  test('of nothing, with a number beyond 64 bits, and with extensions that may be there', async () => {
    const crl = authority.crl({
      entries: [],
      number: null,
      extensions: [
        crlNumber(2n ** 150n),
        makeExtension('2.5.29.35', octetString(new Uint8Array(3))),
      ],
    });
    expect(await read(crl)).toMatchObject({ entries: [], number: 2n ** 150n });
  });
});

type Changes = (its: { authority: TestAuthority; other: TestAuthority }) => Partial<CrlParts>;

describe('refused:', () => {
  test.each<[string, string, Changes]>([
    ['a delta CRL', 'unsupported', () => ({ extensions: [deltaIndicator()] })],
    ['an indirect CRL', 'unsupported', () => ({ extensions: [distributionPoint(4)] })],
    [
      'one of user certificates only',
      'unsupported',
      () => ({ extensions: [distributionPoint(1)] }),
    ],
    ['one of authorities only', 'unsupported', () => ({ extensions: [distributionPoint(2)] })],
    ['one of some reasons only', 'unsupported', () => ({ extensions: [distributionPoint(3)] })],
    ['one of attributes only', 'unsupported', () => ({ extensions: [distributionPoint(5)] })],
    [
      'an entry of another issuer',
      'unsupported',
      () => ({
        entries: [
          {
            serial: '05',
            extensions: [makeExtension('2.5.29.29', octetString(new Uint8Array(2)), true)],
          },
        ],
      }),
    ],
    [
      'a critical extension nobody knows',
      'unsupported',
      () => ({ extensions: [makeExtension('1.2.3.4', new Uint8Array(2), true)] }),
    ],
    [
      'a critical extension of an entry nobody knows',
      'unsupported',
      () => ({
        entries: [
          { serial: '05', extensions: [makeExtension('1.2.3.4', new Uint8Array(2), true)] },
        ],
      }),
    ],
    ['the key of another', 'signature', (its) => ({ signer: its.other.key })],
    ['the name of another', 'signature', (its) => ({ issuer: its.other.name })],
    ['SHA-1', 'unsupported', () => ({ hash: 'sha1', innerHash: 'sha1' })],
    ['two algorithms', 'invalid', () => ({ innerHash: 'sha256' })],
    ['version 1', 'invalid', () => ({ version: null })],
    ['no nextUpdate', 'invalid', () => ({ nextUpdate: null })],
    ['nextUpdate before thisUpdate', 'invalid', () => ({ nextUpdate: AT - 2 * HOUR_MS })],
    ['thisUpdate to come', 'invalid', () => ({ thisUpdate: AT + HOUR_MS })],
    ['no number', 'invalid', () => ({ number: null })],
    ['a number twice', 'invalid', () => ({ extensions: [crlNumber(7)] })],
    ['a serial twice', 'invalid', () => ({ entries: [{ serial: '05' }, { serial: '0005' }] })],
    ['a negative serial', 'invalid', () => ({ entries: [{ serial: '85' }] })],
    ['an endless serial', 'invalid', () => ({ entries: [{ serial: '41'.repeat(21) }] })],
    [
      'an unknown reason',
      'invalid',
      () => ({ entries: [{ serial: '05', extensions: [reasonCode(7)] }] }),
    ],
    [
      'removal, which is for deltas',
      'invalid',
      () => ({ entries: [{ serial: '05', extensions: [reasonCode(8)] }] }),
    ],
  ])('%s (%s)', async (_, failure, changes) => {
    const crl = authority.crl(changes({ authority, other }));
    await expect(read(crl)).rejects.toMatchObject({ failure });
  });

  test.each<[string, string, (crl: Uint8Array) => Uint8Array]>([
    ['no CRL', 'invalid', () => Buffer.from('hello')],
    ['nothing', 'invalid', () => new Uint8Array(0)],
    ['a certificate', 'invalid', () => authority.certificate],
    ['half a CRL', 'invalid', (crl) => crl.subarray(0, crl.length / 2)],
    ['bytes behind it', 'invalid', (crl) => concat(crl, Uint8Array.of(0))],
    ['two in one PEM', 'invalid', (crl) => Buffer.from(toCrlPem(crl).repeat(2))],
    [
      'a changed entry',
      'signature',
      (crl) => Buffer.from(Buffer.from(crl).toString('hex').replace('dead', 'beef'), 'hex'),
    ],
    ['a changed signature', 'signature', (crl) => crl.with(-1, (crl.at(-1) as number) ^ 1)],
  ])('%s (%s)', async (_, failure, change) => {
    await expect(read(change(authority.crl()))).rejects.toMatchObject({ failure });
  });

  test('one of an anchor that may not sign CRLs, or that is not loaded', async () => {
    const signer = await makeAuthority('ec', 'certificates only');
    await expect(read(signer.crl(), signer)).rejects.toMatchObject({ failure: 'signature' });
    await expect(readCrl(authority.crl(), [], AT)).rejects.toMatchObject({ failure: 'signature' });
  });
});

test('CRLs made by OpenSSL are read, and refused once anybody else signs them', async () => {
  const folder = newFolder();
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  writeFileSync(
    path.join(folder, 'ca.cnf'),
    `[ca]\ndefault_ca=me\n[me]\ndatabase=index.txt\ncrlnumber=crlnumber\ndefault_md=sha256\ndefault_crl_days=7\ncrl_extensions=ext\nunique_subject=no\n[ext]\nauthorityKeyIdentifier=keyid\n[req]\ndistinguished_name=dn\nx509_extensions=v3\n[dn]\n[v3]\nbasicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n`,
  );
  writeFileSync(
    path.join(folder, 'index.txt'),
    [
      [
        'R',
        '301231235959Z',
        '261101000000Z,keyCompromise',
        '05014131950868983053',
        'unknown',
        '/CN=a',
      ],
      [
        'R',
        '301231235959Z',
        '261101000000Z,certificateHold',
        'C35747A084470C3135AEEFE2B8D40CD6',
        'unknown',
        '/CN=b',
      ],
      ['V', '301231235959Z', '', '07', 'unknown', '/CN=c'],
    ]
      .map((fields) => fields.join('\t'))
      .join('\n')
      .concat('\n'),
  );
  writeFileSync(path.join(folder, 'crlnumber'), '1A\n');
  openssl(
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '3650',
    '-subj',
    '/O=Test/CN=Made by OpenSSL',
    '-config',
    'ca.cnf',
    '-keyout',
    'key.pem',
    '-out',
    'ca.pem',
  );
  openssl('x509', '-in', 'ca.pem', '-outform', 'DER', '-out', 'ca.der');
  openssl(
    'ca',
    '-gencrl',
    '-config',
    'ca.cnf',
    '-keyfile',
    'key.pem',
    '-cert',
    'ca.pem',
    '-out',
    'crl.pem',
  );
  openssl('crl', '-in', 'crl.pem', '-outform', 'DER', '-out', 'crl.der');
  const certificate = readFileSync(path.join(folder, 'ca.der'));
  for (const file of ['crl.pem', 'crl.der']) {
    const crl = await readCrl(readFileSync(path.join(folder, file)), [certificate], Date.now());
    expect(crl.number).toBe(0x1an);
    expect(crl.entries).toEqual([
      { serial: '5014131950868983053', status: 'revoked', reason: 'KEY_COMPROMISE' },
      {
        serial: 'c35747a084470c3135aeefe2b8d40cd6',
        status: 'suspended',
        reason: 'CERTIFICATE_HOLD',
      },
    ]);
    expect(crl.nextUpdate - crl.thisUpdate).toBe(7 * 24 * HOUR_MS);
  }
  const crl = readFileSync(path.join(folder, 'crl.der'));
  await expect(readCrl(crl, [authority.certificate], Date.now())).rejects.toMatchObject({
    failure: 'signature',
  });
});

describe('as a source', () => {
  let world: World;
  let server: ListServer;
  let kept: KeptWorld;

  afterEach(async () => {
    await kept.keeper.close();
    await server.close();
  });

  /** The simulated anchor signs; its key is published with the simulator. */
  async function open(): Promise<void> {
    world = await makeWorld('google-like');
    server = await openListServer();
    const source = simulatedSource(server.url, { anchors: ['simulated-google-ec'] });
    const { sentinels: _, ...about } = { sentinels: [], ...source };
    const { record } = world.anchors.anchors[0] as World['anchors']['anchors'][number];
    const anchors = [
      { record: { ...record, id: 'simulated-google-ec' }, certificates: [authority.certificate] },
    ];
    kept = await keep(world, [{ ...about, kind: 'crl' } as never], { anchors });
  }

  const refresh = () => kept.keeper.refresh('simulated-status');

  test('its entries decide, its number never goes back, and it runs out', async () => {
    await open();
    server.play(sends(authority.crl(), { 'cache-control': 'max-age=86400', etag: '"a"' }));
    expect(await refresh()).toBe(true);
    const outcome = () =>
      reportOn(world, attest(world, {}, { defect: 'revoked' }), 'android-hardware', {
        revocation: kept.keeper.snapshot,
        appraisedAt: kept.now,
      });
    expect(codesOf(outcome())).toContain('CERTIFICATE_REVOKED');

    server.play(sends(authority.crl({ number: 6 })));
    expect(await refresh()).toBe(false);
    expect(kept.keeper.statuses[0]?.failing).toMatchObject({ failure: 'older' });
    server.play(sends(authority.crl({ number: 8, thisUpdate: AT - 2 * HOUR_MS })));
    expect(await refresh()).toBe(false);
    expect(kept.keeper.statuses[0]?.failing).toMatchObject({ failure: 'older' });
    // A signed list may shrink: it says itself that it is newer.
    server.play(sends(authority.crl({ number: 9, entries: [{ serial: '09' }] }), { etag: '"b"' }));
    expect(await refresh()).toBe(true);
    expect(kept.keeper.statuses[0]).toMatchObject({ entries: 1 });

    kept.now = AT + 25 * HOUR_MS;
    server.play((_request, response) => response.writeHead(304).end());
    expect(await refresh()).toBe(false);
    expect(kept.keeper.statuses[0]?.failing).toMatchObject({ failure: 'expired' });
    const good = attest(world);
    const judged = (appraisedAt: number) =>
      reportOn(world, good, 'android-hardware', { revocation: kept.keeper.snapshot, appraisedAt });
    expect(judged(AT + 24 * HOUR_MS).outcome).toBe('accept');
    expect(codesOf(judged(AT + 48 * HOUR_MS + 60_001))).toContain('REVOCATION_LIST_STALE');
  });

  test('a key of nobody we know', async () => {
    await open();
    server.play(sends(authority.crl({ signer: newKey() })));
    expect(await refresh()).toBe(false);
    expect(kept.keeper.snapshot.entryCount).toBe(0);
  });
});
