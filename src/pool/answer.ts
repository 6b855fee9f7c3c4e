/** One request to one answer: parse, prove, judge, serialise. Runs where the request is verified. */
import { type ChallengeKeys, openChallenge } from '../challenge/challenge.ts';
import type { Environment } from '../core/anchors/index.ts';
import { toJsonText } from '../core/base/index.ts';
import type { ChallengeClaim, MarkState } from '../core/binding/index.ts';
import { type EnrolmentClaim, toEnrolledDevice } from '../core/continuity/index.ts';
import { judge } from '../core/judge.ts';
import { NO_CALLER_CONTEXT, type PreparedPolicy } from '../core/policy/index.ts';
import { type Proof, proveAll } from '../core/prove.ts';
import { toRecheckFacts } from '../core/recheck.ts';
import { keepText, type Report, toReportText } from '../core/report/index.ts';
import type { RevocationSnapshot } from '../core/revocation/index.ts';
import { sliceOf } from '../core/x509/index.ts';
import {
  checkVerifyRequest,
  type ProblemCode,
  parseVerifyRequest,
  type ReadChain,
  type RequestResult,
  toProblem,
  type VerifyRequest,
} from '../request/index.ts';
import { toEarClaims } from '../results/ear.ts';
import { openEnrolmentRecord, toEnrolmentClaims } from '../results/enrolment.ts';
import { parseJwkSet } from '../results/keys.ts';
import { toRecheckClaims } from '../results/recheck.ts';
import { VERIFIER } from '../sources/package-root.ts';
import type { Trust } from '../sources/trust.ts';
import { say } from './answer-facts.ts';
import type { KeyUse } from './key-use.ts';
import type { WorkerMemory } from './memory.ts';
import type { Answer, Job, NoEnrolmentRecord, ResultTerms, ToSign } from './protocol.ts';

/** The same in every report. */
keepText(VERIFIER);

/** What answers depend on beside the request. `now`: milliseconds since 1970. */
export interface AnswerContext {
  readonly trust: Trust;
  readonly revocation: RevocationSnapshot;
  /** Left out: nobody counts. */
  readonly keyUse?: KeyUse;
  /** Null: this service issues no challenges. */
  readonly challengeKeys: ChallengeKeys | null;
  /** Null: this service has no key to sign results with. */
  readonly results: ResultTerms | null;
  readonly now: number;
  readonly memory: WorkerMemory;
}

/** Answers a request. Evidence that is rejected is an answer like any other. */
export function answer(job: Job, context: AnswerContext): Answer {
  return answerAll([job], context)[0] as Answer;
}

/**
 * Answers requests that came together, each by itself and all as of one moment. Each step is taken for all of
 * them before the next, so that its code and tables are still in the processor's caches (bench/stages.ts).
 */
export function answerAll(jobs: readonly Job[], context: AnswerContext): readonly Answer[] {
  const { trust, memory } = context;
  const opened = Array.from(jobs, (job) => open(job, context));
  const chains = opened.flatMap((each) => ('status' in each ? [] : [each.request.chain]));
  const proofs = proveAll(chains, trust.anchors, memory).values();
  return Array.from(opened, (each) => {
    if ('status' in each) return each;
    const proof = proofs.next().value as Proof;
    const { chainTexts } = each.request;
    if (proof.recalled === 'digest' && chainTexts !== null) memory.keepTexts(chainTexts, proof);
    return conclude(each, proof, context);
  });
}

/** A request that can be answered, with what its answer depends on beside the evidence. */
interface Opened {
  readonly request: VerifyRequest;
  readonly policy: PreparedPolicy;
  readonly terms: ResultTerms | null;
  readonly claim: ChallengeClaim;
  /** What the single use of its challenge is remembered by. */
  readonly claimId: string;
}

/** Reads a request and looks at everything that could refuse it before anything is verified. */
function open(job: Job, context: AnswerContext): Opened | Answer {
  const parsed = parseJob(job, context.memory.readChain);
  if (!parsed.ok) {
    const { code, text, member } = parsed.fault;
    return problem(code, text, member);
  }
  const { request } = parsed;
  const { trust } = context;
  const policy = trust.policies.get(request.policy ?? trust.defaultPolicy);
  if (policy === undefined) {
    const known = [...trust.policies.keys()].join(', ');
    return problem('POLICY_UNKNOWN', `there is no such policy; there are ${known}`, 'policy');
  }
  const terms = termsOf(request, context.results);
  if (terms !== null && 'status' in terms) return terms;
  const { claim, id } = claimOf(request, job, context);
  return { request, policy, terms, claim, claimId: id };
}

/** Judges what was proved, and writes the answer. */
function conclude(opened: Opened, proof: Proof, context: AnswerContext): Answer {
  const { request, policy, terms, claim } = opened;
  const { trust, revocation, now } = context;
  const { environment } = trust;
  const attestationKeyUse = countUse(proof, policy, context);
  const document = judge(proof, {
    evidenceTime: now,
    appraisedAt: now,
    policy,
    revocation,
    challenge: claim,
    context: request.context,
    publicKey: request.publicKey,
    statement: request.statement,
    enrolment: claimOfRecord(request, terms, context),
    statementApps: trust.statementApps,
    registry: trust.registry,
    attestationKeyUse,
    caller: request.caller ?? NO_CALLER_CONTEXT,
    environment,
    verifier: VERIFIER,
  });
  const { body, toSign } = resultOf({
    proof,
    document,
    request,
    terms,
    environment,
    now,
    attestationKeyUse,
  });
  const { handle = null, action = null } = request.context;
  const { facts, decision } = say(document, policy, trust.registry?.id ?? null);
  const answered: Answer = {
    status: 200,
    body,
    facts,
    evidenceDigest: document.evidenceDigest,
    decision: handle === null && action === null ? decision : { ...decision, handle, action },
  };
  const signed = toSign === undefined ? answered : { ...answered, toSign };
  if (claim.kind !== 'issued' || !usesUp(document, claim.issued.mark)) return signed;
  const { issuedAt, expiresAt } = claim.issued;
  return { ...signed, claim: { id: opened.claimId, issuedAt, expiresAt } };
}

/** How much the attestation key was used today; counted only where the policy looks at it. */
function countUse(
  { path }: Proof,
  { policy }: PreparedPolicy,
  { keyUse, now }: AnswerContext,
): number | null {
  const { RISK_ATTESTATION_KEY_VELOCITY: severity } = policy.rules.riskSignals;
  if (severity === 'ignore' || keyUse === undefined || !path.ok) return null;
  const { attestation, leaf } = path.value;
  return keyUse.count(sliceOf(attestation, attestation.spki), sliceOf(leaf, leaf.spki), now);
}

/**
 * Who a result is for, looked at before anything is verified: what cannot be signed must not use up a
 * challenge.
 */
function termsOf(
  { result, audience, enrol, enrolmentRecord }: VerifyRequest,
  terms: ResultTerms | null,
): ResultTerms | Answer | null {
  const needsNone = result === 'report' && !enrol && enrolmentRecord === null;
  if (needsNone) return null;
  if (terms === null) {
    return problem(
      'RESULT_NOT_SIGNED',
      'this service has no key to sign results and records with; ask for the report alone',
      result === 'report' ? (enrol ? 'enrol' : 'enrolmentRecord') : 'result',
    );
  }
  const { audiences } = terms;
  if (audience === null || audiences.length === 0 || audiences.includes(audience)) {
    return { ...terms, audiences: [audience ?? audiences[0] ?? terms.issuer] };
  }
  return problem('AUDIENCE_UNKNOWN', 'this service makes no results for it', 'audience');
}

/** What the enrolment record of a request is worth; null: it has none. */
function claimOfRecord(
  { enrolmentRecord, context }: VerifyRequest,
  terms: ResultTerms | null,
  { trust: { environment }, now }: AnswerContext,
): EnrolmentClaim | null {
  if (enrolmentRecord === null || terms === null) return null;
  const { issuer, handleKey, jwks } = terms;
  const keys = parseJwkSet(jwks);
  const handle = context.handle ?? null;
  return openEnrolmentRecord(enrolmentRecord, {
    keys,
    issuer,
    now,
    handleKey,
    handle,
    environment,
  });
}

interface Answering {
  readonly proof: Proof;
  readonly document: Report;
  readonly request: VerifyRequest;
  readonly terms: ResultTerms | null;
  readonly environment: Environment;
  readonly now: number;
  readonly attestationKeyUse: number | null;
}

/** The body as the request asks for it, and what is yet to be signed into it. */
function resultOf(answering: Answering): Pick<Answer, 'body' | 'toSign'> {
  const { proof, document, request, terms, now } = answering;
  const report = toReportText(document, proof.parts);
  if (terms === null) return { body: report };
  const record = recordOf(answering, terms);
  const lacks =
    request.enrol && record.length === 0 ? { noEnrolmentRecord: whyNone(document) } : {};
  const text = withMembers(report, lacks);
  if (request.result === 'report') return { body: text, toSign: record };
  const { outcome, findings } = document;
  const codes = findings.map(({ code }) => code);
  if (request.result === 'record') return withRecheck(answering, { outcome, codes }, record);
  const [audience = terms.issuer] = terms.audiences;
  const claims = toEarClaims(document, { ...terms, audience, now });
  return {
    body: request.result === 'both' ? text : toJsonText({ outcome, codes, ...lacks }),
    toSign: [{ member: 'token', kind: 'ear', claims }, ...record],
  };
}

/** Why an answer brings no record though one was asked for. */
function whyNone({ outcome }: Report): NoEnrolmentRecord {
  return outcome === 'accept' ? 'CHALLENGE_NOT_BOUND' : 'NOT_ACCEPTED';
}

/** The text of an object that is not empty, with more members at its end. */
function withMembers(text: string, members: Readonly<Record<string, string>>): string {
  const more = toJsonText(members).slice(1);
  return more === '}' ? text : `${text.slice(0, -1)},${more}`;
}

/** A recheck record in place of the report; null where nothing was proved that could be kept. */
function withRecheck(
  { proof, document, request: { caller }, now, attestationKeyUse }: Answering,
  brief: Pick<Report, 'outcome'> & { readonly codes: readonly string[] },
  enrolment: readonly ToSign[],
): Pick<Answer, 'body' | 'toSign'> {
  const facts = toRecheckFacts(proof, document, { evidenceTime: now, attestationKeyUse, caller });
  if (facts === null) {
    return { body: toJsonText({ record: null, ...brief }), toSign: enrolment };
  }
  const claims = toRecheckClaims(facts, now);
  return {
    body: toJsonText(brief),
    toSign: [{ member: 'record', kind: 'recheck', claims }, ...enrolment],
  };
}

/** Only what was accepted, as an answer to a challenge, is enrolled. */
function recordOf(
  { proof: { path, keyDescription }, document, request, environment, now }: Answering,
  terms: ResultTerms,
): readonly ToSign[] {
  const isFresh = document.outcome === 'accept' && document.binding.challenge === 'bound';
  if (!request.enrol || !isFresh || !path.ok || !keyDescription?.ok) return [];
  const claims = toEnrolmentClaims(toEnrolledDevice(path.value, keyDescription.value), {
    issuer: terms.issuer,
    audience: terms.issuer,
    now,
    lifetimeSeconds: terms.enrolmentLifetimeSeconds,
    handleKey: terms.handleKey,
    handle: request.context.handle ?? null,
    environment,
  });
  return [{ member: 'enrolmentRecord', kind: 'enrolment', claims }];
}

/** What the challenge of a request is to this service, and what its single use is remembered by. */
function claimOf(
  { challenge: bytes, context }: VerifyRequest,
  { caller = null, mark = 'free' }: Job,
  { challengeKeys }: AnswerContext,
): { readonly claim: ChallengeClaim; readonly id: string } {
  if (bytes === null) return { claim: { kind: 'absent' }, id: '' };
  if (challengeKeys === null) return { claim: { kind: 'given', bytes }, id: '' };
  const opened = openChallenge(bytes, challengeKeys, { caller, context });
  switch (opened.kind) {
    case 'other':
      return { claim: { kind: 'given', bytes }, id: '' };
    case 'forged':
      return { claim: { kind: 'forged', bytes }, id: '' };
    case 'issued': {
      const issued = { ...opened.issued, mark };
      return { claim: { kind: 'issued', bytes, issued }, id: opened.id };
    }
  }
}

/**
 * A decision on a verified chain that carries the challenge uses it up, whichever it is. Anything
 * inconclusive does not, so that a retry works; nor does evidence that only quotes a challenge.
 */
function usesUp({ outcome, binding }: Report, mark: MarkState): boolean {
  return mark === 'free' && outcome !== 'inconclusive' && binding.challenge === 'bound';
}

function parseJob({ form, body, query }: Job, readChain?: ReadChain): RequestResult {
  // A member that stands where it is not read would seem to count.
  const [stray] = Object.keys(query).filter((name) => form === 'json' || name === 'chain');
  if (stray !== undefined) {
    const text = 'stands in the query; beside JSON everything stands in the body';
    return { ok: false, fault: { code: 'REQUEST_INVALID', member: stray, text } };
  }
  if (form === 'json') return parseVerifyRequest(body, readChain);
  const document = withContext(query);
  return document === null
    ? {
        ok: false,
        fault: { code: 'REQUEST_INVALID', member: 'context', text: 'is given as context.NAME=' },
      }
    : checkVerifyRequest({ ...document, chain: body });
}

const CONTEXT_PREFIX = 'context.';

/** A query has no objects: `context.handle=…` stands for a member of one. Null: it has one as a text. */
function withContext(query: Job['query']): Readonly<Record<string, unknown>> | null {
  if (Object.hasOwn(query, 'context')) return null;
  const isOfContext = ([name]: [string, unknown]): boolean => name.startsWith(CONTEXT_PREFIX);
  const entries = Object.entries(query);
  const context = entries
    .filter(isOfContext)
    .map(([name, value]) => [name.slice(CONTEXT_PREFIX.length), value]);
  const others = Object.fromEntries(entries.filter((entry) => !isOfContext(entry)));
  return context.length === 0 ? others : { ...others, context: Object.fromEntries(context) };
}

function problem(code: ProblemCode, detail: string, member: string | null): Answer {
  const document = toProblem(code, detail, member);
  return {
    status: document.status,
    body: toJsonText(document),
    facts: { kind: 'problem', code },
    evidenceDigest: null,
  };
}
