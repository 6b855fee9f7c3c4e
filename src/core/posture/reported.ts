/**
 * What a device reports of itself in a statement, and whether it counts. It is the device's own word,
 * bound to the attested key; it is worth something only where the system that said it booted verified,
 * the key was generated in secure hardware and is not revoked, and a known app holds it.
 */
import { toHex } from '../base/index.ts';
import { type KeyDescription, ORIGIN_GENERATED } from '../key-description/index.ts';
import type { StatementField, StatementFields } from '../statement/index.ts';
import { hasVerifiedBoot, type Posture } from './posture.ts';

/** An app that speaks for its device, as the operating system names apps. */
export interface StatementApp {
  readonly package: string;
  /** SHA-256 of its signing certificate, lower-case hex. */
  readonly signerSha256: string;
}

/** Why a statement is not taken over. */
export type NotMeaningful = 'revocation' | 'boot' | 'key' | 'application';

/** What vouches for a statement. */
export interface Voucher {
  readonly description: KeyDescription;
  readonly posture: Posture;
  readonly revocationStatus: string | null;
  readonly apps: readonly StatementApp[];
}

/** What is missing for a statement to count, or null. */
export function whyNotMeaningful(voucher: Voucher): NotMeaningful | null {
  const { description, posture, revocationStatus, apps } = voucher;
  if (revocationStatus !== null && revocationStatus !== 'good') return 'revocation';
  if (!hasVerifiedBoot(posture)) return 'boot';
  const isGenerated = description.hardwareEnforced.fields.origin === ORIGIN_GENERATED;
  if (!isGenerated || posture.securityLevel === 'Software') return 'key';
  return isHeldByOneOf(apps, description) ? null : 'application';
}

/** One package with one signer: a key that several apps share speaks for none of them. */
function isHeldByOneOf(
  apps: readonly StatementApp[],
  { softwareEnforced }: KeyDescription,
): boolean {
  const id = softwareEnforced.fields.attestationApplicationId;
  if (id === undefined || id.packages.length !== 1 || id.signatureDigests.length !== 1) {
    return false;
  }
  const [owner] = id.packages as readonly [(typeof id.packages)[number]];
  const [signer] = id.signatureDigests as readonly [Uint8Array];
  return apps.some((app) => app.package === owner.name && app.signerSha256 === toHex(signer));
}

/** The word of a field that is in order. Fields without one are facts, neither good nor bad. */
const IN_ORDER: StatementFields = {
  securityService: 'ACTIVE',
  networkPolicy: 'ENFORCED',
  trustSecurityCenter: 'PROTECTED',
  updateState: 'CURRENT',
};

/** What a statement shows of one layer, or null if it says nothing that decides it. */
export function shownByStatement(
  reported: StatementFields | null,
  names: readonly StatementField[],
): { readonly shown: 'satisfied' | 'degraded'; readonly basis: string } | null {
  const said = names.filter((name) => reported?.[name] !== undefined);
  const deciding = said.filter((name) => IN_ORDER[name] !== undefined);
  if (reported === null || deciding.length === 0) return null;
  return {
    shown: deciding.every((name) => reported[name] === IN_ORDER[name]) ? 'satisfied' : 'degraded',
    basis: `reported by the device, bound to its key: ${said.map((name) => `${name} ${reported[name]}`).join(', ')}`,
  };
}
