/**
 * What changes with time beside the policy, judged in one place for evidence that was proved just now and for
 * facts that were kept of it: revocation, deny lists, and which releases are in force.
 */
import type { Anchor } from './anchors/index.ts';
import {
  FINDING_CODES,
  type Finding,
  finding,
  freezeDeep,
  type JudgedFinding,
  type Severity,
  toRfc3339,
} from './base/index.ts';
import type { DeviceDescription } from './key-description/index.ts';
import type { PreparedPolicy } from './policy/index.ts';
import { deriveBoot } from './posture/index.ts';
import type { ReleaseRegistry } from './reference/index.ts';
import { keepText, type ReportRevocation } from './report/index.ts';
import {
  checkBootKeyDenied,
  checkRevocation,
  deniesKeys,
  type RevocablePath,
  type RevocationCheck,
  type RevocationSnapshot,
} from './revocation/index.ts';

/** What is in force now. */
export interface NowContext {
  /** Decides revocation, releases, and how old lists are. Milliseconds since 1970. */
  readonly appraisedAt: number;
  readonly policy: PreparedPolicy;
  /** `waived`: an operator said that revocation is not to be checked. */
  readonly revocation: RevocationSnapshot | 'waived';
  /** Null: no releases are known. */
  readonly registry: ReleaseRegistry | null;
}

export const NOT_LOOKED_UP: ReportRevocation = { checked: false, status: null, snapshot: null };

/** An expired registry recognises nothing: it may still allow what was withdrawn since. */
export function currentRegistry({
  registry,
  appraisedAt,
}: Pick<NowContext, 'registry' | 'appraisedAt'>): ReleaseRegistry | null {
  return registry !== null && appraisedAt < registry.expiresAt ? registry : null;
}

/** Findings at the severity of the table of codes. */
export function asTheirCodesSay(findings: readonly Finding[]): readonly JudgedFinding[] {
  return findings.map((each) => ({
    finding: each,
    severity: FINDING_CODES[each.code].severity,
  }));
}

/** Revocation as of now, and as the policy asks. */
export function judgeRevocation(
  path: RevocablePath,
  { revocation, policy, appraisedAt }: NowContext,
): { report: ReportRevocation; findings: readonly JudgedFinding[] } {
  if (revocation === 'waived') {
    return {
      report: NOT_LOOKED_UP,
      findings: asTheirCodesSay([finding('REVOCATION_NOT_CHECKED')]),
    };
  }
  const { maxStaleSeconds } = policy.policy.revocation;
  const check = checkRevocation(path, revocation, { appraisedAt, maxStaleSeconds });
  const severity: Severity = maxStaleSeconds === null ? 'review' : 'inconclusive';
  const staleness = check.staleness === null ? [] : [{ finding: check.staleness, severity }];
  return {
    report: toReportRevocation(path.anchor, revocation, check, appraisedAt),
    findings: [
      ...asTheirCodesSay([...check.listed, ...(check.missing === null ? [] : [check.missing])]),
      ...staleness,
    ],
  };
}

/** What the local deny lists say of the key the device booted with. */
export function judgeBootKey(
  { anchor }: Pick<RevocablePath, 'anchor'>,
  description: DeviceDescription,
  { revocation }: NowContext,
): readonly JudgedFinding[] {
  if (revocation === 'waived' || !deniesKeys(revocation)) return [];
  const boot = deriveBoot(description);
  return boot === null
    ? []
    : asTheirCodesSay(checkBootKeyDenied(boot.key, anchor.record.id, revocation));
}

/** The last word on each anchor: for a second, chains that are not listed get the same one. */
const REPORTED = new WeakMap<RevocationSnapshot, WeakMap<Anchor, ReportRevocation>>();

function toReportRevocation(
  anchor: Anchor,
  snapshot: RevocationSnapshot,
  { status, sources, fetchedAt }: RevocationCheck,
  appraisedAt: number,
): ReportRevocation {
  const ageSeconds = fetchedAt === null ? null : Math.floor((appraisedAt - fetchedAt) / 1000);
  let reported = REPORTED.get(snapshot);
  if (reported === undefined) {
    reported = new WeakMap();
    REPORTED.set(snapshot, reported);
  }
  const last = reported.get(anchor);
  // Which lists speak about an anchor, and when they were fetched, is fixed with the snapshot.
  if (last?.status === status && last.snapshot?.ageSeconds === ageSeconds) return last;
  const report: ReportRevocation = {
    checked: status !== null,
    status,
    snapshot: {
      id: snapshot.id,
      entries: snapshot.entryCount,
      fetchedAt: fetchedAt === null ? null : toRfc3339(fetchedAt),
      ageSeconds,
      sources: sources.map(({ id }) => id),
    },
  };
  freezeDeep(report);
  keepText(report);
  reported.set(anchor, report);
  return report;
}
