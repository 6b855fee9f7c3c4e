/** RootOfTrust, which says how the device booted (AOSP keystore attestation schema; B11, B18, B20). */
import type { ReportRootOfTrust } from '../core/report/index.ts';
import { toHex } from './bytes.ts';
import { type Element, readChildren } from './elements.ts';
import { BOOT_STATES } from './fields.ts';
import { readClosedEnum } from './members.ts';
import { refuse } from './refusal.ts';
import { readBoolean, readOctetString } from './values.ts';

/**
 *     RootOfTrust ::= SEQUENCE {
 *         verifiedBootKey OCTET STRING, deviceLocked BOOLEAN,
 *         verifiedBootState ENUMERATED, verifiedBootHash OCTET STRING OPTIONAL }
 *
 * Deviation: deviceLocked may be any true, as a generation of genuine devices writes it.
 */
export function readRootOfTrust(element: Element, what: string): ReportRootOfTrust {
  const [key, locked, state, hash, ...others] = readChildren(element, 'sequence', what);
  if (key === undefined || locked === undefined || state === undefined || others.length > 0) {
    return refuse(`${what}: other than three or four fields`);
  }
  return {
    verifiedBootKey: toHex(readOctetString(key, what)),
    deviceLocked: readBoolean(locked, 'lenient', what),
    verifiedBootState: readClosedEnum(BOOT_STATES, state, what),
    verifiedBootHash: hash === undefined ? null : toHex(readOctetString(hash, what)),
  };
}
