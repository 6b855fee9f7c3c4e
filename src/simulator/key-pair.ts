/** Keys of simulated devices and authorities: real ones, made from a seed. */
import {
  checkPrimeSync,
  createECDH,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
} from 'node:crypto';
import {
  type Bytes,
  bitString,
  concat,
  explicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
} from './der.ts';
import type { SeededRandom } from './random.ts';

/** Kinds of key a simulated device attests. */
export type KeyKind =
  | 'P_256'
  | 'P_384'
  | 'P_521'
  | 'RSA_1024'
  | 'RSA_2048'
  | 'ML_DSA_44'
  | 'ML_DSA_65';

export interface KeyPair {
  readonly spki: Bytes;
  readonly privateKey: KeyObject;
}

/** Makes a key pair; `privateKey` is imported when first asked for. */
export function makeKeyPair(kind: KeyKind, random: SeededRandom): KeyPair {
  switch (kind) {
    case 'P_256':
      return makeEcKeyPair(P_256, random);
    case 'P_384':
      return makeEcKeyPair(P_384, random);
    case 'P_521':
      return makeEcKeyPair(P_521, random);
    case 'RSA_1024':
      return makeRsaKeyPair(1024, random);
    case 'RSA_2048':
      return makeRsaKeyPair(2048, random);
    case 'ML_DSA_44':
      return makeMlDsaKeyPair('2.16.840.1.101.3.4.3.17', random);
    case 'ML_DSA_65':
      return makeMlDsaKeyPair('2.16.840.1.101.3.4.3.18', random);
  }
}

/** The key pair of a PEM private key. */
export function keyPairFromPem(pem: string): KeyPair {
  const privateKey = createPrivateKey(pem);
  return { spki: spkiOf(privateKey), privateKey };
}

interface Curve {
  readonly node: string;
  readonly identifier: Bytes;
  readonly scalarBytes: number;
}

const EC_PUBLIC_KEY = objectIdentifier('1.2.840.10045.2.1');
const P_256: Curve = curve('prime256v1', '1.2.840.10045.3.1.7', 32);
const P_384: Curve = curve('secp384r1', '1.3.132.0.34', 48);
const P_521: Curve = curve('secp521r1', '1.3.132.0.35', 66);

function makeEcKeyPair(params: Curve, random: SeededRandom): KeyPair {
  const ecdh = createECDH(params.node);
  const scalar = random.bytes(params.scalarBytes);
  // Below the order of each curve, and not zero.
  scalar[0] = params.scalarBytes === 66 ? 0 : (scalar[0] as number) & 0x7f;
  scalar[params.scalarBytes - 1] = (scalar[params.scalarBytes - 1] as number) | 1;
  ecdh.setPrivateKey(scalar);
  const point = new Uint8Array(ecdh.getPublicKey());
  const spki = sequence(sequence(EC_PUBLIC_KEY, params.identifier), bitString(point));
  return lazily(spki, () => {
    // RFC 5915: ECPrivateKey.
    const der = sequence(
      integer(1),
      octetString(scalar),
      explicit(0, params.identifier),
      explicit(1, bitString(point)),
    );
    return createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'sec1' });
  });
}

/** RFC 8017: two primes and what follows from them. */
function makeRsaKeyPair(bits: number, random: SeededRandom): KeyPair {
  const exponent = 65537n;
  const p = makePrime(bits / 2, exponent, random);
  const q = makePrime(bits / 2, exponent, random);
  const d = invert(exponent, (p - 1n) * (q - 1n));
  const jwk = {
    kty: 'RSA',
    n: toBase64Url(p * q),
    e: toBase64Url(exponent),
    d: toBase64Url(d),
    p: toBase64Url(p),
    q: toBase64Url(q),
    dp: toBase64Url(d % (p - 1n)),
    dq: toBase64Url(d % (q - 1n)),
    qi: toBase64Url(invert(q, p)),
  };
  const privateKey = createPrivateKey({ key: jwk, format: 'jwk' });
  return { spki: spkiOf(privateKey), privateKey };
}

/** RFC 9881: a private key is a seed of 32 octets. */
function makeMlDsaKeyPair(dotted: string, random: SeededRandom): KeyPair {
  const der = sequence(
    integer(0),
    sequence(objectIdentifier(dotted)),
    octetString(concat(Uint8Array.of(0x80, 32), random.bytes(32))),
  );
  const privateKey = createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' });
  return { spki: spkiOf(privateKey), privateKey };
}

function makePrime(bits: number, exponent: bigint, random: SeededRandom): bigint {
  const start = random.bytes(bits / 8);
  start[0] = (start[0] as number) | 0xc0;
  let candidate = BigInt(`0x${Buffer.from(start).toString('hex')}`) | 1n;
  while ((candidate - 1n) % exponent === 0n || !checkPrimeSync(candidate)) candidate += 2n;
  return candidate;
}

/** The inverse of `value` modulo `modulus`, by Euclid's extended algorithm. */
function invert(value: bigint, modulus: bigint): bigint {
  let [a, b] = [value % modulus, modulus];
  let [x, y] = [1n, 0n];
  while (b !== 0n) {
    const quotient = a / b;
    [a, b] = [b, a - quotient * b];
    [x, y] = [y, x - quotient * y];
  }
  return ((x % modulus) + modulus) % modulus;
}

function toBase64Url(value: bigint): string {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex').toString('base64url');
}

function spkiOf(privateKey: KeyObject): Bytes {
  const spki = createPublicKey(privateKey).export({
    format: 'der',
    type: 'spki',
  });
  return new Uint8Array(spki);
}

function lazily(spki: Bytes, make: () => KeyObject): KeyPair {
  let made: KeyObject | undefined;
  return {
    spki,
    get privateKey() {
      made ??= make();
      return made;
    },
  };
}

function curve(node: string, dotted: string, scalarBytes: number): Curve {
  return { node, identifier: objectIdentifier(dotted), scalarBytes };
}
