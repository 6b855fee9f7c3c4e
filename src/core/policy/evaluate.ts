/** Evaluates every rule of a policy: all findings at once, never only the first. */
import type { Finding, JudgedFinding, Severity } from '../base/index.ts';
import type { Judged, Policy, PolicyRules, RiskCode, RuleSeverity } from './policy.ts';
import { checkBootKey, checkBootState, checkDeviceLocked, checkRootOfTrust } from './rules/boot.ts';
import {
  checkAllApplications,
  checkDeviceUnique,
  checkKeyOrigin,
  checkKeyPurpose,
  checkUserAuth,
} from './rules/key.ts';
import { checkPatchLevels } from './rules/patch-levels.ts';
import { checkAnchor, checkShape } from './rules/provenance.ts';
import { checkRelease } from './rules/release.ts';
import { RISK_CHECKS } from './rules/risk-signals.ts';
import { checkCertifiedLevel, checkSecurityLevel } from './rules/security-level.ts';
import type { Subject } from './subject.ts';

type SimpleRules = Omit<PolicyRules, 'riskSignals'>;

type Checks = {
  readonly [Name in keyof SimpleRules]: (
    subject: Subject,
    rule: SimpleRules[Name],
  ) => readonly Finding[];
};

const CHECKS: Checks = {
  anchor: checkAnchor,
  shape: checkShape,
  securityLevel: checkSecurityLevel,
  certifiedLevel: checkCertifiedLevel,
  rootOfTrust: checkRootOfTrust,
  deviceLocked: checkDeviceLocked,
  bootState: checkBootState,
  bootKey: checkBootKey,
  keyOrigin: checkKeyOrigin,
  keyPurpose: checkKeyPurpose,
  allApplications: checkAllApplications,
  deviceUnique: checkDeviceUnique,
  userAuth: checkUserAuth,
  patchLevels: checkPatchLevels,
  release: checkRelease,
};

const RULE_NAMES = Object.keys(CHECKS) as readonly (keyof SimpleRules)[];
const RISK_CODES = Object.keys(RISK_CHECKS) as readonly RiskCode[];

/** What `policy` makes of a proven subject. */
export function evaluatePolicy(policy: Policy, subject: Subject): readonly JudgedFinding[] {
  const judged: JudgedFinding[] = [];
  for (const name of RULE_NAMES) {
    const rule: Judged = policy.rules[name];
    if (rule.severity === 'ignore') continue;
    const check = CHECKS[name] as (subject: Subject, rule: Judged) => readonly Finding[];
    for (const finding of check(subject, rule)) {
      judged.push({ finding, severity: severityOf(finding, rule.severity) });
    }
  }
  for (const code of RISK_CODES) {
    const severity: RuleSeverity = policy.rules.riskSignals[code];
    if (severity === 'ignore') continue;
    const finding = RISK_CHECKS[code](subject);
    if (finding !== undefined) judged.push({ finding, severity });
  }
  return judged;
}

/**
 * A verifier that lacks its registry cannot decide, however severe the rule is; a level newer than the
 * record's may be the record's mistake.
 */
function severityOf({ code }: Finding, severity: Severity): Severity {
  if (severity !== 'reject') return severity;
  if (code === 'REGISTRY_NOT_CONFIGURED' || code === 'REGISTRY_EXPIRED') return 'inconclusive';
  return code === 'RELEASE_PATCH_NEWER' ? 'review' : severity;
}
