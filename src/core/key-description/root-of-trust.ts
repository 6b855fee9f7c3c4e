/** RootOfTrust [704]: how the device booted, as its bootloader told the secure hardware. */
import {
  type DerReader,
  OCTET_STRING,
  readEnumerated,
  readLenientBoolean,
  SEQUENCE,
} from '../der/index.ts';
import { BOOT_STATES, type BootState } from './enums.ts';

export interface RootOfTrust {
  /** Usually SHA-256 of the boot key; older devices differ, unlocked ones have zeros or nothing. */
  readonly verifiedBootKey: Uint8Array;
  readonly deviceLocked: boolean;
  readonly verifiedBootState: BootState;
  /** The vbmeta digest; null in version 1 and 2 records. */
  readonly verifiedBootHash: Uint8Array | null;
  /** Whether deviceLocked is a true other than FF (THREATS B11). */
  readonly lockedIsLenient: boolean;
}

/**
 * ```asn1
 * RootOfTrust ::= SEQUENCE {
 *   verifiedBootKey OCTET STRING, deviceLocked BOOLEAN, verifiedBootState VerifiedBootState,
 *   verifiedBootHash OCTET STRING }  -- the last since version 3
 * ```
 */
export function readRootOfTrust(reader: DerReader): RootOfTrust {
  const outer = reader.enter(SEQUENCE);
  reader.read(OCTET_STRING);
  const verifiedBootKey = reader.bytes.subarray(reader.from, reader.to);
  const locked = readLenientBoolean(reader);
  const verifiedBootState = BOOT_STATES[readEnumerated(reader)] ?? reader.fail('K_BAD_ENUM');
  let verifiedBootHash: Uint8Array | null = null;
  if (!reader.atEnd) {
    reader.read(OCTET_STRING);
    verifiedBootHash = reader.bytes.subarray(reader.from, reader.to);
  }
  reader.leave(outer);
  return {
    verifiedBootKey,
    deviceLocked: locked !== 0x00,
    verifiedBootState,
    verifiedBootHash,
    lockedIsLenient: locked !== 0x00 && locked !== 0xff,
  };
}
