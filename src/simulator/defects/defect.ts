/**
 * A defect: one change to a chain that would otherwise pass, and what a verifier must say of it. The
 * catalogue is at once the simulator's and the tests' list of hostile vectors. Quirks that genuine
 * devices have stand in it too: what must be said of them is a remark.
 */
import type { FindingCode, Severity } from '../../core/base/index.ts';
import type { Bytes } from '../der.ts';
import {
  type Description,
  type Field,
  type RootOfTrustValues,
  rootOfTrustField,
  withField,
} from '../key-description.ts';
import type { AttestOptions, DeviceOptions } from '../options.ts';
import { type ChainPlan, certificateAt, change } from '../plan.ts';
import type { SeededRandom } from '../random.ts';

export interface DefectContext {
  readonly random: SeededRandom;
  /** The time of the evidence, in milliseconds since 1970. */
  readonly at: number;
}

export interface Defect {
  readonly name: string;
  /** The rule of the threat catalogue that it breaks, or the quirk that it shows. */
  readonly rule: string;
  /** What is changed. */
  readonly summary: string;
  /** Device and key it is put into; remote, TEE, P-256 unless said otherwise. */
  readonly device?: Partial<DeviceOptions>;
  readonly attest?: Partial<AttestOptions>;
  /** The key of the chain that passes, where that is another one. */
  readonly passes?: Partial<AttestOptions>;
  /** The policy under which the chain without the defect passes; `android-hardware` by default. */
  readonly policy?: 'android-hardware' | 'inspect' | 'enigm-development';
  /** `nothing`: a quirk of genuine devices that needs no remark. */
  readonly expects: Expectation | 'nothing';
  readonly apply: (plan: ChainPlan, context: DefectContext) => void;
}

export interface Expectation {
  readonly code: FindingCode;
  /** Where the finding points: certificate, and field if it names one. */
  readonly cert?: number;
  readonly field?: string;
  /** `reject` unless said otherwise. */
  readonly severity?: Severity;
}

/** Changes what certificate `index` says of its key. */
export function changeDescription(
  plan: ChainPlan,
  changes: (description: Description) => Partial<Description>,
  index = 0,
): void {
  const description = certificateAt(plan, index).description as Description;
  change(plan, index, { description: { ...description, ...changes(description) } });
}

/** Changes the hardware list of certificate `index`. */
export function changeHardware(
  plan: ChainPlan,
  changes: (list: readonly Field[]) => Field[],
  index = 0,
): void {
  changeDescription(
    plan,
    ({ hardwareEnforced }) => ({ hardwareEnforced: changes(hardwareEnforced) }),
    index,
  );
}

/** Changes the software list of certificate `index`. */
export function changeSoftware(
  plan: ChainPlan,
  changes: (list: readonly Field[]) => Field[],
  index = 0,
): void {
  changeDescription(
    plan,
    ({ softwareEnforced }) => ({ softwareEnforced: changes(softwareEnforced) }),
    index,
  );
}

/** Changes the root of trust of the leaf, and nothing else of what the device says. */
export function changeRootOfTrust(plan: ChainPlan, changes: Partial<RootOfTrustValues>): void {
  changeDescription(plan, ({ bootedAs, hardwareEnforced }) => ({
    hardwareEnforced: withField(hardwareEnforced, rootOfTrustField({ ...bootedAs, ...changes })),
  }));
}

export function fromHex(hex: string): Bytes {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

/** The bytes with `find` replaced by `replacement`, which must occur exactly once. */
export function replaceOnce(bytes: Bytes, find: Bytes, replacement: Bytes): Bytes {
  const at = Buffer.from(bytes).indexOf(find);
  const again = Buffer.from(bytes).indexOf(find, at + 1);
  if (at < 0 || again >= 0) throw new RangeError('the bytes to replace do not occur exactly once');
  return new Uint8Array(
    Buffer.concat([bytes.subarray(0, at), replacement, bytes.subarray(at + find.length)]),
  );
}
