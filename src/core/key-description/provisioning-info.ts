/**
 * ProvisioningInfo, extension 1.3.6.1.4.1.11129.2.1.30 of a remotely provisioned attestation
 * certificate: a CBOR map of hints, unversioned and growing. Nothing is decided by it, and one that
 * cannot be read is left out with a remark (THREATS B37).
 */
import { decode } from 'cbor2';
import {
  finding,
  MAX_PROVISIONING_INFO_BYTES,
  type Result,
  refusal,
  success,
} from '../base/index.ts';
import { type Certificate, extensionOf } from '../x509/index.ts';
import { type DescriptionMemory, NO_DESCRIPTIONS } from './memory.ts';

export interface ProvisioningInfo {
  /** Key 1: about how many certificates the device was issued in the last 30 days. */
  readonly certificatesIssued: number | null;
  /** Key 3, observed: name of the maker. */
  readonly manufacturer: string | null;
  /** Key 4: what the chip maker vouches for, such as `STRONG_BOX`. */
  readonly validatedAttestedEntity: string | null;
  /** Key 6: whether the device is reported lost. */
  readonly isLostDevice: boolean | null;
  /** Keys that are none of these. */
  readonly unknownKeys: readonly number[];
}

/** Reads the info of certificate `cert`; null if it carries none. */
export function parseProvisioningInfo(
  certificate: Certificate,
  cert: number,
  memory: DescriptionMemory = NO_DESCRIPTIONS,
): Result<ProvisioningInfo | null> {
  const range = extensionOf(certificate, 'provisioningInfo');
  if (range === undefined) return success(null);
  const bytes = certificate.bytes.subarray(range.start, range.end);
  const known = memory.provisioningInfos.recall(bytes);
  if (known !== undefined) return success(known);
  const map = bytes.length <= MAX_PROVISIONING_INFO_BYTES ? decodeMap(bytes) : undefined;
  if (map === undefined) {
    const place = { cert, offset: range.start, field: 'provisioningInfo' };
    return refusal(finding('PROVISIONING_INFO_MALFORMED', place));
  }
  const info: ProvisioningInfo = Object.freeze({
    certificatesIssued: numberOrNull(map.get(1)),
    manufacturer: textOrNull(map.get(3)),
    validatedAttestedEntity: textOrNull(map.get(4)),
    isLostDevice: booleanOrNull(map.get(6)),
    unknownKeys: Object.freeze(
      [...map.keys()].filter((key) => typeof key === 'number' && !KNOWN_KEYS.has(key)),
    ),
  });
  memory.provisioningInfos.keep(bytes, info);
  return success(info);
}

const KNOWN_KEYS: ReadonlySet<number> = new Set([1, 3, 4, 6]);

/** Decodes a definite-length map with distinct keys, or gives nothing. */
function decodeMap(bytes: Uint8Array): ReadonlyMap<number, unknown> | undefined {
  try {
    const value: unknown = decode(bytes, {
      preferMap: true,
      rejectDuplicateKeys: true,
      rejectStreaming: true,
      maxDepth: 4,
    });
    return value instanceof Map ? value : undefined;
  } catch {
    // Any error of the library says the same: these bytes are not a map we can rely on.
    return undefined;
  }
}

function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function booleanOrNull(value: unknown): boolean | null {
  return typeof value === 'boolean' ? value : null;
}
