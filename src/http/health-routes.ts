/** Alive, and able to decide. Liveness never waits for a worker. */
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { PolicyReadiness } from './readiness.ts';
import type { RevocationState } from './revocation-route.ts';
import { ReadinessSchema } from './schemas.ts';

export interface Health {
  readonly workersUp: () => number;
  readonly queueLength: () => number;
  readonly policies: () => readonly PolicyReadiness[];
  readonly revocation: () => RevocationState;
}

const Alive = Type.Object({ alive: Type.Literal(true) });

export function registerHealth(server: FastifyInstance, health: Health): void {
  server.get(
    '/health/live',
    { schema: { summary: 'Whether the process is alive', response: { 200: Alive } } },
    async () => ({ alive: true }) as const,
  );
  server.get(
    '/health/ready',
    {
      schema: {
        summary: 'Whether this instance can decide, and what it cannot judge',
        response: { 200: ReadinessSchema, 503: ReadinessSchema },
      },
    },
    async (_request, reply) => {
      const policies = health.policies();
      const workers = health.workersUp();
      const isReady =
        workers > 0 && policies.every(({ required, canDecide }) => !required || canDecide);
      return reply.code(isReady ? 200 : 503).send({
        ready: isReady,
        workers,
        queue: health.queueLength(),
        policies,
        revocation: health.revocation(),
      });
    },
  );
}
