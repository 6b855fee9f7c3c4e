/**
 * AttestationApplicationId [709]: the apps that own the key, as the operating system says. It is only
 * as good as the boot state, and keystore silently drops what exceeds 1 KiB, so a missing package or
 * digest proves nothing (AOSP keystore_attestation_id.cpp).
 */
import {
  type Effort,
  equalBytes,
  MAX_PACKAGES,
  MAX_SIGNER_DIGESTS,
  SIGNER_DIGEST_BYTES,
} from '../base/index.ts';
import { DerReader, OCTET_STRING, readInteger, SEQUENCE, SET, toInteger } from '../der/index.ts';
import { type DescriptionMemory, MAX_KEPT_BYTES, NO_DESCRIPTIONS } from './memory.ts';
import { readUtf8 } from './text.ts';

export interface ApplicationPackage {
  readonly name: string;
  /** longVersionCode: up to 64 bits. */
  readonly version: number | bigint;
}

export interface ApplicationId {
  readonly packages: readonly ApplicationPackage[];
  /** SHA-256 of each signing certificate. */
  readonly signatureDigests: readonly Uint8Array[];
  /** One object for every record that names the same app. */
  readonly shared?: true;
}

/**
 * An OCTET STRING that holds the DER of
 * ```asn1
 * AttestationApplicationId ::= SEQUENCE {
 *   packageInfos SET OF AttestationPackageInfo, signatureDigests SET OF OCTET STRING }
 * AttestationPackageInfo ::= SEQUENCE { packageName OCTET STRING, version INTEGER }
 * ```
 */
export function readApplicationId(
  reader: DerReader,
  effort: Effort,
  memory: DescriptionMemory,
): ApplicationId {
  reader.read(OCTET_STRING);
  const der = reader.bytes.subarray(reader.from, reader.to);
  const known = memory.applicationIds.recall(der);
  if (known !== undefined) return known;
  const id = parseApplicationId(reader, effort);
  if (memory === NO_DESCRIPTIONS || der.length > MAX_KEPT_BYTES) return id;
  const own: ApplicationId = Object.freeze({
    packages: id.packages,
    signatureDigests: id.signatureDigests.map((digest) => digest.slice()),
    shared: true,
  });
  memory.applicationIds.keep(der, own);
  return own;
}

function parseApplicationId(reader: DerReader, effort: Effort): ApplicationId {
  const inner = new DerReader(reader.bytes, effort, reader.from, reader.to);
  inner.field = reader.field;
  const outer = inner.enter(SEQUENCE);
  const packages = readPackages(inner);
  const signatureDigests = readDigests(inner);
  inner.leave(outer);
  inner.expectEnd();
  return { packages, signatureDigests };
}

/** longVersionCode is a signed 64-bit integer. */
const MAX_VERSION_BYTES = 8;

function readPackages(reader: DerReader): readonly ApplicationPackage[] {
  const packages: ApplicationPackage[] = [];
  const outer = reader.enter(SET);
  while (!reader.atEnd) {
    if (packages.length === MAX_PACKAGES) reader.fail('K_TOO_MANY_VALUES', reader.position);
    const info = reader.enter(SEQUENCE);
    const name = readUtf8(reader);
    readInteger(reader);
    if (reader.to - reader.from > MAX_VERSION_BYTES) reader.fail('DER_BAD_INTEGER');
    const version = toInteger(reader);
    reader.leave(info);
    if (packages.some((other) => other.name === name && other.version === version)) {
      reader.fail('K_DUPLICATE_SET_MEMBER');
    }
    packages.push({ name, version });
  }
  reader.leave(outer);
  return packages;
}

function readDigests(reader: DerReader): readonly Uint8Array[] {
  const digests: Uint8Array[] = [];
  const outer = reader.enter(SET);
  while (!reader.atEnd) {
    if (digests.length === MAX_SIGNER_DIGESTS) reader.fail('K_TOO_MANY_VALUES', reader.position);
    reader.read(OCTET_STRING);
    if (reader.to - reader.from !== SIGNER_DIGEST_BYTES) reader.fail('APP_ID_MALFORMED');
    const digest = reader.bytes.subarray(reader.from, reader.to);
    if (digests.some((other) => equalBytes(other, digest))) reader.fail('K_DUPLICATE_SET_MEMBER');
    digests.push(digest);
  }
  reader.leave(outer);
  return digests;
}
