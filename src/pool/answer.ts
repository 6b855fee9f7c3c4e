/** One request to one answer: parse, prove, judge, serialise. Runs where the request is verified. */
import { type ChallengeKeys, openChallenge } from '../challenge/challenge.ts';
import type { ChallengeClaim, MarkState } from '../core/binding/index.ts';
import { judge } from '../core/judge.ts';
import { type ProofMemory, prove } from '../core/prove.ts';
import { toRecheckFacts } from '../core/recheck.ts';
import { type Report, toReportText } from '../core/report/index.ts';
import type { RevocationSnapshot } from '../core/revocation/index.ts';
import {
  checkVerifyRequest,
  type ProblemCode,
  parseVerifyRequest,
  type RequestResult,
  toProblem,
  type VerifyRequest,
} from '../request/index.ts';
import { VERIFIER } from '../sources/package-root.ts';
import type { Trust } from '../sources/trust.ts';
import type { Answer, Job } from './protocol.ts';

/** What answers depend on beside the request. `now`: milliseconds since 1970. */
export interface AnswerContext {
  readonly trust: Trust;
  readonly revocation: RevocationSnapshot;
  /** Null: this service issues no challenges. */
  readonly challengeKeys: ChallengeKeys | null;
  readonly now: number;
  readonly memory: ProofMemory;
}

/** Answers a request. Evidence that is rejected is an answer like any other. */
export function answer(job: Job, context: AnswerContext): Answer {
  const parsed = parseJob(job);
  if (!parsed.ok) {
    const { code, text, member } = parsed.fault;
    return problem(code, text, member);
  }
  return report(parsed.request, job, context);
}

function report(request: VerifyRequest, job: Job, answering: AnswerContext): Answer {
  const { trust, revocation, now, memory } = answering;
  const name = request.policy ?? trust.defaultPolicy;
  const policy = trust.policies.get(name);
  if (policy === undefined) {
    const known = [...trust.policies.keys()].join(', ');
    return problem('POLICY_UNKNOWN', `there is no such policy; there are ${known}`, 'policy');
  }
  const { claim, id } = claimOf(request, job, answering);
  const proof = prove(request.chain, trust.anchors, memory);
  const document = judge(proof, {
    evidenceTime: now,
    appraisedAt: now,
    policy,
    revocation,
    challenge: claim,
    context: request.context,
    publicKey: request.publicKey,
    statement: request.statement,
    statementApps: trust.statementApps,
    registry: trust.registry,
    environment: trust.environment,
    verifier: VERIFIER,
  });
  return {
    status: 200,
    body: toReportText(document, proof.parts),
    ...(request.result === 'record' ? { recheck: toRecheckFacts(proof, document, now) } : {}),
    facts: {
      kind: 'report',
      outcome: document.outcome,
      trustState: document.trustState,
      codes: document.findings.map(({ code }) => code),
      policy: policy.policy.id,
      evidenceDigest: document.evidenceDigest,
    },
    ...(claim.kind === 'issued' && usesUp(document, claim.issued.mark)
      ? { claim: { id, issuedAt: claim.issued.issuedAt, expiresAt: claim.issued.expiresAt } }
      : {}),
  };
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

function parseJob({ form, body, query }: Job): RequestResult {
  if (form === 'json') return parseVerifyRequest(body);
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
    body: JSON.stringify(document),
    facts: { kind: 'problem', code },
  };
}
