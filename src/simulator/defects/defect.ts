/**
 * A defect: one change to a chain that would otherwise pass, and what a verifier must say of it. The
 * catalogue is at once the simulator's and the tests' list of hostile vectors. Quirks that genuine
 * devices have stand in it too: what must be said of them is a remark.
 */
import type { FindingCode, Severity } from '../../core/base/index.ts';
import type { AttestOptions, DeviceOptions } from '../options.ts';
import type { PlanChange } from '../plan.ts';

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
  readonly apply: PlanChange;
}

export interface Expectation {
  readonly code: FindingCode;
  /** Where the finding points: certificate, and field if it names one. */
  readonly cert?: number;
  readonly field?: string;
  /** `reject` unless said otherwise. */
  readonly severity?: Severity;
}
