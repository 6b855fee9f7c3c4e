/** The order of findings, and what they make of the outcome. */
import { expect, test } from 'vitest';
import {
  FINDING_CODES,
  type FindingCode,
  finding,
  type Severity,
} from '../../src/core/base/index.ts';
import { deriveOutcome, toReportFindings } from '../../src/core/report/index.ts';

const judged = (code: FindingCode, severity: Severity, cert?: number) => ({
  finding: finding(code, cert === undefined ? {} : { cert }),
  severity,
});

test('worst first, then by stage, then by certificate, the whole evidence before any', () => {
  const order = [
    judged('EXPIRED', 'reject', 1),
    judged('EXPIRED', 'reject', 2),
    judged('REVOCATION_LIST_STALE', 'inconclusive'),
    judged('ANCHOR_NOT_ALLOWED', 'review'),
    judged('DEVICE_UNLOCKED', 'review', 0),
    judged('K_TAG_ORDER', 'info', 0),
  ];
  const shuffles = [
    order.toReversed(),
    [4, 0, 2, 5, 1, 3].map((at) => order[at] as (typeof order)[0]),
  ];
  for (const shuffled of shuffles) {
    expect(toReportFindings(shuffled).map(({ code, at }) => [code, at.cert])).toEqual(
      order.map(({ finding: { code, at } }) => [code, at.cert]),
    );
  }
});

test('any reject rejects, else anything inconclusive leaves it open, else it is an accept', () => {
  const outcome = (...severities: Severity[]) =>
    deriveOutcome(toReportFindings(severities.map((severity) => judged('EXPIRED', severity))));
  expect(outcome()).toBe('accept');
  expect(outcome('review', 'info')).toBe('accept');
  expect(outcome('review', 'inconclusive')).toBe('inconclusive');
  expect(outcome('inconclusive', 'reject', 'info')).toBe('reject');
});

test('a finding carries every column of its code', () => {
  const [reported] = toReportFindings([
    { finding: finding('EXPIRED', { cert: 1 }, { expected: 'a', got: 'b' }), severity: 'review' },
  ]);
  const { failureClass, retryable, disclosure, stage, text, remedy } = FINDING_CODES.EXPIRED;
  expect(reported).toEqual({
    code: 'EXPIRED',
    severity: 'review',
    failureClass,
    retryable,
    disclosure,
    stage,
    at: { cert: 1 },
    expected: 'a',
    got: 'b',
    text,
    remedy,
  });
});
