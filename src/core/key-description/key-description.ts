/**
 * KeyDescription, extension 1.3.6.1.4.1.11129.2.1.17, of every schema version 1 to 500 and, leniently,
 * of later ones. What it says is worth what its certificate is worth: `parseKeyDescription` takes a
 * certificate of a verified path, `parseUnverifiedKeyDescription` is for looking only.
 */
import type { SecurityLevel } from '../anchors/index.ts';
import {
  type Effort,
  type Finding,
  finding,
  type Result,
  refusal,
  success,
} from '../base/index.ts';
import {
  attempt,
  DerFault,
  DerReader,
  OCTET_STRING,
  readEnumerated,
  readSmallInteger,
  SEQUENCE,
} from '../der/index.ts';
import type { VerifiedPath } from '../path/index.ts';
import { type Certificate, extensionOf } from '../x509/index.ts';
import {
  type AuthorizationList,
  readAuthorizationList,
  readHardwareList,
} from './authorization-list.ts';
import { SECURITY_LEVELS } from './enums.ts';
import { type DescriptionMemory, NO_DESCRIPTIONS } from './memory.ts';
import { remarkOn } from './remarks.ts';

export interface KeyDescription {
  readonly attestationVersion: number;
  /** Where the attestation was signed. */
  readonly attestationSecurityLevel: SecurityLevel;
  readonly keyMintVersion: number;
  /** Where the key lives. */
  readonly keyMintSecurityLevel: SecurityLevel;
  readonly attestationChallenge: Uint8Array;
  readonly uniqueId: Uint8Array;
  /** Written by the operating system: as good as the boot state. */
  readonly softwareEnforced: AuthorizationList;
  /** Written by the secure hardware. */
  readonly hardwareEnforced: AuthorizationList;
  /** How the device wrote it, where that is unusual. */
  readonly remarks: readonly Finding[];
}

/** Reads the description of certificate `cert` of a verified path, which must carry one. */
export function parseKeyDescription(
  path: VerifiedPath,
  cert: number,
  effort: Effort,
  memory: DescriptionMemory,
): Result<KeyDescription> {
  return parse(path.certificates[cert] as Certificate, cert, effort, memory);
}

/** Reads what a certificate claims, whoever wrote it. */
export function parseUnverifiedKeyDescription(
  certificate: Certificate,
  cert: number,
  effort: Effort,
): Result<KeyDescription> {
  return parse(certificate, cert, effort, NO_DESCRIPTIONS);
}

function parse(
  certificate: Certificate,
  cert: number,
  effort: Effort,
  memory: DescriptionMemory,
): Result<KeyDescription> {
  const range = extensionOf(certificate, 'keyDescription');
  if (range === undefined) {
    return refusal(finding('TARGET_MISSING_ATTESTATION_EXTENSION', { cert }));
  }
  const reader = new DerReader(certificate.bytes, effort, range.start, range.end);
  const read = attempt(() => readKeyDescription(reader, effort, memory));
  if (!(read instanceof DerFault)) return success({ ...read, remarks: remarkOn(read, cert) });
  // A value of another type is a fault of the structure, whichever value it is.
  const code = read.code === 'DER_UNEXPECTED_TAG' ? 'K_BAD_STRUCTURE' : read.code;
  return refusal(finding(code, { cert, offset: read.offset, field: read.field }));
}

/**
 * ```asn1
 * KeyDescription ::= SEQUENCE {
 *   attestationVersion INTEGER, attestationSecurityLevel SecurityLevel,
 *   keyMintVersion INTEGER, keyMintSecurityLevel SecurityLevel,
 *   attestationChallenge OCTET STRING, uniqueId OCTET STRING,
 *   softwareEnforced AuthorizationList, hardwareEnforced AuthorizationList }
 * ```
 */
function readKeyDescription(
  reader: DerReader,
  effort: Effort,
  memory: DescriptionMemory,
): Omit<KeyDescription, 'remarks'> {
  reader.field = 'keyDescription';
  const outer = reader.enter(SEQUENCE);
  expectElement(reader, 'attestationVersion');
  const attestationVersion = readSmallInteger(reader, MAX_VERSION);
  expectElement(reader, 'attestationSecurityLevel');
  const attestationSecurityLevel = readSecurityLevel(reader);
  expectElement(reader, 'keyMintVersion');
  const keyMintVersion = readSmallInteger(reader, MAX_VERSION);
  expectElement(reader, 'keyMintSecurityLevel');
  const keyMintSecurityLevel = readSecurityLevel(reader);
  expectElement(reader, 'attestationChallenge');
  const attestationChallenge = readOctets(reader);
  expectElement(reader, 'uniqueId');
  const uniqueId = readOctets(reader);
  expectElement(reader, 'softwareEnforced');
  const softwareEnforced = readAuthorizationList(reader, 'softwareEnforced', effort, memory);
  expectElement(reader, 'hardwareEnforced');
  const hardwareEnforced = readHardwareList(reader, effort, memory);
  reader.field = 'keyDescription';
  if (!reader.atEnd) reader.fail('K_BAD_STRUCTURE', reader.position);
  reader.leave(outer);
  reader.expectEnd();
  return {
    attestationVersion,
    attestationSecurityLevel,
    keyMintVersion,
    keyMintSecurityLevel,
    attestationChallenge,
    uniqueId,
    softwareEnforced,
    hardwareEnforced,
  };
}

const MAX_VERSION = 0x7fff_ffff;

function expectElement(reader: DerReader, field: string): void {
  reader.field = field;
  if (reader.atEnd) reader.fail('K_BAD_STRUCTURE', reader.position);
}

function readSecurityLevel(reader: DerReader): SecurityLevel {
  return SECURITY_LEVELS[readEnumerated(reader)] ?? reader.fail('K_BAD_ENUM');
}

function readOctets(reader: DerReader): Uint8Array {
  reader.read(OCTET_STRING);
  return reader.bytes.subarray(reader.from, reader.to);
}
