/**
 * The library: prove what a chain establishes, judge what that is worth. Both are pure and synchronous;
 * what they depend on is handed in, and the loaders here read it from this package or from files.
 */
export type { Anchor, AnchorSet, Environment } from './core/anchors/index.ts';
export { FINDING_CODES, type FindingCode, type Severity } from './core/base/index.ts';
export type { ChallengeClaim, IssuedChallenge, RequestContext } from './core/binding/index.ts';
export { parsePem } from './core/evidence/index.ts';
export { type JudgeContext, judge } from './core/judge.ts';
export {
  BUILTIN_POLICIES,
  type CallerContext,
  ELIGIBILITY_SCHEMA,
  floorOfReport,
  NO_CALLER_CONTEXT,
  type Policy,
  type PreparedPolicy,
  preparePolicy,
} from './core/policy/index.ts';
export { type Proof, prove } from './core/prove.ts';
export type { Release, ReleaseRegistry } from './core/reference/index.ts';
export type { Outcome, Report, ReportFinding } from './core/report/index.ts';
export {
  compileSnapshot,
  parseStatusList,
  type RevocationList,
  type RevocationSnapshot,
} from './core/revocation/index.ts';
export {
  STATEMENT_FIELDS,
  STATEMENT_TYPE,
  type StatementFields,
} from './core/statement/index.ts';
export { StatementHeaderSchema, StatementPayloadSchema } from './request/index.ts';
export {
  type DocumentExpectation,
  type DocumentKind,
  parseJwkSet,
  parseVerificationKey,
  type TokenFault,
  toEatNonce,
  type VerificationKey,
  type VerifiedDocument,
  verifyDocument,
  verifyResult,
} from './results/index.ts';
export { loadBuiltInAnchors, loadTestAnchors } from './sources/anchors.ts';
export { ROOTS, VERIFIER } from './sources/package-root.ts';
export { RegistrySchema } from './sources/registry-document.ts';
export { loadRegistryKeys } from './sources/registry-signature.ts';
export { loadRegistry } from './sources/releases.ts';
export { loadBundledSnapshot, loadSnapshotWith } from './sources/revocation.ts';
