/** A chunk of records to a chunk of results: one line for each, in order. Runs where chains are verified. */
import { createHash } from 'node:crypto';
import { type JudgeContext, judge } from '../core/judge.ts';
import { type Proof, type ProofMemory, proveAll } from '../core/prove.ts';
import { type RecheckFacts, type RecheckReport, rejudge, toRecheckFacts } from '../core/recheck.ts';
import type { Report } from '../core/report/index.ts';
import { VERIFIER } from '../sources/package-root.ts';
import type { Trust } from '../sources/trust.ts';
import { MAX_LINE_BYTES } from './blocks.ts';
import { containsListed, keptSerials, serialsOf } from './impact.ts';
import type { Chunk, ChunkResult, RunTerms, Sample } from './protocol.ts';
import { type Opened, openRecord } from './recheck-record.ts';
import { type EvidenceRecord, parseRecord, type RecheckLine, type RecordFault } from './record.ts';
import { type ErrorResult, type Result, toErrorResult } from './result.ts';
import { count, NOT_KNOWN, type ResultKind, type Tally } from './tally.ts';

/** Judges every line of a chunk. Total on what stands in the lines. */
export function judgeChunk(chunk: Chunk, trust: Trust, memory?: ProofMemory): ChunkResult {
  const tally = newTally();
  const samples: Sample[] = [];
  const facts: (RecheckFacts | null)[] = [];
  const out: string[] = [];
  const lines = Buffer.from(chunk.bytes).toString('utf8').split('\n');
  const given = { terms: chunk.terms, trust, memory };
  for (let at = 0; at < lines.length; at += PROVED_TOGETHER) {
    for (const { index, judged } of judgeLines(lines, at, given)) {
      tally.records += 1;
      if (judged.kind === 'fault') {
        const place = { line: chunk.firstLine + index, input: chunk.input };
        tally.outcomes.error += 1;
        count(tally.errors, judged.fault.code);
        out.push(toLine(toErrorResult(judged.id, judged.fault, place)));
        if (chunk.terms.facts) facts.push(null);
        continue;
      }
      countReport(tally, judged);
      if (judged.kind === 'evidence' && isSampled(judged.report, chunk.terms)) {
        const { id, chain } = judged.record;
        samples.push({ id, chain, report: judged.report });
      }
      if (chunk.terms.facts) facts.push(judged.facts());
      out.push(toLine(toResult(judged, chunk.terms)));
    }
  }
  const bytes = new Uint8Array(Buffer.from(out.join(''), 'utf8'));
  return { bytes, tally, samples, facts };
}

/** Chains whose signatures are verified in one go; see `proveAll`. */
const PROVED_TOGETHER = 16;

type Judged =
  | {
      readonly kind: 'evidence';
      readonly record: EvidenceRecord;
      readonly report: Report;
      readonly facts: () => RecheckFacts | null;
    }
  | {
      readonly kind: 'recheck';
      readonly record: RecheckLine;
      readonly report: RecheckReport;
      readonly facts: () => RecheckFacts | null;
    }
  | Fault;

interface Fault {
  readonly kind: 'fault';
  readonly id: string | null;
  readonly fault: RecordFault;
}

/** Judges the lines from `start` on that are proved together; those that a run leaves out are left out. */
function judgeLines(
  lines: readonly string[],
  start: number,
  given: Given,
): readonly { readonly index: number; readonly judged: Judged }[] {
  const opened: { readonly index: number; readonly line: OpenedLine }[] = [];
  for (let index = start; index < Math.min(start + PROVED_TOGETHER, lines.length); index += 1) {
    const text = lines[index] as string;
    if (text.trim() === '') continue;
    const line = openLine(text, given);
    if (line !== null) opened.push({ index, line });
  }
  const chains = opened.flatMap(({ line }) =>
    line.kind === 'evidence' ? [line.record.chain] : [],
  );
  const proofs = proveAll(chains, given.trust.anchors, given.memory).values();
  return opened.map(({ index, line }) => ({ index, judged: judgeLine(line, proofs, given) }));
}

/** `proofs`: those of the lines of evidence, in their order. */
function judgeLine(line: OpenedLine, proofs: Iterator<Proof>, given: Given): Judged {
  switch (line.kind) {
    case 'evidence':
      return judgeEvidence(line, proofs.next().value as Proof, given);
    case 'recheck':
      return judgeFacts(line, given);
    case 'fault':
      return line;
  }
}

interface EvidenceLine {
  readonly kind: 'evidence';
  readonly record: EvidenceRecord;
  readonly policy: JudgeContext['policy'];
}

interface FactsLine {
  readonly kind: 'recheck';
  readonly record: RecheckLine;
  readonly facts: RecheckFacts;
  readonly policy: JudgeContext['policy'];
}

/** A line read, before anything of it is verified. */
type OpenedLine = EvidenceLine | FactsLine | Fault;

/** Null: the run leaves it out. */
function openLine(line: string, { terms, trust }: Given): OpenedLine | null {
  if (line.length > MAX_LINE_BYTES) {
    const text = `the line is longer than ${MAX_LINE_BYTES} bytes`;
    return { kind: 'fault', id: null, fault: { code: 'RECORD_TOO_LARGE', text } };
  }
  const parsed = parseRecord(line);
  if (!parsed.ok) return { kind: 'fault', id: parsed.id, fault: parsed.fault };
  const { record } = parsed;
  const opened = record.kind === 'recheck' ? openRecord(record, terms) : null;
  if (opened !== null && !opened.ok) return { kind: 'fault', id: record.id, fault: opened.fault };
  if (terms.only !== null) {
    const serials =
      record.kind === 'evidence' ? serialsOf(record.chain) : keptSerials(opened?.facts);
    if (!containsListed(serials, terms.only)) return null;
  }
  const name = record.policy ?? terms.policy ?? trust.defaultPolicy;
  const policy = trust.policies.get(name);
  if (policy === undefined) {
    const known = [...trust.policies.keys()].join(', ');
    const text = `there is no policy ${JSON.stringify(name)}; there are ${known}`;
    return { kind: 'fault', id: record.id, fault: { code: 'POLICY_UNKNOWN', text } };
  }
  if (record.kind === 'evidence') return { kind: 'evidence', record, policy };
  return { kind: 'recheck', record, facts: (opened as Opened & { ok: true }).facts, policy };
}

interface Given {
  readonly terms: RunTerms;
  readonly trust: Trust;
  /** What this worker remembers of links and proofs. */
  readonly memory: ProofMemory | undefined;
}

/** As of the moment the evidence was received; revocation is always the run's. */
function judgeEvidence(
  { record, policy }: EvidenceLine,
  proof: Proof,
  { terms, trust }: Given,
): Judged {
  const evidenceTime = record.receivedAt ?? terms.appraisedAt;
  const judged = judge(proof, {
    evidenceTime,
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
  // What was shown in the past entitles to nothing today.
  const report = record.receivedAt === null ? judged : { ...judged, eligibility: [] };
  return {
    kind: 'evidence',
    record,
    report,
    facts: () => toRecheckFacts(proof, report, { evidenceTime, attestationKeyUse: null }),
  };
}

/** From a record whose signature holds: no chain, and no signature of one. */
function judgeFacts({ record, facts, policy }: FactsLine, { terms, trust }: Given): Judged {
  const report = rejudge(facts, {
    appraisedAt: terms.appraisedAt,
    policy,
    revocation: terms.revocation,
    registry: trust.registry,
    environment: trust.environment,
    verifier: VERIFIER,
    anchors: trust.anchors,
  });
  return { kind: 'recheck', record, report, facts: () => facts };
}

type Answered = Extract<Judged, { readonly report: unknown }>;

/** A record is signed where the key is; until then its place is held by null. */
function toResult({ record: { id }, report }: Answered, { form, facts }: RunTerms): Result {
  const { outcome, trustState, findings } = report;
  const codes = [...new Set(findings.map(({ code }) => code))];
  return {
    id,
    outcome,
    trustState,
    codes,
    ...(form === 'full' ? { report } : {}),
    ...(facts ? { record: null } : {}),
  };
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

function countReport(tally: GrowingTally, judged: Answered): void {
  const { report } = judged;
  const model = modelOf(judged);
  tally.outcomes[report.outcome] += 1;
  for (const code of new Set(report.findings.map(({ code }) => code))) count(tally.codes, code);
  count(tally.models, typeof model === 'string' && model !== '' ? model : NOT_KNOWN);
  count(tally.releases, report.release?.name ?? NOT_KNOWN);
}

function modelOf(judged: Answered): unknown {
  const list =
    judged.kind === 'evidence'
      ? judged.report.keyDescription?.hardwareEnforced
      : judged.facts()?.description.hardwareEnforced.fields;
  return list?.['attestationIdModel'];
}
