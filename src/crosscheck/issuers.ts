/**
 * What a certificate that issued another must be allowed to (THREATS T04, B10, B12, B25, B33). Name
 * constraints, policies, extended key usage and distribution points are never read, and a path length
 * never decides.
 */
import 'reflect-metadata';
import { BasicConstraintsExtension, KeyUsageFlags, KeyUsagesExtension } from '@peculiar/x509';
import type { Certificate } from './certificate.ts';
import { isOf, readChildren, readElement } from './elements.ts';
import { EXTENSION, type Extension } from './extensions.ts';
import { MAX_SERIAL_OCTETS } from './limits.ts';
import { refuse, withLibrary } from './refusal.ts';
import { readBitString, readBoolean, readInteger } from './values.ts';

/**
 * Critical extensions an issuer may carry: those that are read, and those that are ignored on purpose,
 * because genuine attestation certificates carry them and they say nothing about attestation.
 */
const KNOWN_CRITICAL: ReadonlySet<string> = new Set([
  EXTENSION.basicConstraints,
  EXTENSION.keyUsage,
  EXTENSION.keyDescription,
  EXTENSION.provisioningInfo,
  '2.5.29.14', // subjectKeyIdentifier
  '2.5.29.30', // nameConstraints
  '2.5.29.31', // cRLDistributionPoints
  '2.5.29.32', // certificatePolicies
  '2.5.29.35', // authorityKeyIdentifier
  '2.5.29.36', // policyConstraints
  '2.5.29.37', // extendedKeyUsage
]);

/** Refuses a certificate above the leaf with a critical extension that nobody here understands. */
export function checkCriticalExtensions({ index, extensions }: Certificate): void {
  for (const [identifier, { critical }] of extensions) {
    if (critical && !KNOWN_CRITICAL.has(identifier)) {
      refuse(`certificate ${index}: critical extension ${identifier} is not known`);
    }
  }
}

/**
 * Refuses an issuer without the CA flag and keyCertSign. Deviation: `tolerated` for the attestation
 * certificate of an exact factory chain, which on many genuine devices has neither.
 */
export function checkIssuer(
  certificate: Certificate,
  withoutCaFlag: 'refused' | 'tolerated',
): void {
  const what = `certificate ${certificate.index}`;
  checkForm(certificate, what);
  const isCa = readCaFlag(certificate.extensions.get(EXTENSION.basicConstraints), what);
  const maySign = readKeyCertSign(certificate.extensions.get(EXTENSION.keyUsage), what);
  if (withoutCaFlag === 'refused' && !(isCa && maySign)) {
    refuse(`${what}: it issued a certificate and is not allowed to`);
  }
}

/**
 * What an authority writes itself. The leaf and ATTEST_KEYs are written by devices, which choose their
 * serial numbers freely and write some booleans in their own way.
 */
function checkForm({ serial, extensions }: Certificate, what: string): void {
  if (serial <= 0n) refuse(`${what}: a serial number that is not positive`);
  if (octetsOf(serial) > MAX_SERIAL_OCTETS) refuse(`${what}: a serial number that is too long`);
  for (const { isLenient } of extensions.values()) {
    if (isLenient) refuse(`${what}: a critical flag that is neither 00 nor FF`);
  }
}

/** Length of a positive number as DER writes it. */
function octetsOf(value: bigint): number {
  return Math.floor(value.toString(2).length / 8) + 1;
}

/**
 *     BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL }
 */
function readCaFlag(extension: Extension | undefined, what: string): boolean {
  if (extension === undefined) return false;
  const name = `${what}: basicConstraints`;
  const [first, second, ...others] = readChildren(
    readElement(extension.value, name),
    'sequence',
    name,
  );
  if (others.length > 0) refuse(`${name}: more fields than it may have`);
  const isLengthAlone = first !== undefined && second === undefined && isOf(first, 'integer');
  const [flag, pathLength] = isLengthAlone ? [undefined, first] : [first, second];
  if (flag !== undefined) readBoolean(flag, 'strict', name);
  if (pathLength !== undefined) readInteger(pathLength, name);
  return withLibrary('@peculiar/x509', name, () => new BasicConstraintsExtension(extension.der).ca);
}

/** KeyUsage ::= BIT STRING, keyCertSign (5) */
function readKeyCertSign(extension: Extension | undefined, what: string): boolean {
  if (extension === undefined) return false;
  const name = `${what}: keyUsage`;
  readBitString(readElement(extension.value, name), name);
  const { usages } = withLibrary(
    '@peculiar/x509',
    name,
    () => new KeyUsagesExtension(extension.der),
  );
  return (usages & KeyUsageFlags.keyCertSign) !== 0;
}
