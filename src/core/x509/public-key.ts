/**
 * SubjectPublicKeyInfo (RFC 5280 4.1, RFC 5480, RFC 8017, RFC 8410, RFC 9881): what kind of key it
 * is, without importing it. The leaf's key is never imported here: it may be of a kind the runtime
 * does not know (THREATS B31, B32).
 */

import type { Effort } from '../base/index.ts';
import { MAX_RSA_BITS, MIN_RSA_BITS, MIN_RSA_EXPONENT } from '../base/index.ts';
import {
  DerReader,
  NULL,
  OBJECT_IDENTIFIER,
  readInteger,
  readObjectIdentifier,
  readOctetAlignedBitString,
  SEQUENCE,
} from '../der/index.ts';
import { isOid, oid, toDotted } from './oid.ts';

export type PublicKey = EcKey | RsaKey | MlDsaKey | OtherKey;

export interface EcKey {
  readonly algorithm: 'EC';
  /** KeyMint's name (EcCurve.aidl), or the dotted identifier of a curve KeyMint has not. */
  readonly curve: string;
  /** Field size in bits; 0 for a curve that is not known. */
  readonly size: number;
}

export interface RsaKey {
  readonly algorithm: 'RSA';
  /** Modulus length in bits. */
  readonly size: number;
  /** Whether size and exponent are ones an issuer may have. */
  readonly soundForIssuing: boolean;
}

export interface MlDsaKey {
  readonly algorithm: 'ML-DSA';
  readonly parameterSet: 'ML-DSA-44' | 'ML-DSA-65' | 'ML-DSA-87';
}

/** A key of another kind: dotted identifier of its algorithm. */
export interface OtherKey {
  readonly algorithm: string;
  readonly unknown: true;
}

const EC_PUBLIC_KEY = oid('1.2.840.10045.2.1');
const RSA_ENCRYPTION = oid('1.2.840.113549.1.1.1');

interface Curve {
  readonly key: EcKey;
  readonly identifier: Uint8Array;
  readonly pointBytes: number;
}

const CURVES: readonly Curve[] = [
  curve('P_224', 224, '1.3.132.0.33'),
  curve('P_256', 256, '1.2.840.10045.3.1.7'),
  curve('P_384', 384, '1.3.132.0.34'),
  curve('P_521', 521, '1.3.132.0.35'),
];

const ISSUER_CURVES: ReadonlySet<string> = new Set(['P_256', 'P_384', 'P_521']);

/** A kind of key whose identifier says everything: no parameters, one length. */
interface FixedKey {
  readonly identifier: Uint8Array;
  readonly key: PublicKey;
  readonly keyBytes: number;
}

const FIXED_KEYS: readonly FixedKey[] = [
  curve25519('1.3.101.110'),
  curve25519('1.3.101.112'),
  mlDsa('ML-DSA-44', '2.16.840.1.101.3.4.3.17', 1312),
  mlDsa('ML-DSA-65', '2.16.840.1.101.3.4.3.18', 1952),
  mlDsa('ML-DSA-87', '2.16.840.1.101.3.4.3.19', 2592),
];

/**
 * `SubjectPublicKeyInfo ::= SEQUENCE { algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING }`.
 * The reader stands before it and ends behind it.
 */
export function readPublicKey(reader: DerReader, effort: Effort): PublicKey {
  const outer = reader.enter(SEQUENCE);
  const algorithm = reader.enter(SEQUENCE);
  readObjectIdentifier(reader);
  const { bytes, from, to } = reader;
  let key: PublicKey;
  if (isOid(bytes, from, to, EC_PUBLIC_KEY)) key = readNamedCurve(reader);
  else if (isOid(bytes, from, to, RSA_ENCRYPTION)) key = readRsaParameters(reader);
  else key = readFixedKey(reader);
  reader.leave(algorithm);
  readOctetAlignedBitString(reader);
  if (key.algorithm === 'RSA') key = readRsaKey(reader, effort);
  else checkForm(reader, key);
  reader.leave(outer);
  return key;
}

/** Whether a key of this kind may issue certificates (THREATS T48). */
export function mayIssue(key: PublicKey): boolean {
  if ('curve' in key) return ISSUER_CURVES.has(key.curve);
  if ('soundForIssuing' in key) return key.soundForIssuing;
  return 'parameterSet' in key;
}

/** RFC 5480 2.1.1: named curves only; explicit parameters could describe a weakened curve. */
function readNamedCurve(reader: DerReader): EcKey {
  if (!reader.nextIs(OBJECT_IDENTIFIER)) reader.fail('X_BAD_PUBLIC_KEY');
  readObjectIdentifier(reader);
  const { bytes, from, to } = reader;
  const known = CURVES.find((each) => isOid(bytes, from, to, each.identifier));
  return known?.key ?? { algorithm: 'EC', curve: toDotted(bytes, from, to), size: 0 };
}

/** RFC 5480 2.2: points uncompressed, the only form keystores write; other keys of their one length. */
function checkForm(reader: DerReader, key: PublicKey): void {
  const length = reader.to - reader.from - 1;
  const curve = CURVES.find((each) => each.key === key);
  const isPoint = length === curve?.pointBytes && reader.bytes[reader.from + 1] === 0x04;
  if (curve !== undefined && !isPoint) reader.fail('X_BAD_PUBLIC_KEY');
  const fixed = FIXED_KEYS.find((each) => each.key === key);
  if (fixed !== undefined && length !== fixed.keyBytes) reader.fail('X_BAD_PUBLIC_KEY');
}

/** RFC 3279 2.3.1: NULL. Deviation: absent is read too, as in signatures. */
function readRsaParameters(reader: DerReader): RsaKey {
  if (!reader.atEnd) {
    reader.read(NULL);
    if (reader.from !== reader.to) reader.fail('X_BAD_PUBLIC_KEY');
  }
  return { algorithm: 'RSA', size: 0, soundForIssuing: false };
}

/** `RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }` in the BIT STRING just read. */
function readRsaKey(reader: DerReader, effort: Effort): RsaKey {
  const inner = new DerReader(reader.bytes, effort, reader.from + 1, reader.to);
  inner.field = reader.field;
  const outer = inner.enter(SEQUENCE);
  const size = readPositiveBits(inner);
  const exponentBits = readPositiveBits(inner);
  const exponent = exponentBits <= 64 ? toUnsigned(inner) : MIN_RSA_EXPONENT;
  inner.leave(outer);
  inner.expectEnd();
  const soundForIssuing =
    size >= MIN_RSA_BITS &&
    size <= MAX_RSA_BITS &&
    exponentBits <= 64 &&
    exponent >= MIN_RSA_EXPONENT &&
    exponent % 2n === 1n;
  return { algorithm: 'RSA', size, soundForIssuing };
}

/** Reads a positive INTEGER and gives its length in bits. */
function readPositiveBits(reader: DerReader): number {
  readInteger(reader);
  const { bytes, from, to } = reader;
  const leading = bytes[from] as number;
  if (leading >= 0x80 || (leading === 0 && to - from === 1)) reader.fail('X_BAD_PUBLIC_KEY');
  const first = leading === 0 ? from + 1 : from;
  return (to - first) * 8 - (Math.clz32(bytes[first] as number) - 24);
}

function toUnsigned(reader: DerReader): bigint {
  let value = 0n;
  for (let at = reader.from; at < reader.to; at += 1) {
    value = value * 256n + BigInt(reader.bytes[at] as number);
  }
  return value;
}

function readFixedKey(reader: DerReader): PublicKey {
  const { bytes, from, to } = reader;
  const known = FIXED_KEYS.find((each) => isOid(bytes, from, to, each.identifier));
  if (known !== undefined) return known.key;
  // RFC 5280 4.1.1.2: parameters are one value or none.
  if (!reader.atEnd) reader.next();
  return { algorithm: toDotted(bytes, from, to), unknown: true };
}

function curve(name: string, size: number, dotted: string): Curve {
  return {
    key: { algorithm: 'EC', curve: name, size },
    identifier: oid(dotted),
    pointBytes: 1 + 2 * Math.ceil(size / 8),
  };
}

/** RFC 8410: X25519 and Ed25519 alike are KeyMint's CURVE_25519. */
function curve25519(dotted: string): FixedKey {
  const key = { algorithm: 'EC', curve: 'CURVE_25519', size: 256 } as const;
  return { identifier: oid(dotted), key, keyBytes: 32 };
}

/** RFC 9881 section 4; lengths of FIPS 204 table 2. */
function mlDsa(parameterSet: MlDsaKey['parameterSet'], dotted: string, keyBytes: number): FixedKey {
  return { identifier: oid(dotted), key: { algorithm: 'ML-DSA', parameterSet }, keyBytes };
}
