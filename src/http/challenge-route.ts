/** `POST /v1/challenges`: a challenge for what the caller is about to do. */
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { ChallengePurpose } from '../challenge/challenge.ts';
import { ContextSchema, parseContext } from '../request/index.ts';
import { ProblemResponses } from './problem-schema.ts';
import { sendProblem } from './problems.ts';

/** Issues a challenge. Throws `NotIssuing`. `expiresAt` in milliseconds since 1970. */
export type IssueChallenge = (purpose: ChallengePurpose) => Issued | Promise<Issued>;

interface Issued {
  readonly challenge: Uint8Array;
  readonly expiresAt: number;
}

const IssuedChallengeSchema = Type.Object(
  {
    challenge: Type.String({
      description: 'Give these bytes to the device (base64url without padding, at most 128 bytes).',
    }),
    expiresAt: Type.String({ format: 'date-time' }),
  },
  { additionalProperties: false, title: 'IssuedChallenge' },
);

export function registerChallenges(server: FastifyInstance, issue: IssueChallenge): void {
  server.post(
    '/v1/challenges',
    {
      schema: {
        summary: 'Issue a challenge',
        description:
          'Good for one use, for a few minutes, by this caller, with the same context. Nothing is stored.',
        body: { content: { 'application/json': { schema: ContextSchema } } },
        response: { 200: IssuedChallengeSchema, ...ProblemResponses },
      },
      // The body comes as text, and is parsed as strictly as a request to verify.
      validatorCompiler: () => () => true,
    },
    async (request, reply) => {
      const parsed = parseContext((request.body as string | undefined) ?? '');
      if (!parsed.ok) {
        const { code, text, member } = parsed.fault;
        return sendProblem(reply, code, text, member);
      }
      const purpose = { caller: request.caller, context: parsed.context };
      const { challenge, expiresAt } = await issue(purpose);
      return reply.header('cache-control', 'no-store').send({
        challenge: Buffer.from(challenge).toString('base64url'),
        expiresAt: new Date(expiresAt).toISOString(),
      });
    },
  );
}
