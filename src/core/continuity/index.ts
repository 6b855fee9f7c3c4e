/**
 * Continuity of an enrolment: what a device was when it enrolled, from a record the caller kept, against
 * what it is now. No database: the record says it all, and whoever holds the keys has verified it.
 */
import { sha256Hex } from '../anchors/index.ts';
import { FINDING_CODES, type Finding, finding, type JudgedFinding, toHex } from '../base/index.ts';
import { type KeyDescription, SECURITY_LEVELS } from '../key-description/index.ts';
import type { VerifiedPath } from '../path/index.ts';
import { derivePosture, PATCH_FIELDS, type PatchField } from '../posture/index.ts';
import type { ReleaseRegistry } from '../reference/index.ts';
import { sliceOf } from '../x509/index.ts';

/** What is remembered of a device: its key and what it runs, nothing that names it. */
export interface EnrolledDevice {
  /** SHA-256 of the SubjectPublicKeyInfo, lower-case hex. */
  readonly key: string;
  /** The lower of the two levels of the record. */
  readonly securityLevel: string;
  /** Lower-case hex; null without a root of trust. */
  readonly bootKey: string | null;
  /** As YYYYMMDD, day 00 where it is not known; null: absent or not readable. */
  readonly patchFloor: Readonly<Record<PatchField, number | null>>;
  /** SHA-256 of the application's signing certificates, lower-case hex, sorted. */
  readonly signers: readonly string[];
}

/** A record that came with a request: what it says once verified, or why it counts for nothing. */
export type EnrolmentClaim =
  | {
      readonly kind: 'verified';
      readonly device: EnrolledDevice;
      /** Whether the handle of the request is the record's. */
      readonly handleFits: boolean;
    }
  | { readonly kind: 'refused'; readonly reason: string };

/** What a proven device would enrol as. */
export function toEnrolledDevice(
  { leaf }: VerifiedPath,
  description: KeyDescription,
): EnrolledDevice {
  const { securityLevel, boot, patchLevels } = derivePosture(description, null);
  const application = description.softwareEnforced.fields.attestationApplicationId;
  const floorOf = (field: PatchField): number | null => {
    const level = patchLevels[field];
    if (level.state !== 'date') return null;
    return level.year * 10_000 + level.month * 100 + (level.day ?? 0);
  };
  return {
    key: sha256Hex(sliceOf(leaf, leaf.spki)),
    securityLevel,
    bootKey: boot?.key ?? null,
    patchFloor: {
      osPatchLevel: floorOf('osPatchLevel'),
      vendorPatchLevel: floorOf('vendorPatchLevel'),
      bootPatchLevel: floorOf('bootPatchLevel'),
    },
    signers: (application?.signatureDigests ?? []).map((digest) => toHex(digest)).sort(),
  };
}

const LEVELS: readonly string[] = SECURITY_LEVELS;

/** What a record says against the device that comes back with it. */
export function checkContinuity(
  claim: EnrolmentClaim,
  now: EnrolledDevice,
  registry: ReleaseRegistry | null,
): readonly JudgedFinding[] {
  if (claim.kind === 'refused') {
    return judged([
      finding('ENROLMENT_RECORD_INVALID', { field: 'enrolmentRecord' }, { got: claim.reason }),
    ]);
  }
  const { device: then, handleFits } = claim;
  const rank = (level: string): number => LEVELS.indexOf(level);
  return judged([
    ...(handleFits ? [] : [finding('ENROLMENT_HANDLE_MISMATCH', { field: 'context.handle' })]),
    ...differs('ENROLMENT_KEY_CHANGED', 'key.spkiSha256', then.key, now.key),
    ...(rank(now.securityLevel) < rank(then.securityLevel)
      ? differs('ENROLMENT_LEVEL_LOWER', 'securityLevel', then.securityLevel, now.securityLevel)
      : []),
    ...(isOneFamily(then.bootKey, now.bootKey, registry)
      ? []
      : differs('ENROLMENT_BOOT_KEY_CHANGED', 'verifiedBootKey', then.bootKey, now.bootKey)),
    ...PATCH_FIELDS.filter((field) => (now.patchFloor[field] ?? 0) < (then.patchFloor[field] ?? 0))
      .map((field) => [field, then.patchFloor[field], now.patchFloor[field]] as const)
      .flatMap(([field, floor, level]) => differs('ENROLMENT_PATCH_ROLLBACK', field, floor, level)),
    ...differs(
      'ENROLMENT_SIGNERS_CHANGED',
      'attestationApplicationId.signatureDigests',
      then.signers.join(),
      now.signers.join(),
    ),
  ]);
}

/** The same boot key, or two keys of one known release. */
function isOneFamily(
  then: string | null,
  now: string | null,
  registry: ReleaseRegistry | null,
): boolean {
  if (then === now || then === null) return true;
  const releases = registry?.releases ?? [];
  return releases.some(
    ({ verifiedBootKeys: keys }) => keys.includes(then) && keys.includes(now ?? ''),
  );
}

type Value = string | number | null;

function differs(code: Finding['code'], field: string, expected: Value, got: Value): Finding[] {
  return expected === got ? [] : [finding(code, { field }, { expected, got })];
}

function judged(findings: readonly Finding[]): readonly JudgedFinding[] {
  return findings.map((each) => ({ finding: each, severity: FINDING_CODES[each.code].severity }));
}
