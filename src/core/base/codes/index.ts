/**
 * Every finding the verifier can report, in pipeline order: one table for reports, `attest explain`,
 * the README and the OpenAPI document.
 *
 * A code is public: callers switch on it. Codes are added, never renamed; one that is no longer
 * raised keeps its entry and is not used again.
 */
import { BINDING_CODES } from './binding.ts';
import { CHAIN_CODES } from './chain.ts';
import { CONTINUITY_CODES } from './continuity.ts';
import { DER_CODES } from './der.ts';
import type { CodeEntry } from './entry.ts';
import { INPUT_CODES } from './input.ts';
import { KEYDESC_CODES } from './keydesc.ts';
import { POLICY_CODES } from './policy.ts';
import { RISK_CODES } from './risk.ts';
import { STATEMENT_CODES } from './statement.ts';
import { VALIDITY_CODES } from './validity.ts';
import { X509_CODES } from './x509.ts';

export * from './entry.ts';

const TABLE = {
  ...INPUT_CODES,
  ...DER_CODES,
  ...X509_CODES,
  ...CHAIN_CODES,
  ...VALIDITY_CODES,
  ...KEYDESC_CODES,
  ...BINDING_CODES,
  ...STATEMENT_CODES,
  ...CONTINUITY_CODES,
  ...POLICY_CODES,
  ...RISK_CODES,
} as const satisfies Record<string, CodeEntry>;

export type FindingCode = keyof typeof TABLE;

export const FINDING_CODES: Readonly<Record<FindingCode, CodeEntry>> = TABLE;
