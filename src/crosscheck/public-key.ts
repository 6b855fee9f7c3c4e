/**
 * SubjectPublicKeyInfo: what kind of key it is, and which kinds may issue certificates (THREATS T48,
 * B31, B32). No cryptography is done with it here.
 */
import { type Element, readChildren, readElement } from './elements.ts';
import { refuse } from './refusal.ts';
import { checkNull, readInteger, readObjectIdentifier, readOctetsInBits } from './values.ts';

export type PublicKey =
  | { readonly family: 'EC'; readonly curve: string }
  | { readonly family: 'RSA'; readonly bits: number; readonly exponent: bigint }
  | { readonly family: 'ML-DSA'; readonly parameterSet: string }
  | { readonly family: 'other'; readonly identifier: string };

const EC_PUBLIC_KEY = '1.2.840.10045.2.1';
const RSA_ENCRYPTION = '1.2.840.113549.1.1.1';

/** Octets of a coordinate, by curve. */
const CURVES: Readonly<Record<string, { readonly name: string; readonly octets: number }>> = {
  '1.3.132.0.33': { name: 'P-224', octets: 28 },
  '1.2.840.10045.3.1.7': { name: 'P-256', octets: 32 },
  '1.3.132.0.34': { name: 'P-384', octets: 48 },
  '1.3.132.0.35': { name: 'P-521', octets: 66 },
};

/** FIPS 204, table 2. */
const ML_DSA: Readonly<Record<string, { readonly name: string; readonly octets: number }>> = {
  '2.16.840.1.101.3.4.3.17': { name: 'ML-DSA-44', octets: 1312 },
  '2.16.840.1.101.3.4.3.18': { name: 'ML-DSA-65', octets: 1952 },
  '2.16.840.1.101.3.4.3.19': { name: 'ML-DSA-87', octets: 2592 },
};

/** RFC 8410: both kinds of key on the curve. */
const CURVE_25519: ReadonlySet<string> = new Set(['1.3.101.110', '1.3.101.112']);
const CURVE_25519_OCTETS = 32;

/** RFC 8410 section 3 and RFC 9881 section 2. */
const WITHOUT_PARAMETERS: ReadonlySet<string> = new Set([...CURVE_25519, ...Object.keys(ML_DSA)]);

const UNCOMPRESSED = 0x04;
const ISSUING_CURVES: readonly string[] = ['P-256', 'P-384', 'P-521'];
const MIN_ISSUING_RSA_BITS = 2048;
const MAX_ISSUING_RSA_BITS = 8192;
const MIN_ISSUING_RSA_EXPONENT = 65537n;

/**
 *     SubjectPublicKeyInfo ::= SEQUENCE { algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING }
 */
export function readPublicKey(element: Element, what: string): PublicKey {
  const [algorithm, bits, ...others] = readChildren(element, 'sequence', what);
  if (algorithm === undefined || bits === undefined || others.length > 0) {
    return refuse(`${what}: it is no SubjectPublicKeyInfo`);
  }
  const [oid, parameters, ...more] = readChildren(algorithm, 'sequence', what);
  if (oid === undefined || more.length > 0) return refuse(`${what}: no algorithm identifier`);
  const identifier = readObjectIdentifier(oid, what);
  const key = readOctetsInBits(bits, what);
  if (identifier === EC_PUBLIC_KEY) return readEcKey(parameters, key, what);
  if (identifier === RSA_ENCRYPTION) return readRsaKey(parameters, key, what);
  if (WITHOUT_PARAMETERS.has(identifier) && parameters !== undefined) {
    refuse(`${what}: parameters where the algorithm has none`);
  }
  if (CURVE_25519.has(identifier) && key.length !== CURVE_25519_OCTETS) {
    refuse(`${what}: a key of the wrong length`);
  }
  const set = ML_DSA[identifier];
  if (set === undefined) return { family: 'other', identifier };
  if (key.length !== set.octets) refuse(`${what}: a key of the wrong length`);
  return { family: 'ML-DSA', parameterSet: set.name };
}

/** RFC 5480: a named curve, and here only an uncompressed point. Whether it is on the curve shows when it is used. */
function readEcKey(parameters: Element | undefined, point: Uint8Array, what: string): PublicKey {
  if (parameters === undefined) return refuse(`${what}: no curve`);
  const identifier = readObjectIdentifier(parameters, what);
  const curve = CURVES[identifier];
  if (curve === undefined) return { family: 'EC', curve: identifier };
  if (point[0] !== UNCOMPRESSED) refuse(`${what}: no uncompressed point`);
  if (point.length !== 1 + 2 * curve.octets) refuse(`${what}: a point of the wrong length`);
  return { family: 'EC', curve: curve.name };
}

/**
 * RFC 8017: RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }
 *
 * Deviation: one maker leaves out the NULL parameters of RSA.
 */
function readRsaKey(parameters: Element | undefined, key: Uint8Array, what: string): PublicKey {
  if (parameters !== undefined) checkNull(parameters, what);
  const [modulus, exponent, ...others] = readChildren(readElement(key, what), 'sequence', what);
  if (modulus === undefined || exponent === undefined || others.length > 0) {
    return refuse(`${what}: it is no RSAPublicKey`);
  }
  const n = readInteger(modulus, what);
  const e = readInteger(exponent, what);
  if (n <= 0n || e <= 0n) refuse(`${what}: an RSA key with a number that is not positive`);
  return { family: 'RSA', bits: n.toString(2).length, exponent: e };
}

/** Whether certificates may be signed with such a key. */
export function mayIssue(key: PublicKey): boolean {
  switch (key.family) {
    case 'EC':
      return ISSUING_CURVES.includes(key.curve);
    case 'RSA':
      return (
        key.bits >= MIN_ISSUING_RSA_BITS &&
        key.bits <= MAX_ISSUING_RSA_BITS &&
        key.exponent >= MIN_ISSUING_RSA_EXPONENT
      );
    case 'ML-DSA':
      return true;
    case 'other':
      return false;
  }
}
