/** `GET /.well-known/jwks.json`: the keys of signed results, for anybody. */
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { JwkSet } from '../results/keys.ts';
import { ProblemResponses } from './problem-schema.ts';

/** Seconds a relying party may keep the set: a new key is published at least that long before it signs. */
const MAX_AGE_SECONDS = 300;

const JwkSetSchema = Type.Object(
  { keys: Type.Array(Type.Record(Type.String(), Type.String())) },
  { additionalProperties: false, title: 'JwkSet' },
);

/** Without a key to sign with, the set is empty. */
export function registerJwks(server: FastifyInstance, jwks: JwkSet): void {
  const response = { 200: JwkSetSchema, ...ProblemResponses };
  const schema = { summary: 'Keys of signed results', response };
  server.get('/.well-known/jwks.json', { schema }, async (_request, reply) =>
    reply.header('cache-control', `public, max-age=${MAX_AGE_SECONDS}`).send(jwks),
  );
}
