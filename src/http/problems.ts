/** The one place that turns faults into problem documents. */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { NotIssuing } from '../challenge/challenges.ts';
import { BusyFault } from '../pool/dispatcher.ts';
import { PROBLEM_MEDIA_TYPE, type ProblemCode, toProblem } from '../request/index.ts';

/** Seconds after which a refused caller may try again. */
export const RETRY_AFTER_SECONDS = 1;

/** What @fastify/rate-limit throws has this status and no code. */
const TOO_MANY_REQUESTS = 429;

/** What is wrong, by fastify's codes. */
const FASTIFY_CODES: Readonly<Record<string, { code: ProblemCode; detail: string }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    code: 'REQUEST_TOO_LARGE',
    detail: 'the body is larger than this service takes',
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'REQUEST_MEDIA_TYPE',
    detail: 'send application/json or application/pem-certificate-chain',
  },
  FST_ERR_CTP_EMPTY_JSON_BODY: { code: 'REQUEST_NOT_JSON', detail: 'the body is empty' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: 'REQUEST_INVALID',
    detail: 'the body is not as long as its Content-Length says',
  },
};

/**
 * Ends `reply` with a problem document. Whoever went away is told nothing: what Node does with a response on a closed
 * connection it does for no other, and V8 throws the compiled code of all its HTTP away when it first happens.
 */
export function sendProblem(
  reply: FastifyReply,
  code: ProblemCode,
  detail: string,
  member: string | null = null,
): FastifyReply {
  if (reply.raw.destroyed) return reply.hijack();
  const problem = toProblem(code, detail, member);
  if (problem.status === 503) reply.header('retry-after', RETRY_AFTER_SECONDS);
  return reply
    .code(problem.status)
    .type(PROBLEM_MEDIA_TYPE)
    .serializer(JSON.stringify)
    .send(problem);
}

/** What fastify and its plugins throw, and what we throw. Anything unknown says nothing of itself. */
export function handleError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  if (error instanceof BusyFault) return sendProblem(reply, 'SERVICE_BUSY', error.message);
  if (error instanceof NotIssuing) return sendProblem(reply, 'SERVICE_NOT_READY', error.message);
  const known = FASTIFY_CODES[error.code];
  if (known !== undefined) return sendProblem(reply, known.code, known.detail);
  if (error.statusCode === TOO_MANY_REQUESTS) {
    return sendProblem(reply, 'REQUEST_RATE', 'too many requests from this address');
  }
  if (error.validation !== undefined) return sendProblem(reply, 'REQUEST_INVALID', error.message);
  if (error.statusCode !== undefined && error.statusCode < 500) {
    return sendProblem(reply, 'REQUEST_INVALID', 'the request is not understood');
  }
  request.log.error({ err: error }, 'request failed');
  return sendProblem(reply, 'INTERNAL', 'the request could not be answered');
}

export function handleNotFound(_request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return sendProblem(reply, 'NOT_FOUND', 'there is nothing here; see /openapi.json');
}

/**
 * Throws `BusyFault` where the event loop was late by `delay` milliseconds. Infinity is what the plugin says
 * when it has measured nothing, as in the second after a slow start: such a service is not overloaded.
 */
export async function shedLoad(
  _request: FastifyRequest,
  _reply: FastifyReply,
  _type: string,
  delay: number | undefined,
): Promise<void> {
  if (delay !== Number.POSITIVE_INFINITY) throw new BusyFault('the service is overloaded');
}
