/** `POST /v1/recheck`: a recheck record judged as of now, without evidence. */
import type { FastifyInstance } from 'fastify';
import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import type { BatchDeps } from './batch-route.ts';
import { ProblemResponses } from './problem-schema.ts';
import { sendProblem } from './problems.ts';
import { RecheckReportSchema } from './schemas.ts';

const RecheckRequest = Type.Object(
  {
    record: Type.String({ description: 'A recheck record that this service signed.' }),
    policy: Type.Optional(Type.String({ description: 'Id of a policy; see GET /v1/policies.' })),
  },
  { additionalProperties: false, title: 'RecheckRequest' },
);

const REQUEST = Compile(RecheckRequest);

export function registerRecheck(server: FastifyInstance, deps: BatchDeps): void {
  server.post<{ Body: Static<typeof RecheckRequest> }>(
    '/v1/recheck',
    {
      schema: {
        summary: 'Judge a recheck record',
        description:
          'Revocation, releases and policy as of now, from facts that were kept; no signature of the chain is verified again.',
        body: RecheckRequest,
        response: { 200: RecheckReportSchema, ...ProblemResponses },
      },
      // Checked below, where it can be said what is missing.
      validatorCompiler: () => () => true,
      serializerCompiler: () => JSON.stringify,
    },
    async (request, reply) => {
      if (!REQUEST.Check(request.body)) {
        const text = 'a record is expected, a policy may stand beside it, and nothing else';
        return sendProblem(reply, 'REQUEST_INVALID', text);
      }
      const line = JSON.stringify({ ...request.body, id: 'recheck' });
      const { bytes } = await deps.openJudge()({
        terms: {
          appraisedAt: Date.now(),
          revocation: deps.revocation(),
          policy: null,
          form: 'full',
          facts: false,
          recordKeys: deps.recordKeys,
          only: null,
          crossCheckRate: 0,
        },
        bytes: Buffer.from(line),
        firstLine: 1,
        input: null,
      });
      const { report, error } = JSON.parse(Buffer.from(bytes).toString('utf8'));
      if (error === undefined) return report;
      if (error.code === 'POLICY_UNKNOWN') {
        return sendProblem(reply, 'POLICY_UNKNOWN', error.text, 'policy');
      }
      return sendProblem(reply, 'REQUEST_INVALID', error.text, 'record');
    },
  );
}
