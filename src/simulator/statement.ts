/**
 * Statements of simulated devices: signed with the attested key, as an app on the device would. Written
 * apart from what verifies them.
 */
import { constants, createHash, type KeyObject, sign } from 'node:crypto';
import type { Bytes } from './der.ts';
import type { Evidence } from './simulator.ts';

export interface StatementOptions {
  /** What the device says of itself: members of the payload. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Instead of what a sound statement has: header and payload members, merged over its own. */
  readonly header?: Readonly<Record<string, unknown>>;
  readonly payload?: Readonly<Record<string, unknown>>;
  /** Instead of the attested key. */
  readonly signer?: KeyObject;
}

/** What a device in order says. */
export const SOUND_FIELDS = {
  securityService: 'ACTIVE',
  networkPolicy: 'ENFORCED',
  privacyMode: 'ON',
  managedState: 'MANAGED',
  trustSecurityCenter: 'PROTECTED',
  updateState: 'CURRENT',
} as const;

/** The statement that goes with some evidence: its nonce is the evidence's challenge. */
export function signStatement(evidence: Evidence, options: StatementOptions): string {
  const { fields = SOUND_FIELDS, at, signer = evidence.key.privateKey } = options;
  const header = { alg: algorithmOf(signer), typ: 'enigm-statement+jwt', ...options.header };
  const payload = {
    nonce: Buffer.from(evidence.challenge).toString('base64url'),
    evidenceDigest: digestOf(evidence.chain),
    iat: Math.floor(at / 1000),
    ...fields,
    ...options.payload,
  };
  const input = `${toBase64Url(header)}.${toBase64Url(payload)}`;
  return `${input}.${signWith(signer, header.alg, input).toString('base64url')}`;
}

/** Each certificate as 32-bit big-endian length, then its DER. */
function digestOf(chain: readonly Bytes[]): string {
  const hash = createHash('sha256');
  for (const der of chain) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(der.length);
    hash.update(length).update(der);
  }
  return hash.digest('hex');
}

function algorithmOf({ asymmetricKeyType }: KeyObject): string {
  return asymmetricKeyType === 'rsa' ? 'RS256' : 'ES256';
}

/** RFC 7518 section 3; any other name leaves the statement unsigned. */
function signWith(key: KeyObject, algorithm: unknown, input: string): Buffer {
  const data = Buffer.from(input);
  switch (algorithm) {
    case 'ES256':
      return sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' });
    case 'RS256':
      return sign('sha256', data, key);
    case 'PS256': {
      const padding = constants.RSA_PKCS1_PSS_PADDING;
      return sign('sha256', data, { key, padding, saltLength: 32 });
    }
    default:
      return Buffer.alloc(0);
  }
}

function toBase64Url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
