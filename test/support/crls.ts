/** CRLs of a test authority, sound or with anything in them changed. */
import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import {
  algorithmOf,
  type Hash,
  makeExtension,
  makeName,
  makeTemplates,
  makeValidity,
  signTbs,
} from '../../src/simulator/certificate.ts';
import {
  type Bytes,
  enumerated,
  explicit,
  integer,
  sequence,
  time,
  tlv,
  unsignedInteger,
} from '../../src/simulator/der.ts';
import type { KeyPair } from '../../src/simulator/key-pair.ts';
import { AT } from './world.ts';

export interface CrlParts {
  readonly version: number | null;
  readonly issuer: Bytes;
  readonly thisUpdate: number;
  readonly nextUpdate: number | null;
  readonly number: number | null;
  readonly entries: readonly { serial: string; extensions?: readonly Bytes[] }[];
  readonly extensions: readonly Bytes[];
  readonly hash: Hash;
  readonly innerHash: Hash;
  readonly signer: KeyPair;
}

export interface TestAuthority {
  /** DER of its certificate. */
  readonly certificate: Bytes;
  readonly key: KeyPair;
  readonly name: Bytes;
  readonly crl: (changes?: Partial<CrlParts>) => Bytes;
}

const HOUR_MS = 3_600_000;

export function newKey(kind: 'ec' | 'rsa' = 'ec'): KeyPair {
  const { privateKey, publicKey } =
    kind === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-384' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { privateKey, spki: spkiOf(publicKey) };
}

/** An authority whose certificate says what its key may do. */
export async function makeAuthority(
  kind: 'ec' | 'rsa' = 'ec',
  usage: 'crls too' | 'certificates only' = 'crls too',
): Promise<TestAuthority> {
  const templates = await makeTemplates();
  const key = newKey(kind);
  const name = makeName({ CN: `Test authority ${randomBytes(4).toString('hex')}` });
  const template = usage === 'crls too' ? templates.authority : templates.deviceAuthority;
  const algorithm = algorithmOf(key, 'sha384');
  const tbs = sequence(
    template.version,
    unsignedInteger(Uint8Array.of(0x41, ...randomBytes(8))),
    algorithm,
    name,
    makeValidity(AT - 365 * 24 * HOUR_MS, AT + 365 * 24 * HOUR_MS),
    name,
    key.spki,
    explicit(3, sequence(...template.extensions)),
  );
  const certificate = signTbs(tbs, algorithm, key, 'sha384');
  return {
    certificate,
    key,
    name,
    crl: (changes = {}) => makeCrl({ ...sound(key, name), ...changes }),
  };
}

export const crlNumber = (number: number | bigint): Bytes =>
  makeExtension('2.5.29.20', integer(number));
export const reasonCode = (code: number): Bytes => makeExtension('2.5.29.21', enumerated(code));
export const deltaIndicator = (): Bytes => makeExtension('2.5.29.27', integer(1), true);
/** IssuingDistributionPoint with one of its context-tagged members; 4 is indirectCRL. */
export const distributionPoint = (member: number): Bytes =>
  makeExtension(
    '2.5.29.28',
    sequence(
      member === 3 ? tlv(0x83, Uint8Array.of(0x01, 0x40)) : tlv(0x80 | member, Uint8Array.of(0xff)),
    ),
    true,
  );

function sound(signer: KeyPair, issuer: Bytes): CrlParts {
  return {
    version: 1,
    issuer,
    thisUpdate: AT - HOUR_MS,
    nextUpdate: AT + 24 * HOUR_MS,
    number: 7,
    entries: [
      { serial: '4badc0de00000000000000000000dead', extensions: [reasonCode(1)] },
      { serial: '00ff01' },
      { serial: '05', extensions: [reasonCode(6)] },
    ],
    extensions: [],
    hash: 'sha384',
    innerHash: 'sha384',
    signer,
  };
}

function makeCrl(parts: CrlParts): Bytes {
  const { version, issuer, thisUpdate, nextUpdate, number, entries, hash, innerHash, signer } =
    parts;
  const extensions = [...(number === null ? [] : [crlNumber(number)]), ...parts.extensions];
  const revoked = entries.map(({ serial, extensions: own = [] }) =>
    sequence(
      tlv(0x02, Buffer.from(serial, 'hex')),
      time(thisUpdate),
      ...(own.length === 0 ? [] : [sequence(...own)]),
    ),
  );
  const tbs = sequence(
    ...(version === null ? [] : [integer(version)]),
    algorithmOf(signer, innerHash),
    issuer,
    time(thisUpdate),
    ...(nextUpdate === null ? [] : [time(nextUpdate)]),
    ...(revoked.length === 0 ? [] : [sequence(...revoked)]),
    ...(extensions.length === 0 ? [] : [explicit(0, sequence(...extensions))]),
  );
  return signTbs(tbs, algorithmOf(signer, hash), signer, hash);
}

export function toCrlPem(der: Bytes): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN X509 CRL-----\n${lines.join('\n')}\n-----END X509 CRL-----\n`;
}

function spkiOf(key: KeyObject): Bytes {
  return new Uint8Array(key.export({ format: 'der', type: 'spki' }));
}
