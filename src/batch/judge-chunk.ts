/** A chunk of records to a chunk of results: one line for each, in order. Runs where chains are verified. */
import { createHash } from 'node:crypto';
import { type JudgeContext, judge } from '../core/judge.ts';
import { prove } from '../core/prove.ts';
import type { Report } from '../core/report/index.ts';
import { VERIFIER } from '../sources/package-root.ts';
import type { Trust } from '../sources/trust.ts';
import { MAX_LINE_BYTES } from './blocks.ts';
import { containsListed } from './impact.ts';
import type { Chunk, ChunkResult, RunTerms, Sample } from './protocol.ts';
import { type BatchRecord, type EvidenceRecord, parseRecord, type RecordFault } from './record.ts';
import { type ErrorResult, type Result, toErrorResult } from './result.ts';
import { count, NOT_KNOWN, type ResultKind, type Tally } from './tally.ts';

/** Judges every line of a chunk. Total on what stands in the lines. */
export function judgeChunk(chunk: Chunk, trust: Trust): ChunkResult {
  const tally = newTally();
  const samples: Sample[] = [];
  const out: string[] = [];
  const lines = Buffer.from(chunk.bytes).toString('utf8').split('\n');
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const place = { line: chunk.firstLine + index, input: chunk.input };
    const judged = judgeLine(line, chunk.terms, trust);
    if (judged.kind === 'unaffected') continue;
    tally.records += 1;
    if (judged.kind === 'fault') {
      tally.outcomes.error += 1;
      count(tally.errors, judged.fault.code);
      out.push(toLine(toErrorResult(judged.id, judged.fault, place)));
      continue;
    }
    countReport(tally, judged.report);
    if (isSampled(judged.report, chunk.terms) && judged.record.kind === 'evidence') {
      samples.push({ id: judged.record.id, chain: judged.record.chain, report: judged.report });
    }
    out.push(toLine(toResult(judged.record, judged.report, chunk.terms)));
  }
  const bytes = new Uint8Array(Buffer.from(out.join(''), 'utf8'));
  return { bytes, tally, samples };
}

type Judged =
  | { readonly kind: 'report'; readonly record: BatchRecord; readonly report: Report }
  | { readonly kind: 'fault'; readonly id: string | null; readonly fault: RecordFault }
  | { readonly kind: 'unaffected' };

function judgeLine(line: string, terms: RunTerms, trust: Trust): Judged {
  if (line.length > MAX_LINE_BYTES) {
    const text = `the line is longer than ${MAX_LINE_BYTES} bytes`;
    return { kind: 'fault', id: null, fault: { code: 'RECORD_TOO_LARGE', text } };
  }
  const parsed = parseRecord(line);
  if (!parsed.ok) return { kind: 'fault', id: parsed.id, fault: parsed.fault };
  const { record } = parsed;
  if (terms.only !== null && !containsListed(record, terms.only)) return { kind: 'unaffected' };
  const name = record.policy ?? terms.policy ?? trust.defaultPolicy;
  const policy = trust.policies.get(name);
  if (policy === undefined) {
    const known = [...trust.policies.keys()].join(', ');
    const text = `there is no policy ${JSON.stringify(name)}; there are ${known}`;
    return { kind: 'fault', id: record.id, fault: { code: 'POLICY_UNKNOWN', text } };
  }
  return judgeRecord(record, { policy, terms, trust });
}

interface Given {
  readonly policy: JudgeContext['policy'];
  readonly terms: RunTerms;
  readonly trust: Trust;
}

function judgeRecord(record: BatchRecord, given: Given): Judged {
  return { kind: 'report', record, report: judgeEvidence(record as EvidenceRecord, given) };
}

/** As of the moment the evidence was received; revocation is always the run's. */
function judgeEvidence(record: EvidenceRecord, { policy, terms, trust }: Given): Report {
  return judge(prove(record.chain, trust.anchors), {
    evidenceTime: record.receivedAt ?? terms.appraisedAt,
    appraisedAt: terms.appraisedAt,
    policy,
    revocation: terms.revocation,
    challenge:
      record.challenge === null
        ? { kind: 'unrecorded' }
        : { kind: 'recorded', bytes: record.challenge },
    publicKey: null,
    registry: trust.registry,
    environment: trust.environment,
    verifier: VERIFIER,
  });
}

function toResult({ id }: BatchRecord, report: Report, { form }: RunTerms): Result {
  const { outcome, trustState, findings } = report;
  const codes = [...new Set(findings.map(({ code }) => code))];
  return { id, outcome, trustState, codes, ...(form === 'full' ? { report } : {}) };
}

function toLine(result: Result | ErrorResult): string {
  return `${JSON.stringify(result)}\n`;
}

/** By the evidence itself, so that a second run samples the same records. */
function isSampled({ evidenceDigest }: Report, { crossCheckRate }: RunTerms): boolean {
  if (crossCheckRate === 0) return false;
  const digest = createHash('sha256').update(evidenceDigest).digest();
  return digest.readUInt32BE(0) < crossCheckRate * 2 ** 32;
}

type Growing<Type> = { -readonly [Name in keyof Type]: Type[Name] };

interface GrowingTally extends Growing<Tally> {
  readonly outcomes: Record<ResultKind, number>;
  readonly codes: Record<string, number>;
  readonly errors: Record<string, number>;
  readonly models: Record<string, number>;
  readonly releases: Record<string, number>;
}

function newTally(): GrowingTally {
  return {
    records: 0,
    outcomes: { accept: 0, reject: 0, inconclusive: 0, error: 0 },
    codes: {},
    errors: {},
    models: {},
    releases: {},
    crossChecked: 0,
    disagreements: 0,
  };
}

function countReport(tally: GrowingTally, report: Report): void {
  tally.outcomes[report.outcome] += 1;
  for (const code of new Set(report.findings.map(({ code }) => code))) count(tally.codes, code);
  const model = report.keyDescription?.hardwareEnforced['attestationIdModel'];
  count(tally.models, typeof model === 'string' && model !== '' ? model : NOT_KNOWN);
  count(tally.releases, report.release?.name ?? NOT_KNOWN);
}
