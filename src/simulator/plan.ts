/**
 * A chain before it is signed. A defect changes the plan (a name, a field, a signer, one octet) and the
 * rest is signed as a real device and its maker would, so that a vector differs from its passing base
 * in one thing.
 */
import {
  algorithmOf,
  assembleTbs,
  type CertificateParts,
  type Hash,
  signTbs,
} from './certificate.ts';
import type { Bytes } from './der.ts';
import type { Description } from './key-description.ts';
import type { KeyPair } from './key-pair.ts';
import type { SeededRandom } from './random.ts';

/** Octets changed after they were encoded. */
export type Edit = (der: Bytes) => Bytes;

/** One certificate to be signed, or signed already and shared by many chains. */
export interface PlannedCertificate {
  parts: CertificateParts;
  key: KeyPair;
  signer: KeyPair;
  hash: Hash;
  /** What the device says of the key: leaf and ATTEST_KEYs. */
  description?: Description;
  editDescription?: Edit;
  /** Marks the KeyDescription extension critical. */
  isAttestationCritical?: boolean;
  /** Changes the signed part before it is signed. */
  editTbs?: Edit;
  /** Changes the certificate after it was signed. */
  editSigned?: Edit;
  /** The certificate itself, as long as nothing about it was changed. */
  signed?: Bytes;
}

export interface ChainPlan {
  /** Leaf first, root last. */
  certificates: PlannedCertificate[];
  /** Changes the chain as it is sent. */
  editChain?: (chain: Bytes[]) => Bytes[];
}

export interface ChangeContext {
  readonly random: SeededRandom;
  /** The time of the evidence, in milliseconds since 1970. */
  readonly at: number;
}

/** Changes the plan of a chain, in place. */
export type PlanChange = (plan: ChainPlan, context: ChangeContext) => void;

/** A certificate of the plan that is about to be changed: signed anew, for this chain only. */
export function change(
  plan: ChainPlan,
  index: number,
  changes: Partial<PlannedCertificate>,
): PlannedCertificate {
  const { signed: _, ...planned } = certificateAt(plan, index);
  const changed = { ...planned, ...changes };
  plan.certificates[index] = changed;
  return changed;
}

/** The same, for parts of the certificate. */
export function changeParts(
  plan: ChainPlan,
  index: number,
  parts: Partial<CertificateParts>,
): void {
  change(plan, index, { parts: { ...certificateAt(plan, index).parts, ...parts } });
}

export function certificateAt(plan: ChainPlan, index: number): PlannedCertificate {
  const planned = plan.certificates[index];
  if (planned === undefined) throw new RangeError(`the chain has no certificate ${index}`);
  return planned;
}

/** Signs everything that is not signed yet. Gives the chain as it is sent. */
export function build(plan: ChainPlan, encode: (planned: PlannedCertificate) => Bytes[]): Bytes[] {
  const chain = plan.certificates.map((planned) => planned.signed ?? signPlanned(planned, encode));
  return plan.editChain?.(chain) ?? chain;
}

function signPlanned(
  planned: PlannedCertificate,
  encode: (planned: PlannedCertificate) => Bytes[],
): Bytes {
  const extensions = [...planned.parts.extensions, ...encode(planned)];
  const assembled = assembleTbs({ ...planned.parts, extensions });
  const tbs = planned.editTbs?.(assembled) ?? assembled;
  const signed = signTbs(tbs, planned.parts.outerAlgorithm, planned.signer, planned.hash);
  return planned.editSigned?.(signed) ?? signed;
}

/** The parts of a certificate that `signer` is to sign with `hash`. */
export function signedWith(parts: CertificateParts, signer: KeyPair, hash: Hash): CertificateParts {
  const algorithm = algorithmOf(signer, hash);
  return { ...parts, innerAlgorithm: algorithm, outerAlgorithm: algorithm };
}
