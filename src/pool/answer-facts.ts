/**
 * What is logged, counted and audited of a decision. Devices of one build under one policy get the very same decision,
 * and with it the very same facts: an object that stands in many answers of a batch goes to another thread once.
 */
import type { PreparedPolicy } from '../core/policy/index.ts';
import type { Report } from '../core/report/index.ts';
import type { Decision, ReportFacts } from './protocol.ts';

export interface Said {
  readonly facts: ReportFacts;
  /** Of a request that named neither handle nor action. */
  readonly decision: Decision;
}

/** What was said of decisions that are shared, each under its findings. */
const SAID = new WeakMap<Report['findings'], Said>();

/** `registry`: id of the releases that were in force. */
export function say(
  document: Report,
  { policy, digest }: Pick<PreparedPolicy, 'policy' | 'digest'>,
  registry: string | null,
): Said {
  const { outcome, trustState, findings } = document;
  const snapshot = document.revocation.snapshot?.id ?? null;
  const anchor = document.chain.anchor?.id ?? null;
  const known = SAID.get(findings);
  if (
    known !== undefined &&
    known.facts.outcome === outcome &&
    known.facts.trustState === trustState &&
    known.facts.policy === policy.id &&
    known.decision.policyDigest === digest &&
    known.decision.snapshot === snapshot &&
    known.decision.anchor === anchor &&
    known.decision.registry === registry
  ) {
    return known;
  }
  const codes = findings.map(({ code }) => code);
  const said: Said = {
    facts: Object.freeze({ kind: 'report', outcome, trustState, codes, policy: policy.id }),
    decision: Object.freeze({
      handle: null,
      action: null,
      policyDigest: digest,
      snapshot,
      anchor,
      registry,
    }),
  };
  // Only what others get too never changes.
  if (Object.isFrozen(findings)) SAID.set(findings, said);
  return said;
}
