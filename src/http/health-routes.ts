/** Alive, and able to decide. Liveness never waits for a worker. */
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { PROBLEM_MEDIA_TYPE } from '../request/index.ts';
import { ProblemResponses, ProblemSchema } from './problem-schema.ts';
import type { PolicyReadiness } from './readiness.ts';
import type { RevocationState } from './revocation-route.ts';
import { ReadinessSchema } from './schemas.ts';

/** What the service says of itself, whichever of its threads is asked. */
export interface Health {
  readonly readiness: () => Readiness | Promise<Readiness>;
  readonly revocation: () => RevocationState | Promise<RevocationState>;
}

export interface Readiness {
  readonly ready: boolean;
  /** Threads that verify. */
  readonly workers: number;
  /** Requests that wait. */
  readonly queue: number;
  readonly policies: readonly PolicyReadiness[];
  readonly revocation: RevocationState;
  readonly audit: { readonly ok: boolean; readonly reason: string | null };
}

/** What readiness follows from. */
export interface HealthSources {
  readonly workersUp: () => number;
  readonly queueLength: () => number;
  readonly policies: () => readonly PolicyReadiness[];
  readonly revocation: () => RevocationState;
  /** Why decisions cannot be recorded now; null: they can, or no trail is configured. */
  readonly audit: () => string | null;
}

const Alive = Type.Object({ alive: Type.Literal(true) });

/** What this instance lacks; or a problem, where it cannot even say that. */
const NotReady = {
  description: 'Not ready, or overloaded',
  content: {
    'application/json': { schema: ReadinessSchema },
    [PROBLEM_MEDIA_TYPE]: { schema: ProblemSchema },
  },
};

export function registerHealth(server: FastifyInstance, health: Health): void {
  server.get(
    '/health/live',
    {
      schema: {
        summary: 'Whether the process is alive',
        response: { 200: Alive, ...ProblemResponses },
      },
    },
    async () => ({ alive: true }) as const,
  );
  server.get(
    '/health/ready',
    {
      schema: {
        summary: 'Whether this instance can decide, and what it cannot judge',
        response: { ...ProblemResponses, 200: ReadinessSchema, 503: NotReady },
      },
    },
    async (_request, reply) => {
      const readiness = await health.readiness();
      return reply.code(readiness.ready ? 200 : 503).send(readiness);
    },
  );
}

export function describeReadiness(sources: HealthSources): Readiness {
  const policies = sources.policies();
  const workers = sources.workersUp();
  const audit = sources.audit();
  const ready =
    workers > 0 &&
    audit === null &&
    policies.every(({ required, canDecide }) => !required || canDecide);
  return {
    ready,
    workers,
    queue: sources.queueLength(),
    policies,
    revocation: sources.revocation(),
    audit: { ok: audit === null, reason: audit },
  };
}
