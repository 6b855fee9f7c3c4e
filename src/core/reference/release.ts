/**
 * Reference values: the operating systems a verifier can recognise (RFC 9334 section 8.3). A release is
 * one build, recognised by its boot key and vbmeta digest together, whichever boot state the device
 * reports. A known system is one of another maker, recognised by its boot key alone: enough to name
 * it, never enough to be an Enigm OS release.
 */
import type { BootState } from '../key-description/index.ts';

/** Where a release stands in its life, in order. */
export const RELEASE_STAGES = [
  'draft',
  'validation',
  'limited',
  'stable',
  'security',
  'superseded',
  'withdrawn',
] as const;
export type ReleaseStage = (typeof RELEASE_STAGES)[number];

/** Which signing keys a release was made with. */
export const RELEASE_ENVIRONMENTS = ['production', 'development'] as const;
export type ReleaseEnvironment = (typeof RELEASE_ENVIRONMENTS)[number];

export interface Release {
  readonly name: string;
  readonly channel: string;
  readonly environment: ReleaseEnvironment;
  readonly stage: ReleaseStage;
  /** Cohorts that may run it while it is `limited`; empty in every other stage. */
  readonly cohorts: readonly string[];
  /** `attestationIdModel` of the devices it is built for. */
  readonly models: readonly string[];
  /** Lower-case hex, as `verifiedBootKey` reports them. */
  readonly verifiedBootKeys: readonly string[];
  /** Lower-case hex, as `verifiedBootHash` reports them. */
  readonly vbmetaDigests: readonly string[];
  /** What a locked device that runs it reports: SelfSigned on a phone whose maker is another. */
  readonly bootStates: readonly BootState[];
  /** As the device reports them: MMmmss, YYYYMM, YYYYMMDD, YYYYMMDD. */
  readonly osVersion: number;
  readonly osPatchLevel: number;
  readonly vendorPatchLevel: number;
  readonly bootPatchLevel: number;
  /** YYYY-MM-DD, when the first devices were offered it; null before that. */
  readonly releasedOn: string | null;
}

/** A system that is known by its boot key only. */
export interface KnownSystem {
  readonly name: string;
  readonly models: readonly string[];
  readonly verifiedBootKeys: readonly string[];
  /** What a locked device with this key reports; any other state is impossible. */
  readonly bootStates: readonly BootState[];
}

export interface ReleaseRegistry {
  /** SHA-256 of the document, lower-case hex. */
  readonly id: string;
  /** Of the series of documents that replace each other. */
  readonly name: string;
  /** Rises with every document of the series. */
  readonly sequence: number;
  /** Milliseconds since 1970. */
  readonly issuedAt: number;
  /** Milliseconds since 1970; from then on nothing is recognised by it. */
  readonly expiresAt: number;
  /** Key id of the signature that was verified; null: not signed. */
  readonly signedBy: string | null;
  readonly releases: readonly Release[];
  readonly systems: readonly KnownSystem[];
}

/** What a boot key and vbmeta digest belong to. */
export type Recognised =
  | { readonly kind: 'release'; readonly release: Release; readonly standing: Standing }
  | { readonly kind: 'system'; readonly system: KnownSystem };

/** How far a release is behind what its devices are offered. */
export interface Standing {
  /** Newer releases of its channel for a model of its own, stable or security. */
  readonly releases: number;
  /** How many of these are security releases. */
  readonly securityReleases: number;
  /** Months of OS patch level between it and the newest. */
  readonly patchMonths: number;
  /** Name of the newest, or null if it is the newest itself. */
  readonly latest: string | null;
}

interface Index {
  readonly byKey: ReadonlyMap<string, readonly Release[]>;
  readonly systems: ReadonlyMap<string, KnownSystem>;
  readonly standings: Map<Release, Standing>;
}

/** What a registry holds does not change, so its index is made once. */
const INDEXES = new WeakMap<ReleaseRegistry, Index>();

/** What `registry` knows of this boot key and vbmeta digest (lower-case hex), or null. */
export function recogniseBuild(
  registry: ReleaseRegistry,
  verifiedBootKey: string,
  vbmetaDigest: string | null,
): Recognised | null {
  const index = indexOf(registry);
  const release = index.byKey
    .get(verifiedBootKey)
    ?.find(({ vbmetaDigests }) => vbmetaDigest !== null && vbmetaDigests.includes(vbmetaDigest));
  if (release !== undefined) {
    return { kind: 'release', release, standing: standingIn(registry, index, release) };
  }
  const system = index.systems.get(verifiedBootKey);
  return system === undefined ? null : { kind: 'system', system };
}

function indexOf(registry: ReleaseRegistry): Index {
  const known = INDEXES.get(registry);
  if (known !== undefined) return known;
  const byKey = new Map<string, Release[]>();
  for (const release of registry.releases) {
    for (const key of release.verifiedBootKeys) {
      const others = byKey.get(key);
      if (others === undefined) byKey.set(key, [release]);
      else others.push(release);
    }
  }
  const systems = new Map(
    registry.systems.flatMap((system) => system.verifiedBootKeys.map((key) => [key, system])),
  );
  const index = { byKey, systems, standings: new Map() };
  INDEXES.set(registry, index);
  return index;
}

function standingIn(registry: ReleaseRegistry, { standings }: Index, release: Release): Standing {
  const known = standings.get(release);
  if (known !== undefined) return known;
  const standing = deriveStanding(registry, release);
  standings.set(release, standing);
  return standing;
}

function deriveStanding({ releases }: ReleaseRegistry, release: Release): Standing {
  const newer = releases.filter((other) => isOffered(other) && isNewer(other, release));
  const latest = newer.reduce<Release | null>(
    (newest, other) => (newest === null || isLater(other, newest) ? other : newest),
    null,
  );
  return {
    releases: newer.length,
    securityReleases: newer.filter(({ stage }) => stage === 'security').length,
    patchMonths: latest === null ? 0 : monthOf(latest) - monthOf(release),
    latest: latest?.name ?? null,
  };
}

function isOffered({ stage }: Release): boolean {
  return stage === 'stable' || stage === 'security';
}

function isNewer(other: Release, release: Release): boolean {
  return (
    other.channel === release.channel &&
    other.environment === release.environment &&
    other.models.some((model) => release.models.includes(model)) &&
    isLater(other, release)
  );
}

function isLater(a: Release, b: Release): boolean {
  return dayOf(a) > dayOf(b);
}

/** The day of release; what has none yet comes after everything that has. */
function dayOf({ releasedOn }: Release): string {
  return releasedOn ?? '9999-99-99';
}

/** Months since year 0 of an OS patch level, YYYYMM. */
function monthOf({ osPatchLevel }: Release): number {
  return Math.floor(osPatchLevel / 100) * 12 + (osPatchLevel % 100);
}
