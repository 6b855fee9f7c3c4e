/**
 * One certificate (RFC 5280 section 4), by itself: nothing here says who signed it. Structure is held to
 * DER over the bytes received, and what is cut here is compared with what pkijs reads of the same bytes.
 */
import { Certificate as PkiCertificate } from 'pkijs';
import { readSignatureAlgorithm, type SignatureAlgorithm } from './algorithms.ts';
import { sameBytes, toHex } from './bytes.ts';
import { type Element, isWrapper, readChildren, readElement } from './elements.ts';
import { type Extension, readWrappedExtensions } from './extensions.ts';
import { type Name, readName } from './names.ts';
import { type PublicKey, readPublicKey } from './public-key.ts';
import { refuse } from './refusal.ts';
import { readInteger, readOctetsInBits, readTime } from './values.ts';

export interface Certificate {
  /** Place in the chain as sent; 0 is the leaf. */
  readonly index: number;
  readonly der: Uint8Array;
  readonly tbs: Uint8Array;
  readonly serial: bigint;
  /** Minimal lower-case hex of its octets read as an unsigned number, as status lists write it (THREATS T18). */
  readonly serialHex: string;
  readonly algorithm: SignatureAlgorithm;
  readonly issuer: Name;
  readonly subject: Name;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly spki: Uint8Array;
  readonly key: PublicKey;
  /** By dotted identifier; each stands once. */
  readonly extensions: ReadonlyMap<string, Extension>;
  readonly signature: Uint8Array;
}

const VERSION_3 = 2n;

/**
 *     Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue BIT STRING }
 */
export function readCertificate(der: Uint8Array, index: number): Certificate {
  const what = `certificate ${index}`;
  const parts = readChildren(readElement(der, what), 'sequence', what);
  const [tbs, outerAlgorithm, signature, ...others] = parts;
  if (tbs === undefined || outerAlgorithm === undefined || signature === undefined) {
    return refuse(`${what}: it has fewer than three parts`);
  }
  if (others.length > 0) refuse(`${what}: it has more than three parts`);
  const { innerAlgorithm, ...body } = readTbs(tbs, what);
  // The outer identifier is not signed: it must say what the signed one says (THREATS B27).
  if (!sameBytes(innerAlgorithm, outerAlgorithm.der)) {
    refuse(`${what}: its two algorithm identifiers differ`);
  }
  const certificate = {
    ...body,
    index,
    der,
    algorithm: readSignatureAlgorithm(outerAlgorithm, `${what}: signature algorithm`),
    signature: readOctetsInBits(signature, `${what}: signature`),
  };
  checkAgainstLibrary(certificate, what);
  return certificate;
}

type Body = Omit<Certificate, 'index' | 'der' | 'algorithm' | 'signature'> & {
  readonly innerAlgorithm: Uint8Array;
};

/**
 *     TBSCertificate ::= SEQUENCE {
 *         version [0] EXPLICIT INTEGER, serialNumber INTEGER, signature AlgorithmIdentifier,
 *         issuer Name, validity SEQUENCE { notBefore Time, notAfter Time }, subject Name,
 *         subjectPublicKeyInfo SubjectPublicKeyInfo, extensions [3] EXPLICIT SEQUENCE OF Extension }
 *
 * Unique identifiers were never used by devices and are refused.
 */
function readTbs(tbs: Element, what: string): Body {
  const [version, serial, algorithm, issuer, validity, subject, spki, extensions, ...others] =
    readChildren(tbs, 'sequence', what);
  if (version === undefined || !isWrapper(version, 0)) return refuse(`${what}: not version 3`);
  if (readInteger(readElement(version.content, what), what) !== VERSION_3) {
    refuse(`${what}: not version 3`);
  }
  if (
    serial === undefined ||
    algorithm === undefined ||
    issuer === undefined ||
    validity === undefined ||
    subject === undefined ||
    spki === undefined
  ) {
    return refuse(`${what}: its signed part lacks fields`);
  }
  if (others.length > 0) refuse(`${what}: its signed part has more fields than it may`);
  const [notBefore, notAfter, ...more] = readChildren(validity, 'sequence', `${what}: validity`);
  if (notBefore === undefined || notAfter === undefined || more.length > 0) {
    return refuse(`${what}: its validity is not two times`);
  }
  return {
    tbs: tbs.der,
    serial: readInteger(serial, `${what}: serial number`),
    serialHex: BigInt(`0x${toHex(serial.content)}`).toString(16),
    innerAlgorithm: algorithm.der,
    issuer: readName(issuer, `${what}: issuer`),
    subject: readName(subject, `${what}: subject`),
    notBefore: readTime(notBefore, `${what}: notBefore`),
    notAfter: readTime(notAfter, `${what}: notAfter`),
    spki: spki.der,
    key: readPublicKey(spki, `${what}: public key`),
    extensions: readWrappedExtensions(extensions, what),
  };
}

/**
 * Where pkijs can read the certificate at all, it must read the same. It refuses names that hold strings
 * of a broken form, which a device owner may choose freely, so that it cannot is no finding.
 */
function checkAgainstLibrary(
  { der, tbs, issuer, subject, signature, extensions }: Omit<Certificate, 'key'>,
  what: string,
): void {
  let read: PkiCertificate;
  try {
    read = PkiCertificate.fromBER(der);
  } catch {
    return;
  }
  const same =
    sameBytes(read.tbsView, tbs) &&
    sameBytes(new Uint8Array(read.issuer.valueBeforeDecode), issuer.der) &&
    sameBytes(new Uint8Array(read.subject.valueBeforeDecode), subject.der) &&
    sameBytes(read.signatureValue.valueBlock.valueHexView, signature) &&
    (read.extensions?.length ?? 0) === extensions.size;
  if (!same) refuse(`${what}: pkijs reads other bytes than were sent`);
}
