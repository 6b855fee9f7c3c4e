/** Evaluates every rule of a policy: all findings at once, never only the first. */
import type { Finding, JudgedFinding, Severity } from '../base/index.ts';
import type { Judged, Policy, PolicyRules, RiskCode, RuleSeverity } from './policy.ts';
import { checkApplication } from './rules/application.ts';
import {
  checkBootKey,
  checkBootKeyAllowed,
  checkBootKeyDenied,
  checkBootState,
  checkDeviceLocked,
  checkRootOfTrust,
} from './rules/boot.ts';
import { checkDeviceIds, checkModuleHash, checkOsVersion } from './rules/device.ts';
import {
  checkAllApplications,
  checkDeviceUnique,
  checkKeyAlgorithm,
  checkKeyOrigin,
  checkKeyPurpose,
  checkKeySize,
  checkRollbackResistance,
  checkUserAuth,
  checkUserAuthRequired,
} from './rules/key.ts';
import { judgePatchLevels } from './rules/patch-levels.ts';
import { checkAnchor, checkProvisioning, checkShape } from './rules/provenance.ts';
import { checkRelease } from './rules/release.ts';
import { RISK_CHECKS } from './rules/risk-signals.ts';
import { checkCertifiedLevel, checkSecurityLevel } from './rules/security-level.ts';
import type { Subject } from './subject.ts';

type SimpleRules = Omit<PolicyRules, 'patchLevels' | 'riskSignals'>;

type Checks = {
  readonly [Name in keyof SimpleRules]: (
    subject: Subject,
    rule: SimpleRules[Name],
  ) => readonly Finding[];
};

const CHECKS: Checks = {
  anchor: checkAnchor,
  shape: checkShape,
  provisioning: checkProvisioning,
  securityLevel: checkSecurityLevel,
  certifiedLevel: checkCertifiedLevel,
  rootOfTrust: checkRootOfTrust,
  deviceLocked: checkDeviceLocked,
  bootState: checkBootState,
  bootKey: checkBootKey,
  bootKeyDenied: checkBootKeyDenied,
  bootKeyAllowed: checkBootKeyAllowed,
  keyOrigin: checkKeyOrigin,
  keyPurpose: checkKeyPurpose,
  keyAlgorithm: checkKeyAlgorithm,
  keySize: checkKeySize,
  allApplications: checkAllApplications,
  deviceUnique: checkDeviceUnique,
  userAuth: checkUserAuth,
  userAuthRequired: checkUserAuthRequired,
  rollbackResistance: checkRollbackResistance,
  application: checkApplication,
  deviceIds: checkDeviceIds,
  osVersion: checkOsVersion,
  moduleHash: checkModuleHash,
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
  judged.push(...judgePatchLevels(subject, policy.rules.patchLevels));
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
