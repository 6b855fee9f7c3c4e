/** `POST /v1/verify`: the request goes to a worker as it came, and the answer is written as it comes. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { Admitted } from '../pool/dispatcher.ts';
import type { AnswerFacts, Job } from '../pool/protocol.ts';
import { PROBLEM_MEDIA_TYPE, VerifyQuerySchema, VerifyRequestSchema } from '../request/index.ts';
import { ProblemResponses } from './problem-schema.ts';
import { RETRY_AFTER_SECONDS } from './problems.ts';
import {
  RecordResultSchema,
  ReportSchema,
  ReportWithTokenSchema,
  TokenAnswerSchema,
} from './schemas.ts';
import { writeText } from './write-text.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What the answer was, for the one log line of the request. */
    answered: AnswerFacts | null;
    evidenceDigest: string | null;
  }
}

const UNAVAILABLE = 503;

const REPORT_TYPE = 'application/json; charset=utf-8';
const PROBLEM_TYPE = `${PROBLEM_MEDIA_TYPE}; charset=utf-8`;

const PEM_MEDIA_TYPE = 'application/pem-certificate-chain';

export function registerVerify(server: FastifyInstance, submit: (job: Job) => Admitted): void {
  const asText = { parseAs: 'string' } as const;
  server.removeAllContentTypeParsers();
  for (const type of ['application/json', PEM_MEDIA_TYPE]) {
    server.addContentTypeParser(type, asText, (_request, body, done) => done(null, body));
  }
  server.decorateRequest('answered', null);
  server.decorateRequest('evidenceDigest', null);
  server.post(
    '/v1/verify',
    {
      schema: {
        summary: 'Verify a certificate chain',
        description:
          'Answers 200 with a report whatever the outcome: a rejected attestation is a successful request.',
        querystring: VerifyQuerySchema,
        body: {
          content: {
            'application/json': { schema: VerifyRequestSchema },
            [PEM_MEDIA_TYPE]: { schema: { type: 'string' } },
          },
        },
        response: {
          200: Type.Union([
            ReportSchema,
            ReportWithTokenSchema,
            TokenAnswerSchema,
            RecordResultSchema,
          ]),
          ...ProblemResponses,
        },
      },
      // The worker checks the body against the schema, in the one pass that parses it.
      validatorCompiler: () => () => true,
      // Answers come as texts; a serialiser of all that stands in a report is a megabyte of code in each thread.
      serializerCompiler: () => JSON.stringify,
    },
    (request, reply) => answer(request, reply, submit, server.securityHeaders),
  );
}

async function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  submit: (job: Job) => Admitted,
  headers: readonly string[],
): Promise<void> {
  const type = request.headers['content-type']?.toLowerCase() ?? '';
  const isPem = type.startsWith(PEM_MEDIA_TYPE);
  const admitted = submit({
    form: isPem ? 'pem' : 'json',
    body: (request.body as string | undefined) ?? '',
    query: request.query as Record<string, unknown>,
    caller: request.caller,
    arrivedAt: performance.now() - reply.elapsedTime,
  });
  reply.raw.on('close', () => {
    if (!reply.raw.writableEnded) admitted.abandon();
  });
  const { status, body, facts, evidenceDigest } = await admitted.answer;
  request.answered = facts;
  request.evidenceDigest = evidenceDigest;
  if (status === UNAVAILABLE) reply.header('retry-after', RETRY_AFTER_SECONDS);
  const mediaType = facts.kind === 'problem' ? PROBLEM_TYPE : REPORT_TYPE;
  writeText(reply, { status, mediaType, body }, headers);
}
