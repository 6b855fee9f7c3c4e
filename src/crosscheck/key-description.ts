/**
 * KeyDescription, of one certificate (AOSP keystore attestation schema; B03, B18 to B20). The result has the
 * shape that reports show, with nothing redacted. Nothing is said of who signed it.
 */

import { type AuthorizationList, readAuthorizationList } from './authorization-list.ts';
import { toHex } from './bytes.ts';
import type { Certificate } from './certificate.ts';
import { type Element, readChildren, readElement } from './elements.ts';
import { EXTENSION } from './extensions.ts';
import { SECURITY_LEVELS } from './fields.ts';
import { readClosedEnum, readUnsigned } from './members.ts';
import { refuse } from './refusal.ts';
import { readOctetString } from './values.ts';

export interface KeyDescription {
  readonly attestationVersion: number;
  readonly attestationSecurityLevel: string;
  readonly keyMintVersion: number;
  readonly keyMintSecurityLevel: string;
  readonly attestationChallenge: string;
  readonly uniqueId: string;
  readonly softwareEnforced: AuthorizationList;
  readonly hardwareEnforced: AuthorizationList;
}

/** Versions are small; a larger number is no version. */
const MAX_VERSION = 2n ** 31n - 1n;

/**
 *     KeyDescription ::= SEQUENCE {
 *         attestationVersion INTEGER, attestationSecurityLevel ENUMERATED,
 *         keyMintVersion INTEGER, keyMintSecurityLevel ENUMERATED,
 *         attestationChallenge OCTET STRING, uniqueId OCTET STRING,
 *         softwareEnforced AuthorizationList, hardwareEnforced AuthorizationList }
 */
export function readKeyDescription({ index, extensions }: Certificate): KeyDescription {
  const what = `key description of certificate ${index}`;
  const extension = extensions.get(EXTENSION.keyDescription) ?? refuse(`${what}: there is none`);
  const parts = readChildren(readElement(extension.value, what), 'sequence', what);
  const [version, level, keyMint, keyMintLevel, challenge, uniqueId, software, hardware] = parts;
  if (
    version === undefined ||
    level === undefined ||
    keyMint === undefined ||
    keyMintLevel === undefined ||
    challenge === undefined ||
    uniqueId === undefined ||
    software === undefined ||
    hardware === undefined ||
    parts.length > 8
  ) {
    return refuse(`${what}: other than eight elements`);
  }
  return {
    attestationVersion: readVersion(version, what),
    attestationSecurityLevel: readClosedEnum(SECURITY_LEVELS, level, what),
    keyMintVersion: readVersion(keyMint, what),
    keyMintSecurityLevel: readClosedEnum(SECURITY_LEVELS, keyMintLevel, what),
    attestationChallenge: toHex(readOctetString(challenge, what)),
    uniqueId: toHex(readOctetString(uniqueId, what)),
    softwareEnforced: readAuthorizationList(software, `${what}: softwareEnforced`),
    hardwareEnforced: readAuthorizationList(hardware, `${what}: hardwareEnforced`),
  };
}

function readVersion(element: Element, what: string): number {
  const version = readUnsigned(element, what);
  if (version > MAX_VERSION) refuse(`${what}: a version that does not exist`);
  return Number(version);
}
