/**
 * `POST /v1/batch`: records in, results out, one line each, in order, while both are still under way. A
 * reader that is slow slows the work, one that is gone stops it.
 */
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { readBlocks } from '../batch/blocks.ts';
import { type ChunkJudge, judgeBlocks, type SourceBlock } from '../batch/judge-blocks.ts';
import type { RunTerms } from '../batch/protocol.ts';
import type { RevocationSnapshot } from '../core/revocation/index.ts';
import type { JwkSet } from '../results/index.ts';
import type { Trust } from '../sources/trust.ts';
import { ProblemResponses } from './problem-schema.ts';
import { sendProblem } from './problems.ts';
import { BatchResultSchema } from './schemas.ts';

export interface BatchDeps {
  /** The trust in force at the moment of the call. */
  readonly trust: () => Trust;
  /** What judges chunks under that trust, whatever is in force later. */
  readonly openJudge: () => ChunkJudge;
  /** The snapshot in force at the moment of the call. */
  readonly revocation: () => RevocationSnapshot;
  readonly workers: number;
  /** Public keys of recheck records. */
  readonly recordKeys: JwkSet;
}

const NDJSON = 'application/x-ndjson';

/** A connection on which nothing moves for so long is given up. */
const IDLE_MS = 60_000;

const Query = Type.Object(
  {
    policy: Type.Optional(Type.String({ description: 'Policy of records that name none.' })),
    form: Type.Optional(
      Type.Union([Type.Literal('brief'), Type.Literal('full')], {
        description: '`full`: results carry the whole report.',
      }),
    ),
  },
  { additionalProperties: false },
);

const QUERY = Compile(Query);

export function registerBatch(server: FastifyInstance, deps: BatchDeps): void {
  server.removeAllContentTypeParsers();
  // The body stays a stream: it may be longer than memory.
  server.addContentTypeParser(NDJSON, (_request, body, done) => done(null, body));
  server.post<{ Querystring: Static<typeof Query> }>(
    '/v1/batch',
    {
      bodyLimit: Number.MAX_SAFE_INTEGER,
      config: { streams: true },
      schema: {
        summary: 'Verify many stored chains',
        description:
          'NDJSON records {id, chain, receivedAt?, challenge?, policy?}, to one NDJSON result each, in order, streamed both ways. What cannot be read has an error result.',
        querystring: Query,
        body: { content: { [NDJSON]: { schema: { type: 'string' } } } },
        response: {
          200: { content: { [NDJSON]: { schema: BatchResultSchema } } },
          ...ProblemResponses,
        },
      },
      // Lines are checked where they are judged, and the query below.
      validatorCompiler: () => () => true,
    },
    (request, reply) => answer(request, reply, deps),
  );
}

async function answer(
  request: FastifyRequest<{ Querystring: Static<typeof Query> }>,
  reply: FastifyReply,
  deps: BatchDeps,
): Promise<FastifyReply> {
  if (!QUERY.Check(request.query)) {
    return sendProblem(reply, 'REQUEST_INVALID', 'the query takes policy, and form: brief or full');
  }
  const { policy = null, form = 'brief' } = request.query;
  const { policies } = deps.trust();
  if (policy !== null && !policies.has(policy)) {
    const known = [...policies.keys()].join(', ');
    const text = `there is no such policy; there are ${known}`;
    return sendProblem(reply, 'POLICY_UNKNOWN', text, 'policy');
  }
  const terms: RunTerms = {
    appraisedAt: Date.now(),
    revocation: deps.revocation(),
    policy,
    form,
    facts: false,
    recordKeys: deps.recordKeys,
    only: null,
    crossCheckRate: 0,
  };
  request.raw.socket.setTimeout(IDLE_MS, () => request.raw.socket.destroy());
  reply.raw.once('close', () => request.raw.socket.setTimeout(0));
  const results = Readable.from(resultsOf(request, terms, deps), { objectMode: false });
  return reply.type(NDJSON).send(results);
}

async function* resultsOf(
  request: FastifyRequest,
  terms: RunTerms,
  { openJudge, workers }: BatchDeps,
): AsyncGenerator<Uint8Array> {
  const judged = judgeBlocks(blocksOf(request.body as Readable), {
    judge: openJudge(),
    terms,
    ahead: workers,
    onPoison: (line, cause) => request.log.error({ line, err: cause }, 'a line ended two workers'),
  });
  for await (const { bytes } of judged) if (bytes.length > 0) yield bytes;
}

async function* blocksOf(body: Readable): AsyncGenerator<SourceBlock> {
  for await (const block of readBlocks(body)) yield { block, source: 0, input: null };
}
