/**
 * Complete X.509 CRLs (RFC 5280 section 5) of an anchor, parsed and verified with pkijs. What would make
 * one speak of less than everything its anchor issued, or of another issuer's certificates, is refused
 * by name: delta, indirect and partial CRLs, and critical extensions that are not understood.
 */
import { type BitString, type Enumerated, fromBER, type Integer } from 'asn1js';
import {
  Certificate,
  CertificateRevocationList,
  type Extension,
  type IssuingDistributionPoint,
  type RevokedCertificate,
} from 'pkijs';
import { equalBytes, MAX_SERIAL_BYTES, toMinimalHex } from '../../core/base/index.ts';
import type { StatusEntry } from '../../core/revocation/index.ts';
import { SourceFault } from './fault.ts';

export interface Crl {
  readonly entries: readonly StatusEntry[];
  readonly number: bigint;
  /** Milliseconds since 1970. */
  readonly thisUpdate: number;
  readonly nextUpdate: number;
}

const CRL_NUMBER = '2.5.29.20';
const REASON_CODE = '2.5.29.21';
const DELTA_CRL_INDICATOR = '2.5.29.27';
const ISSUING_DISTRIBUTION_POINT = '2.5.29.28';
const CERTIFICATE_ISSUER = '2.5.29.29';
const KEY_USAGE = '2.5.29.15';
/** Extensions whose meaning is taken into account, critical or not. */
const KNOWN_EXTENSIONS: ReadonlySet<string> = new Set([
  CRL_NUMBER,
  ISSUING_DISTRIBUTION_POINT,
  '2.5.29.35', // authorityKeyIdentifier: the key is the anchor's in any case.
]);
const KNOWN_ENTRY_EXTENSIONS: ReadonlySet<string> = new Set([
  REASON_CODE,
  '2.5.29.24', // invalidityDate: a revoked key is refused whatever the date.
]);

/** ECDSA and RSA with SHA-256, SHA-384 and SHA-512. */
const SIGNATURE_ALGORITHMS: ReadonlySet<string> = new Set([
  '1.2.840.10045.4.3.2',
  '1.2.840.10045.4.3.3',
  '1.2.840.10045.4.3.4',
  '1.2.840.113549.1.1.11',
  '1.2.840.113549.1.1.12',
  '1.2.840.113549.1.1.13',
]);

/** CRLReason of RFC 5280 5.3.1; removeFromCRL belongs in delta CRLs only. */
const REASONS: Readonly<Record<number, string>> = {
  0: 'UNSPECIFIED',
  1: 'KEY_COMPROMISE',
  2: 'CA_COMPROMISE',
  3: 'AFFILIATION_CHANGED',
  4: 'SUPERSEDED',
  5: 'CESSATION_OF_OPERATION',
  6: 'CERTIFICATE_HOLD',
  9: 'PRIVILEGE_WITHDRAWN',
  10: 'AA_COMPROMISE',
};

/** Clocks of verifier and issuer may differ by this much. */
const CLOCK_SKEW_MS = 300_000;

/**
 * Parses a CRL and verifies that the anchor made it. `anchorCertificates`: DER of every certificate of
 * the anchor's key. Whether it has run out is for the caller to say. Throws `SourceFault`.
 */
export async function readCrl(
  bytes: Uint8Array,
  anchorCertificates: readonly Uint8Array[],
  now: number,
): Promise<Crl> {
  const crl = parse(toDer(bytes));
  checkForm(crl);
  checkScope(crl);
  await checkSignature(crl, anchorCertificates);
  const thisUpdate = crl.thisUpdate.value.getTime();
  const nextUpdate = crl.nextUpdate?.value.getTime();
  if (nextUpdate === undefined) throw new SourceFault('invalid', 'the CRL has no nextUpdate');
  if (nextUpdate <= thisUpdate) {
    throw new SourceFault('invalid', 'nextUpdate of the CRL is not after thisUpdate');
  }
  if (thisUpdate > now + CLOCK_SKEW_MS) {
    throw new SourceFault('invalid', `thisUpdate of the CRL, ${toText(thisUpdate)}, is to come`);
  }
  return { entries: readEntries(crl), number: readNumber(crl), thisUpdate, nextUpdate };
}

function toDer(bytes: Uint8Array): Uint8Array {
  if (bytes[0] === 0x30) return bytes;
  const text = Buffer.from(bytes).toString('latin1').trim();
  const match = /^-----BEGIN X509 CRL-----\s+([A-Za-z0-9+/=\s]+)-----END X509 CRL-----$/.exec(text);
  if (match === null) throw new SourceFault('invalid', 'it is no CRL, neither DER nor PEM');
  return new Uint8Array(Buffer.from(match[1] as string, 'base64'));
}

function parse(der: Uint8Array): CertificateRevocationList {
  const copy = Uint8Array.from(der);
  const { offset, result } = fromBER(copy.buffer);
  if (offset === -1) throw new SourceFault('invalid', `the CRL is not readable: ${result.error}`);
  if (offset !== copy.length) throw new SourceFault('invalid', 'bytes follow the end of the CRL');
  try {
    return new CertificateRevocationList({ schema: result });
  } catch (error) {
    throw new SourceFault('invalid', `the CRL is not readable: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function checkForm(crl: CertificateRevocationList): void {
  if (crl.version !== 1) throw new SourceFault('invalid', 'the CRL is not version 2');
  if (!crl.signature.isEqual(crl.signatureAlgorithm)) {
    throw new SourceFault(
      'invalid',
      'the signature algorithm of the CRL differs inside and outside',
    );
  }
  if (!SIGNATURE_ALGORITHMS.has(crl.signatureAlgorithm.algorithmId)) {
    const { algorithmId } = crl.signatureAlgorithm;
    throw new SourceFault('unsupported', `the signature algorithm ${algorithmId} is not allowed`);
  }
}

function checkScope(crl: CertificateRevocationList): void {
  const extensions = crl.crlExtensions?.extensions ?? [];
  const ids = extensions.map(({ extnID }) => extnID);
  if (new Set(ids).size < ids.length) throw new SourceFault('invalid', 'an extension stands twice');
  if (ids.includes(DELTA_CRL_INDICATOR)) {
    throw new SourceFault('unsupported', 'it is a delta CRL; give the complete one');
  }
  for (const extension of extensions) {
    if (extension.extnID === ISSUING_DISTRIBUTION_POINT) checkDistributionPoint(extension);
    refuseUnknownCritical(extension, KNOWN_EXTENSIONS, 'the CRL');
  }
}

function checkDistributionPoint(extension: Extension): void {
  const point = extension.parsedValue as IssuingDistributionPoint | undefined;
  if (point?.onlyContainsUserCerts === undefined) {
    throw new SourceFault('invalid', 'the issuing distribution point of the CRL is not readable');
  }
  if (point.indirectCRL) throw new SourceFault('unsupported', 'it is an indirect CRL');
  const isPartial =
    point.onlyContainsUserCerts ||
    point.onlyContainsCACerts ||
    point.onlyContainsAttributeCerts ||
    point.onlySomeReasons !== undefined;
  if (isPartial) throw new SourceFault('unsupported', 'it is a partial CRL; give the complete one');
}

function refuseUnknownCritical(
  { extnID, critical }: Extension,
  known: ReadonlySet<string>,
  where: string,
): void {
  if (!critical || known.has(extnID)) return;
  throw new SourceFault('unsupported', `${where} has the unknown critical extension ${extnID}`);
}

/** The anchor's name, its key, and its right to sign CRLs (RFC 5280 6.3.3 f). */
async function checkSignature(
  crl: CertificateRevocationList,
  anchorCertificates: readonly Uint8Array[],
): Promise<void> {
  const issuers = anchorCertificates.map((der) => Certificate.fromBER(Uint8Array.from(der)));
  const [issuer] = issuers;
  if (issuer === undefined) throw new SourceFault('signature', 'its anchor is not loaded');
  if (!equalBytes(nameOf(crl.issuer), nameOf(issuer.subject))) {
    throw new SourceFault('signature', 'the CRL names another issuer than its anchor');
  }
  if (!issuers.some(maySignCrls)) {
    throw new SourceFault(
      'signature',
      'the certificate of the anchor does not allow it to sign CRLs',
    );
  }
  const publicKeyInfo = issuer.subjectPublicKeyInfo;
  const isSigned = await crl
    .verify({ issuerCertificate: issuer, publicKeyInfo })
    .catch(() => false);
  if (!isSigned)
    throw new SourceFault('signature', 'the CRL is not signed by the key of its anchor');
}

function nameOf(name: { readonly valueBeforeDecode: ArrayBuffer }): Uint8Array {
  return new Uint8Array(name.valueBeforeDecode);
}

function maySignCrls(certificate: Certificate): boolean {
  const usage = certificate.extensions?.find(({ extnID }) => extnID === KEY_USAGE);
  if (usage === undefined) return true;
  const bits = (usage.parsedValue as BitString).valueBlock.valueHexView[0] ?? 0;
  return (bits & CRL_SIGN) !== 0;
}

/** Bit 6 of KeyUsage. */
const CRL_SIGN = 0x02;

function readNumber(crl: CertificateRevocationList): bigint {
  const extension = crl.crlExtensions?.extensions.find(({ extnID }) => extnID === CRL_NUMBER);
  const number = extension?.parsedValue as Integer | undefined;
  if (number?.valueBlock?.valueHexView === undefined) {
    throw new SourceFault('invalid', 'the CRL has no number');
  }
  const hex = Buffer.from(number.valueBlock.valueHexView).toString('hex');
  return BigInt.asIntN(number.valueBlock.valueHexView.length * 8, BigInt(`0x${hex || '0'}`));
}

function readEntries(crl: CertificateRevocationList): readonly StatusEntry[] {
  const seen = new Set<string>();
  return (crl.revokedCertificates ?? []).map((revoked) => {
    const entry = readEntry(revoked);
    if (seen.has(entry.serial)) {
      throw new SourceFault('invalid', `the serial ${entry.serial} stands twice`);
    }
    seen.add(entry.serial);
    return entry;
  });
}

function readEntry({ userCertificate, crlEntryExtensions }: RevokedCertificate): StatusEntry {
  const content = userCertificate.valueBlock.valueHexView;
  const serial = toMinimalHex(content);
  if (
    content.length === 0 ||
    (content[0] as number) >= 0x80 ||
    serial.length > 2 * MAX_SERIAL_BYTES
  ) {
    throw new SourceFault('invalid', 'an entry of the CRL has no positive serial of 20 octets');
  }
  let reason: string | null = null;
  for (const extension of crlEntryExtensions?.extensions ?? []) {
    if (extension.extnID === CERTIFICATE_ISSUER) {
      throw new SourceFault('unsupported', 'it is an indirect CRL: an entry names another issuer');
    }
    refuseUnknownCritical(extension, KNOWN_ENTRY_EXTENSIONS, `the entry of ${serial}`);
    if (extension.extnID === REASON_CODE) reason = readReason(extension, serial);
  }
  return { serial, status: reason === 'CERTIFICATE_HOLD' ? 'suspended' : 'revoked', reason };
}

function readReason(extension: Extension, serial: string): string {
  const code = (extension.parsedValue as Enumerated | undefined)?.valueBlock?.valueDec;
  const reason = code === undefined ? undefined : REASONS[code];
  if (reason === undefined) {
    throw new SourceFault('invalid', `the entry of ${serial} has no reason of a complete CRL`);
  }
  return reason;
}

function toText(time: number): string {
  return new Date(time).toISOString();
}
