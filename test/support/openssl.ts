/** Certificates and links as OpenSSL sees them, held against our own reader. */
import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { newEffort } from '../../src/core/base/index.ts';
import {
  type Certificate,
  IssuerKey,
  parseCertificate,
  serialHexOf,
  sliceOf,
} from '../../src/core/x509/index.ts';

/** What the two say of one certificate: `same`, or how they differ in words that a list can explain. */
export function compareCertificate(der: Uint8Array): string {
  const ours = parseCertificate(der, 0, newEffort());
  const theirs = readByOpenssl(der);
  if (!ours.ok) return theirs === null ? 'same' : `only OpenSSL reads: ${ours.finding.code}`;
  if (theirs === null) return `only we read: ${unusualPartOf(ours.value)}`;
  const members = differingMembers(ours.value, theirs);
  return members.length === 0 ? 'same' : `read differently: ${members.join(', ')}`;
}

/** What the two say of a signature; `null` when either cannot read one of the certificates. */
export function compareLink(der: Uint8Array, issuerDer: Uint8Array): string | null {
  const certificate = parseCertificate(der, 0, newEffort());
  const issuer = parseCertificate(issuerDer, 1, newEffort());
  const theirs = readByOpenssl(der);
  const theirIssuer = readByOpenssl(issuerDer);
  if (!certificate.ok || !issuer.ok || theirs === null || theirIssuer === null) return null;
  const ours = IssuerKey.of(issuer.value).hasSigned(certificate.value, newEffort());
  const key = publicKeyOf(theirIssuer);
  const same = key === null ? !ours : theirs.verify(key) === ours;
  if (same) return 'same';
  return `signature: ${ours ? 'only we accept' : 'only OpenSSL accepts'}`;
}

function readByOpenssl(der: Uint8Array): X509Certificate | null {
  try {
    return new X509Certificate(der);
  } catch {
    return null;
  }
}

/** Null for a key OpenSSL cannot work with. */
function publicKeyOf(certificate: X509Certificate): KeyObject | null {
  try {
    return certificate.publicKey;
  } catch {
    return null;
  }
}

/** Why OpenSSL may have refused what our reader takes. */
function unusualPartOf({ issuer, subject, publicKey }: Certificate): string {
  const attributes = [...issuer.attributes, ...subject.attributes];
  if (attributes.some(({ value }) => value === null)) return 'a name attribute that is no text';
  if (publicKey.algorithm === 'other') return 'a key of an unknown kind';
  return 'nothing unusual';
}

function differingMembers(ours: Certificate, theirs: X509Certificate): string[] {
  const spki = publicKeyOf(theirs);
  const same = {
    octets: theirs.raw.equals(ours.bytes),
    serial: minimalHex(theirs.serialNumber) === serialHexOf(ours),
    notBefore: theirs.validFromDate.getTime() === ours.notBefore,
    notAfter: theirs.validToDate.getTime() === ours.notAfter,
    'a key it cannot decode': spki !== null,
    key: spki === null || isSameKey(spki, sliceOf(ours, ours.spki)),
  };
  return Object.entries(same)
    .filter(([, isSame]) => !isSame)
    .map(([member]) => member);
}

/** The SPKI is compared as a key: OpenSSL writes points and parameters its own way. */
function isSameKey(theirs: KeyObject, spki: Uint8Array): boolean {
  return createPublicKey({ key: spki as Buffer, format: 'der', type: 'spki' }).equals(theirs);
}

function minimalHex(serial: string): string {
  return serial.toLowerCase().replace(/^0+(?=.)/, '');
}
