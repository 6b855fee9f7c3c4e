/** One request to one answer: parse, prove, judge, serialise. Runs where the request is verified. */
import { judge } from '../core/judge.ts';
import { type ProofMemory, prove } from '../core/prove.ts';
import { toReportText } from '../core/report/index.ts';
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
  return report(parsed.request, context);
}

function report(request: VerifyRequest, { trust, revocation, now, memory }: AnswerContext): Answer {
  const name = request.policy ?? trust.defaultPolicy;
  const policy = trust.policies.get(name);
  if (policy === undefined) {
    const known = [...trust.policies.keys()].join(', ');
    return problem('POLICY_UNKNOWN', `there is no such policy; there are ${known}`, 'policy');
  }
  const proof = prove(request.chain, trust.anchors, memory);
  const document = judge(proof, {
    evidenceTime: now,
    appraisedAt: now,
    policy,
    revocation,
    challenge:
      request.challenge === null ? { kind: 'absent' } : { kind: 'given', bytes: request.challenge },
    publicKey: request.publicKey,
    registry: trust.registry,
    ...(request.caller === undefined ? {} : { caller: request.caller }),
    environment: trust.environment,
    verifier: VERIFIER,
  });
  return {
    status: 200,
    body: toReportText(document, proof.parts),
    facts: {
      kind: 'report',
      outcome: document.outcome,
      trustState: document.trustState,
      codes: document.findings.map(({ code }) => code),
      policy: policy.policy.id,
      evidenceDigest: document.evidenceDigest,
    },
  };
}

function parseJob({ form, body, query }: Job): RequestResult {
  if (form === 'json') return parseVerifyRequest(body);
  return checkVerifyRequest({ ...query, ...contextOf(query), chain: body });
}

/** In a query the context is JSON text; what is no JSON is left for the schema to refuse. */
function contextOf({ context }: Job['query']): { readonly context?: unknown } {
  if (typeof context !== 'string') return {};
  try {
    return { context: JSON.parse(context) };
  } catch {
    return { context };
  }
}

function problem(code: ProblemCode, detail: string, member: string | null): Answer {
  const document = toProblem(code, detail, member);
  return {
    status: document.status,
    body: JSON.stringify(document),
    facts: { kind: 'problem', code },
  };
}
