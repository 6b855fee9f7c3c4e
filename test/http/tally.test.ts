/** Figures of requests, counted in few numbers and added up. */
import { Histogram, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import {
  BUCKETS_SECONDS,
  noDurations,
  noteDuration,
  toHistogramText,
} from '../../src/http/durations.ts';
import { Metrics } from '../../src/http/metrics.ts';
import { RequestTally } from '../../src/http/tally.ts';
import type { AnswerFacts } from '../../src/pool/protocol.ts';

const report = (changes: object = {}): AnswerFacts => ({
  kind: 'report',
  outcome: 'accept',
  trustState: 'REVIEW_REQUIRED',
  codes: [],
  policy: 'inspect',
  ...changes,
});

/** Lines that begin with a name of ours. */
const linesOf = async (metrics: Metrics, name: string) =>
  (await metrics.text()).split('\n').filter((line) => line.startsWith(`enigm_attest_${name}`));

test('a histogram reads as that of the client for the same values', async () => {
  const names = { name: 'took_seconds', help: 'How long', label: 'outcome' };
  const registry = new Registry();
  const theirs = new Histogram({
    name: names.name,
    help: names.help,
    labelNames: ['outcome'],
    buckets: BUCKETS_SECONDS,
    registers: [registry],
  });
  const ours = new Map([
    ['accept', noDurations()],
    ['reject', noDurations()],
  ]);
  const values = [0, ...BUCKETS_SECONDS, ...BUCKETS_SECONDS.map((bound) => bound * 1.01), 99];
  for (const [outcome, durations] of ours) {
    for (const value of values) {
      theirs.observe({ outcome }, value);
      noteDuration(durations, value);
    }
  }
  expect(toHistogramText(names, ours)).toBe(await registry.metrics());
});

test('what several threads counted is their sum, and nothing is counted twice', async () => {
  const metrics = new Metrics();
  const tallies = [new RequestTally(), new RequestTally()];
  for (const tally of tallies) {
    tally.countRequest('/v1/verify', 200);
    tally.countRequest('/v1/verify', 200);
    tally.countRequest('/v1/verify', 400);
    tally.countAnswer(report(), 0.25);
    tally.countAnswer(report({ outcome: 'reject', codes: ['DEVICE_UNLOCKED'] }), 0.5);
    tally.countAnswer({ kind: 'problem', code: 'REQUEST_NOT_JSON' }, 1);
  }
  for (let taken = 0; taken < 2; taken += 1) {
    for (const tally of tallies) metrics.add(tally.take());
  }
  expect(await linesOf(metrics, 'http_requests_total')).toEqual([
    'enigm_attest_http_requests_total{route="/v1/verify",status="200"} 4',
    'enigm_attest_http_requests_total{route="/v1/verify",status="400"} 2',
  ]);
  expect(await linesOf(metrics, 'verifications_total')).toEqual([
    'enigm_attest_verifications_total{outcome="accept",trust_state="REVIEW_REQUIRED",policy="inspect"} 2',
    'enigm_attest_verifications_total{outcome="reject",trust_state="REVIEW_REQUIRED",policy="inspect"} 2',
  ]);
  expect(await linesOf(metrics, 'findings_total')).toEqual([
    'enigm_attest_findings_total{code="DEVICE_UNLOCKED"} 2',
  ]);
  expect(await linesOf(metrics, 'problems_total')).toEqual([
    'enigm_attest_problems_total{code="REQUEST_NOT_JSON"} 2',
  ]);
  const sums = (await linesOf(metrics, 'verification_seconds')).filter((line) =>
    /_(sum|count)/.test(line),
  );
  expect(sums).toEqual([
    'enigm_attest_verification_seconds_sum{outcome="accept"} 0.5',
    'enigm_attest_verification_seconds_count{outcome="accept"} 2',
    'enigm_attest_verification_seconds_sum{outcome="reject"} 1',
    'enigm_attest_verification_seconds_count{outcome="reject"} 2',
  ]);
});
