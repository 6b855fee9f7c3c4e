/**
 * What a schema cannot say of a registry: names that stand twice, builds that two releases claim, keys
 * shared by production and development, stages without what they need. A registry with any of these
 * is refused whole.
 */
import { daysInMonth } from '../base/index.ts';
import type { Release, ReleaseRegistry } from './release.ts';

/** One reason to refuse a registry. */
export interface RegistryFault {
  /** Dotted path inside the document. */
  readonly at: string;
  readonly text: string;
}

type Contents = Pick<ReleaseRegistry, 'releases' | 'systems' | 'issuedAt' | 'expiresAt'>;

/** Every fault of a registry that matches its schema; empty if it can be used. */
export function findRegistryFaults(registry: Contents): readonly RegistryFault[] {
  const { releases, systems, issuedAt, expiresAt } = registry;
  return [
    ...(expiresAt > issuedAt ? [] : [fault('expiresAt', 'is not after issuedAt')]),
    ...findRepeated([
      ...releases.map(({ name }, index) => claim(`releases.${index}.name`, name)),
      ...systems.map(({ name }, index) => claim(`systems.${index}.name`, name)),
    ]),
    ...findRepeated(releases.flatMap(buildsOf)),
    ...findRepeated([...keysOf(releases), ...systemKeysOf(registry)]),
    ...findSharedKeys(releases),
    ...releases.flatMap((release, index) => findReleaseFaults(release, `releases.${index}`)),
    ...systems.flatMap(({ verifiedBootKeys }, index) =>
      findBlank(verifiedBootKeys, `systems.${index}.verifiedBootKeys`),
    ),
  ];
}

/** A value that only one place may hold. */
interface Claim {
  readonly at: string;
  readonly value: string;
}

function claim(at: string, value: string): Claim {
  return { at, value };
}

function fault(at: string, text: string): RegistryFault {
  return { at, text };
}

function findRepeated(claims: readonly Claim[]): RegistryFault[] {
  const first = new Map<string, string>();
  return claims.flatMap(({ at, value }) => {
    const earlier = first.get(value);
    if (earlier === undefined) {
      first.set(value, at);
      return [];
    }
    return [fault(at, `stands in ${earlier} already`)];
  });
}

/** Two releases with one build between them: nobody could say which of them a device runs. */
function buildsOf({ verifiedBootKeys, vbmetaDigests }: Release, index: number): Claim[] {
  return verifiedBootKeys.flatMap((key) =>
    vbmetaDigests.map((digest, at) =>
      claim(`releases.${index}.vbmetaDigests.${at}`, `${key} ${digest}`),
    ),
  );
}

/** Keys of releases, each once: releases of one key follow each other. */
function keysOf(releases: readonly Release[]): Claim[] {
  const keys = new Map<string, Claim>();
  releases.forEach(({ verifiedBootKeys }, index) => {
    verifiedBootKeys.forEach((key, at) => {
      if (!keys.has(key)) keys.set(key, claim(`releases.${index}.verifiedBootKeys.${at}`, key));
    });
  });
  return [...keys.values()];
}

function systemKeysOf({ systems }: Contents): Claim[] {
  return systems.flatMap(({ verifiedBootKeys }, index) =>
    verifiedBootKeys.map((key, at) => claim(`systems.${index}.verifiedBootKeys.${at}`, key)),
  );
}

/** A key that signs development builds says nothing of production. */
function findSharedKeys(releases: readonly Release[]): RegistryFault[] {
  const production = new Set(
    releases
      .filter(({ environment }) => environment === 'production')
      .flatMap(({ verifiedBootKeys }) => verifiedBootKeys),
  );
  return releases.flatMap(({ environment, verifiedBootKeys }, index) =>
    environment === 'development' && verifiedBootKeys.some((key) => production.has(key))
      ? [fault(`releases.${index}.verifiedBootKeys`, 'is a key of production releases too')]
      : [],
  );
}

function findReleaseFaults(release: Release, at: string): RegistryFault[] {
  const { stage, cohorts, releasedOn, verifiedBootKeys, vbmetaDigests } = release;
  const isUnreleased = stage === 'draft' || stage === 'validation';
  const faults: RegistryFault[] = [];
  if (stage === 'limited' && cohorts.length === 0) {
    faults.push(fault(`${at}.cohorts`, 'is empty, but the stage is limited'));
  }
  if (stage !== 'limited' && cohorts.length > 0) {
    faults.push(fault(`${at}.cohorts`, `is not empty, but the stage is ${stage}`));
  }
  if (!isUnreleased && releasedOn === null) {
    faults.push(fault(`${at}.releasedOn`, `is null, but the stage is ${stage}`));
  }
  if (releasedOn !== null && !isDate(releasedOn.replaceAll('-', ''))) {
    faults.push(fault(`${at}.releasedOn`, 'is no day of the calendar'));
  }
  for (const name of ['osPatchLevel', 'vendorPatchLevel', 'bootPatchLevel'] as const) {
    const digits = String(release[name]);
    const isLevel = isDate(digits.length === 6 ? `${digits}01` : digits.replace(/00$/, '01'));
    if (!isLevel) faults.push(fault(`${at}.${name}`, 'is no date'));
  }
  return [
    ...faults,
    ...findBlank(verifiedBootKeys, `${at}.verifiedBootKeys`),
    ...findBlank(vbmetaDigests, `${at}.vbmetaDigests`),
  ];
}

/** Zeros stand for "no key": an unlocked device reports them. */
function findBlank(values: readonly string[], at: string): RegistryFault[] {
  return values.flatMap((value, index) =>
    /^0*$/.test(value) ? [fault(`${at}.${index}`, 'is all zeros, which stands for no key')] : [],
  );
}

/** YYYYMMDD. */
function isDate(digits: string): boolean {
  const month = Number(digits.slice(4, 6));
  const day = Number(digits.slice(6));
  if (month < 1 || month > 12 || day < 1) return false;
  return day <= daysInMonth(Number(digits.slice(0, 4)), month);
}
