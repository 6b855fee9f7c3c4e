/**
 * Which app made the key (THREATS T40). The operating system says so: it is worth what the boot is
 * worth, and a record that was not written on a verified boot names nobody.
 */
import { type Finding, finding, toHex } from '../../base/index.ts';
import type { ApplicationId } from '../../key-description/index.ts';
import { hasVerifiedBoot } from '../../posture/index.ts';
import type { AllowedApplication, PolicyRules } from '../policy.ts';
import type { Subject } from '../subject.ts';

const APP_ID = 'softwareEnforced.attestationApplicationId';
const PACKAGES = { cert: 0, field: `${APP_ID}.packages` };
const SIGNERS = { cert: 0, field: `${APP_ID}.signatureDigests` };

export function checkApplication(
  { description, posture }: Subject,
  { allowed }: PolicyRules['application'],
): Finding[] {
  const id = description.softwareEnforced.fields.attestationApplicationId;
  if (id === undefined) return [finding('APP_ID_MISSING', { cert: 0, field: APP_ID })];
  const vouched = hasVerifiedBoot(posture)
    ? []
    : [finding('APP_ID_NOT_VOUCHED', { cert: 0, field: APP_ID })];
  if (isTransientBug(id)) {
    return [...vouched, finding('APP_ID_TRANSIENT_OS_BUG', { cert: 0, field: APP_ID })];
  }
  return [...vouched, ...compare(id, allowed)];
}

/** What a package manager that crashed leaves: no name, keystore's placeholder, or no signer. */
function isTransientBug({ packages, signatureDigests }: ApplicationId): boolean {
  const isUnnamed = packages.every(({ name }) => name === '' || name === UNKNOWN_PACKAGE);
  return isUnnamed || signatureDigests.length === 0;
}

/** AOSP keystore2 attestation_id, when the package manager cannot be asked. */
const UNKNOWN_PACKAGE = 'UnknownPackage';

/** All packages that share the user id, all signers, and every version: never only the first. */
function compare(id: ApplicationId, allowed: readonly AllowedApplication[]): Finding[] {
  const named = allowed.find(({ packages }) => isSameSet(packages, id.packages));
  if (named === undefined) {
    const got = id.packages.map(({ name }) => name).join(', ');
    return [finding('APP_PACKAGE', PACKAGES, { got })];
  }
  const foreign = id.signatureDigests
    .map((digest) => toHex(digest))
    .filter((digest) => !named.signerDigests.includes(digest));
  const old = id.packages.filter(({ name, version }) =>
    named.packages.some((each) => each.name === name && version < each.minimumVersion),
  );
  return [
    ...foreign.map((got) => finding('APP_SIGNER', SIGNERS, { got })),
    ...old.map(({ version }) => finding('APP_VERSION', PACKAGES, { got: String(version) })),
  ];
}

interface Named {
  readonly name: string;
}

function isSameSet(a: readonly Named[], b: readonly Named[]): boolean {
  const within = (some: readonly Named[], all: readonly Named[]): boolean =>
    some.every(({ name }) => all.some((each) => each.name === name));
  return within(a, b) && within(b, a);
}
