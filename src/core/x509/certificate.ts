/**
 * One X.509 v3 certificate (RFC 5280 4.1) as offsets into the bytes received. Nothing is copied,
 * re-encoded or trusted: a `Certificate` is what the bytes say, whoever wrote them.
 *
 * Accepted as genuine devices write them and left to the caller to judge: serials of leaves, non-FF
 * critical flags, unknown critical extensions, algorithm parameters that are absent or NULL.
 */
import {
  type Effort,
  equalRanges,
  finding,
  type Result,
  refusal,
  success,
  toHex,
  toMinimalHex,
} from '../base/index.ts';
import {
  attempt,
  DerFault,
  DerReader,
  explicitTag,
  readInteger,
  readOctetAlignedBitString,
  readSmallInteger,
  readTime,
  SEQUENCE,
} from '../der/index.ts';
import {
  type AlgorithmParameters,
  readSignatureAlgorithm,
  type SignatureAlgorithm,
} from './algorithms.ts';
import { type ExtensionName, type Extensions, readExtensions } from './extensions.ts';
import { type Name, readName } from './name.ts';
import { type PublicKey, readPublicKey } from './public-key.ts';

/** `bytes[start, end)` of a certificate. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export interface Certificate {
  /** The certificate as received. */
  readonly bytes: Uint8Array;
  readonly tbs: Range;
  /** Content of the serial number: big-endian, signed, at least one octet. */
  readonly serial: Range;
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly signatureParameters: AlgorithmParameters;
  readonly issuer: Name;
  readonly subject: Name;
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** SubjectPublicKeyInfo. */
  readonly spki: Range;
  readonly publicKey: PublicKey;
  readonly extensions: Extensions;
  readonly signature: Range;
  /** Null for a certificate of one request; what was made of one that is kept, when first asked for. */
  readonly kept: { facts: CertificateFacts | null } | null;
}

/** What a certificate says of itself, in words for people. Nobody has vouched for it. */
export interface CertificateFacts {
  /** RFC 4514 text of the subject. */
  readonly subject: string;
  /** Minimal lower-case hex. */
  readonly serial: string;
  /** RFC 3339. */
  readonly notBefore: string;
  readonly notAfter: string;
  readonly signatureAlgorithm: string;
  /** Kind and curve, size or parameter set. */
  readonly publicKey: string;
  /** Lower-case hex of the SHA-256 of the whole certificate. */
  readonly sha256: string;
}

/** A certificate over a copy of its bytes, to be kept when the request it came in is gone. */
export function keepCertificate(certificate: Certificate): Certificate {
  const bytes = certificate.bytes.slice();
  const issuer = certificate.issuer.over(bytes);
  const subject = certificate.subject.over(bytes);
  return { ...certificate, bytes, issuer, subject, kept: { facts: null } };
}

/** Parses one certificate, which must be the whole of `bytes`. `cert` is its place in the chain. */
export function parseCertificate(
  bytes: Uint8Array,
  cert: number,
  effort: Effort,
): Result<Certificate> {
  const reader = new DerReader(bytes, effort);
  const read = attempt(() => readCertificate(reader, effort));
  return read instanceof DerFault
    ? refusal(finding(read.code, { cert, offset: read.offset, field: read.field }))
    : success(read);
}

/** The bytes of `range`. */
export function sliceOf(certificate: Certificate, range: Range): Uint8Array {
  return certificate.bytes.subarray(range.start, range.end);
}

/** Content of an extension, or undefined if the certificate has none of that name. */
export function extensionOf(certificate: Certificate, name: ExtensionName): Range | undefined {
  return certificate.extensions.values[name];
}

/** Serial number as status lists spell it; a negative one in plain hex of its content. */
export function serialHexOf({ bytes, serial }: Pick<Certificate, 'bytes' | 'serial'>): string {
  const isNegative = (bytes[serial.start] as number) >= 0x80;
  return isNegative
    ? toHex(bytes, serial.start, serial.end)
    : toMinimalHex(bytes, serial.start, serial.end);
}

/** Whether issuer and subject are the same bytes. */
export function isSelfIssued({ bytes, issuer, subject }: Certificate): boolean {
  return equalRanges(bytes, issuer.start, issuer.end, bytes, subject.start, subject.end);
}

/**
 * `Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue BIT STRING }`
 */
function readCertificate(reader: DerReader, effort: Effort): Certificate {
  reader.field = 'certificate';
  const outer = reader.enter(SEQUENCE);
  const tbs = readTbsCertificate(reader, effort);

  reader.field = 'signatureAlgorithm';
  const { algorithm, parameters, start, end } = readSignatureAlgorithm(reader);
  const inner = tbs.innerAlgorithm;
  // RFC 5280 4.1.1.2: the two MUST be the same, parameters included.
  if (!equalRanges(reader.bytes, start, end, reader.bytes, inner.start, inner.end)) {
    reader.fail('X_ALG_MISMATCH', start);
  }
  reader.field = 'signatureValue';
  readOctetAlignedBitString(reader);
  const signature = { start: reader.from + 1, end: reader.to };
  reader.field = 'certificate';
  reader.leave(outer);
  reader.expectEnd();
  // Member by member: to spread an object costs as much as to read what stands in it.
  return {
    bytes: reader.bytes,
    tbs: tbs.tbs,
    serial: tbs.serial,
    issuer: tbs.issuer,
    subject: tbs.subject,
    notBefore: tbs.notBefore,
    notAfter: tbs.notAfter,
    spki: tbs.spki,
    publicKey: tbs.publicKey,
    extensions: tbs.extensions,
    signatureAlgorithm: algorithm,
    signatureParameters: parameters,
    signature,
    kept: null,
  };
}

/**
 * ```asn1
 * TBSCertificate ::= SEQUENCE {
 *   version [0] EXPLICIT INTEGER, serialNumber INTEGER, signature AlgorithmIdentifier,
 *   issuer Name, validity SEQUENCE { notBefore Time, notAfter Time }, subject Name,
 *   subjectPublicKeyInfo SubjectPublicKeyInfo, extensions [3] EXPLICIT Extensions OPTIONAL }
 * ```
 * issuerUniqueID and subjectUniqueID are refused as unexpected: no device writes them.
 */
function readTbsCertificate(reader: DerReader, effort: Effort) {
  reader.field = 'tbsCertificate';
  const outer = reader.enter(SEQUENCE);
  const tbsStart = reader.start;
  const tbsEnd = reader.end;

  reader.field = 'version';
  if (!reader.nextIs(explicitTag(0))) reader.fail('X_NOT_V3', reader.position);
  const version = reader.enter(explicitTag(0));
  if (readSmallInteger(reader, 0xff) !== VERSION_3) reader.fail('X_NOT_V3');
  reader.leave(version);

  reader.field = 'serialNumber';
  readInteger(reader);
  const serial = { start: reader.from, end: reader.to };

  reader.field = 'signature';
  const { start, end } = readSignatureAlgorithm(reader);

  reader.field = 'issuer';
  const issuer = readName(reader);

  reader.field = 'validity';
  const validity = reader.enter(SEQUENCE);
  const notBefore = readTime(reader);
  const notAfter = readTime(reader);
  reader.leave(validity);

  reader.field = 'subject';
  const subject = readName(reader);

  reader.field = 'subjectPublicKeyInfo';
  const spkiStart = reader.position;
  const publicKey = readPublicKey(reader, effort);
  const spki = { start: spkiStart, end: reader.position };

  reader.field = 'extensions';
  let extensions = NO_EXTENSIONS;
  if (!reader.atEnd) {
    const wrapper = reader.enter(explicitTag(3));
    extensions = readExtensions(reader);
    reader.leave(wrapper);
  }
  reader.field = 'tbsCertificate';
  reader.leave(outer);
  return {
    tbs: { start: tbsStart, end: tbsEnd },
    serial,
    innerAlgorithm: { start, end },
    issuer,
    subject,
    notBefore,
    notAfter,
    spki,
    publicKey,
    extensions,
  };
}

const VERSION_3 = 2;

const NO_EXTENSIONS: Extensions = { values: {}, unknownCriticalAt: -1, lenientCriticalAt: -1 };
