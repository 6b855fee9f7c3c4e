/** One request to one answer: parse, prove, judge, serialise. Runs where the request is verified. */
import { judge } from '../core/judge.ts';
import { prove } from '../core/prove.ts';
import { toRecheckFacts } from '../core/recheck.ts';
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

function report(request: VerifyRequest, { trust, revocation, now }: AnswerContext): Answer {
  const name = request.policy ?? trust.defaultPolicy;
  const policy = trust.policies.get(name);
  if (policy === undefined) {
    const known = [...trust.policies.keys()].join(', ');
    return problem('POLICY_UNKNOWN', `there is no such policy; there are ${known}`, 'policy');
  }
  const proof = prove(request.chain, trust.anchors);
  const document = judge(proof, {
    evidenceTime: now,
    appraisedAt: now,
    policy,
    revocation,
    challenge:
      request.challenge === null ? { kind: 'absent' } : { kind: 'given', bytes: request.challenge },
    publicKey: request.publicKey,
    registry: trust.registry,
    environment: trust.environment,
    verifier: VERIFIER,
  });
  return {
    status: 200,
    body: JSON.stringify(document),
    ...(request.result === 'record' ? { recheck: toRecheckFacts(proof, document, now) } : {}),
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
  return checkVerifyRequest({ ...query, chain: body });
}

function problem(code: ProblemCode, detail: string, member: string | null): Answer {
  const document = toProblem(code, detail, member);
  return {
    status: document.status,
    body: JSON.stringify(document),
    facts: { kind: 'problem', code },
  };
}
