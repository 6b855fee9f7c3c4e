/** AttestationApplicationId, which the operating system writes (AOSP keystore attestation schema; B23, B38). */
import type { ReportApplicationId } from '../core/report/index.ts';
import { toHex } from './bytes.ts';
import { type Element, readChildren, readElement } from './elements.ts';
import { MAX_PACKAGES, MAX_SIGNER_DIGESTS } from './limits.ts';
import { decodeText, readMembers, readSigned, toJsonNumber } from './members.ts';
import { refuse } from './refusal.ts';
import { readOctetString } from './values.ts';

/** SHA-256. */
const DIGEST_BYTES = 32;

/**
 *     OCTET STRING containing
 *     SEQUENCE { packageInfos SET OF SEQUENCE { packageName OCTET STRING, version INTEGER },
 *                signatureDigests SET OF OCTET STRING }
 */
export function readApplicationId(element: Element, what: string): ReportApplicationId {
  const inner = readElement(readOctetString(element, what), what);
  const [infos, digests, ...others] = readChildren(inner, 'sequence', what);
  if (infos === undefined || digests === undefined || others.length > 0) {
    return refuse(`${what}: other than two sets`);
  }
  return {
    packages: readMembers(infos, MAX_PACKAGES, (each) => readPackage(each, what), what),
    signatureDigests: readMembers(
      digests,
      MAX_SIGNER_DIGESTS,
      (each) => readDigest(each, what),
      what,
    ),
  };
}

function readPackage(
  element: Element,
  what: string,
): { readonly name: string; readonly version: number | string } {
  const [name, version, ...others] = readChildren(element, 'sequence', what);
  if (name === undefined || version === undefined || others.length > 0) {
    return refuse(`${what}: a package of other than name and version`);
  }
  return {
    name: decodeText(readOctetString(name, what), what),
    version: toJsonNumber(readSigned(version, what)),
  };
}

function readDigest(element: Element, what: string): string {
  const digest = readOctetString(element, what);
  if (digest.length !== DIGEST_BYTES) refuse(`${what}: a signer digest that is no SHA-256`);
  return toHex(digest);
}
