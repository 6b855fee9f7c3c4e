/**
 * A finding: one reason about the evidence, pointing at the place it was found.
 *
 * Findings are facts against (or remarks about) what the device sent. What goes wrong on our side is
 * a fault and never a finding. Plain data, so that it crosses the worker boundary unchanged.
 */
import type { FindingCode, Severity } from './codes/index.ts';

/** Where in the evidence a finding points. Certificate 0 is the leaf, as sent. */
export interface Place {
  readonly cert?: number;
  /** Byte offset in that certificate, as received. */
  readonly offset?: number;
  /** Dotted path of the value, in the words of the report (`hardwareEnforced.rootOfTrust`). */
  readonly field?: string;
}

export type FactValue = string | number | boolean | null;

export interface Finding {
  readonly code: FindingCode;
  readonly at: Place;
  /** What the rule asked for, when that is one comparable value. */
  readonly expected?: FactValue;
  /** What the evidence says. Never free text taken from a certificate. */
  readonly got?: FactValue;
}

/** The two sides of a comparison that failed. */
export interface Comparison {
  readonly expected?: FactValue;
  readonly got?: FactValue;
}

/** A finding, and what becomes of it. */
export interface JudgedFinding {
  readonly finding: Finding;
  readonly severity: Severity;
}

const NOWHERE: Place = Object.freeze({});

/** Makes a finding; `at` is the whole evidence when left out. */
export function finding(
  code: FindingCode,
  at: Place = NOWHERE,
  comparison: Comparison = {},
): Finding {
  return { code, at, ...comparison };
}
