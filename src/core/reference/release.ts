/**
 * Reference values: the operating system builds a verifier can recognise (RFC 9334 section 8.3). A
 * build is recognised by its boot key and vbmeta digest together, whichever boot state it reports.
 */
import type { Environment } from '../anchors/index.ts';

/** Where a release stands in its life. */
export type ReleaseStage =
  | 'draft'
  | 'validation'
  | 'limited'
  | 'stable'
  | 'security'
  | 'superseded'
  | 'withdrawn';

export interface Release {
  readonly name: string;
  readonly channel: string;
  readonly environment: Environment;
  readonly stage: ReleaseStage;
  /** `attestationIdModel` of the devices it is built for. */
  readonly models: readonly string[];
  /** Lower-case hex, as `verifiedBootKey` reports them. */
  readonly verifiedBootKeys: readonly string[];
  /** Lower-case hex, as `verifiedBootHash` reports them. */
  readonly vbmetaDigests: readonly string[];
  /** As the device reports them: MMmmss, YYYYMM, YYYYMMDD, YYYYMMDD. */
  readonly osVersion: number;
  readonly osPatchLevel: number;
  readonly vendorPatchLevel: number;
  readonly bootPatchLevel: number;
}

export interface ReleaseRegistry {
  readonly id: string;
  readonly releases: readonly Release[];
}

/** The release with this boot key and vbmeta digest (lower-case hex), or null. */
export function lookUpRelease(
  registry: ReleaseRegistry,
  verifiedBootKey: string,
  vbmetaDigest: string,
): Release | null {
  return (
    registry.releases.find(
      (release) =>
        release.verifiedBootKeys.includes(verifiedBootKey) &&
        release.vbmetaDigests.includes(vbmetaDigest),
    ) ?? null
  );
}
