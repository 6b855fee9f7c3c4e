/** Findings in report form and report order. */
import { FINDING_CODES, type JudgedFinding, SEVERITIES, STAGES } from '../base/index.ts';
import type { Outcome, ReportFinding } from './report.ts';

/** Worst first, then by stage, then by certificate; in the order found where these agree. */
export function toReportFindings(judged: readonly JudgedFinding[]): readonly ReportFinding[] {
  return judged.map(toReportFinding).sort(compare);
}

/** Any reject rejects; else anything inconclusive leaves it open. */
export function deriveOutcome(findings: readonly ReportFinding[]): Outcome {
  const worst = findings[0]?.severity;
  return worst === 'reject' || worst === 'inconclusive' ? worst : 'accept';
}

function toReportFinding({ finding, severity }: JudgedFinding): ReportFinding {
  const { failureClass, retryable, disclosure, stage, text, remedy } = FINDING_CODES[finding.code];
  return {
    code: finding.code,
    severity,
    failureClass,
    retryable,
    disclosure,
    stage,
    at: finding.at,
    expected: finding.expected ?? null,
    got: finding.got ?? null,
    text,
    remedy,
  };
}

function compare(a: ReportFinding, b: ReportFinding): number {
  return (
    SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
    STAGES.indexOf(a.stage) - STAGES.indexOf(b.stage) ||
    certificateOf(a) - certificateOf(b)
  );
}

/** Findings about the whole evidence come before those about one certificate. */
function certificateOf({ at }: ReportFinding): number {
  return at.cert ?? -1;
}
