/** The HTTP service, wired in one visible list. It decides nothing: verdicts come from the workers. */
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import underPressure from '@fastify/under-pressure';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyServerOptions,
  LogController,
} from 'fastify';
import type { Config } from '../config.ts';
import type { Admitted } from '../pool/dispatcher.ts';
import type { Job } from '../pool/protocol.ts';
import type { JwkSet } from '../results/keys.ts';
import { VERIFIER } from '../sources/package-root.ts';
import type { Trust } from '../sources/trust.ts';
import { type BatchDeps, registerBatch } from './batch-route.ts';
import { boundBodies } from './bodies.ts';
import { requireCaller } from './callers.ts';
import { type IssueChallenge, registerChallenges } from './challenge-route.ts';
import { type Health, registerHealth } from './health-routes.ts';
import { registerJwks } from './jwks-route.ts';
import { registerKnowledge } from './knowledge-routes.ts';
import { countRequests, registerMetrics } from './metrics.ts';
import { handleError, handleNotFound, shedLoad } from './problems.ts';
import { registerRecheck } from './recheck-route.ts';
import { registerRevocation } from './revocation-route.ts';
import { addSecurityHeaders } from './security-headers.ts';
import type { RequestCounter } from './tally.ts';
import { registerVerify } from './verify-route.ts';
import { answerClientError } from './wire-errors.ts';

export interface ServerDeps {
  readonly config: Config;
  /** The trust in force at the moment of the call. */
  readonly trust: () => Trust;
  readonly submit: (job: Job) => Admitted;
  readonly batch: Omit<BatchDeps, 'trust' | 'recordKeys'>;
  readonly issueChallenge: IssueChallenge;
  /** Keys of signed results; empty where nothing is signed. */
  readonly jwks: JwkSet;
  readonly health: Health;
  /** What counts requests, and the figures of the whole service. */
  readonly counter: RequestCounter;
  readonly readMetrics: () => Promise<string>;
  /** Where log lines go; standard output by default. */
  readonly logStream?: NodeJS.WritableStream;
}

/** Event loop delay beyond which requests are shed, in milliseconds. */
const MAX_EVENT_LOOP_DELAY_MS = 1000;

/** Headers must arrive within this time, so that slow senders hold no connection. */
const HEADERS_TIMEOUT_MS = 10_000;

/** Builds the service; it does not listen yet. */
export async function buildServer(deps: ServerDeps): Promise<FastifyInstance> {
  const { config } = deps;
  const server = Fastify({
    logger: loggerOf(deps),
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: config.maxBodyBytes,
    // A batch may be sent for hours; every other body is bounded by a hook.
    requestTimeout: 0,
    http: { headersTimeout: HEADERS_TIMEOUT_MS },
    frameworkErrors: handleError,
    clientErrorHandler: answerClientError,
    routerOptions: { ignoreTrailingSlash: false },
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false } },
    forceCloseConnections: 'idle',
  });
  server.setErrorHandler(handleError);
  server.setNotFoundHandler(handleNotFound);
  if (LEVELS_WITH_REQUESTS.includes(config.logLevel)) logEachRequestOnce(server);
  boundBodies(server, config.deadlineMs);
  countRequests(server, deps.counter);

  await addSecurityHeaders(server);
  await server.register(underPressure, {
    maxEventLoopDelay: MAX_EVENT_LOOP_DELAY_MS,
    pressureHandler: shedLoad,
  });
  if (config.requestsPerMinute > 0) {
    await server.register(rateLimit, {
      global: false,
      max: config.requestsPerMinute,
      timeWindow: '1 minute',
      // Whoever asks whether the service is well must always hear it.
      allowList: ({ url }) => url.startsWith('/health/'),
    });
    // Of every request, before anything is asked of it: 401 and 404 count as well.
    server.addHook('onRequest', server.rateLimit());
  }
  await server.register(swagger, { openapi: OPENAPI });
  registerHealth(server, deps.health);
  registerJwks(server, deps.jwks);
  await server.register((scope, _options, done) => {
    scope.decorateRequest('caller', null);
    requireCaller(scope, config.callers);
    registerVerify(scope, deps.submit);
    registerChallenges(scope, deps.issueChallenge);
    registerKnowledge(scope, deps.trust);
    registerRevocation(scope, deps.health.revocation);
    registerMetrics(scope, deps.readMetrics);
    done();
  });
  const { trust, jwks: recordKeys } = deps;
  const batch = { ...deps.batch, trust, recordKeys };
  await server.register((scope, _options, done) => {
    requireCaller(scope, config.callers);
    registerRecheck(scope, batch);
    done();
  });
  await server.register((scope, _options, done) => {
    requireCaller(scope, config.callers);
    registerBatch(scope, batch);
    done();
  });
  server.get('/openapi.json', { schema: { hide: true } }, async () => server.swagger());
  await server.register(swaggerUi, { routePrefix: '/docs' });
  await server.ready();
  return server;
}

const OPENAPI = {
  openapi: '3.1.0',
  info: {
    title: VERIFIER.name,
    version: VERIFIER.version,
    description: 'Verifies Android Key Attestation certificate chains.',
  },
  components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
} as const;

/** The log of the same kind where no server is. */
export function openLog(deps: Pick<ServerDeps, 'config' | 'logStream'>): FastifyBaseLogger {
  return Fastify({ logger: loggerOf(deps) }).log;
}

function loggerOf({
  config,
  logStream,
}: Pick<ServerDeps, 'config' | 'logStream'>): NonNullable<FastifyServerOptions['logger']> {
  if (config.logLevel === 'silent') return false;
  return { level: config.logLevel, ...(logStream === undefined ? {} : { stream: logStream }) };
}

/** Where the line of a request is written; elsewhere it is not put together. */
const LEVELS_WITH_REQUESTS: readonly Config['logLevel'][] = ['debug', 'info'];

/** One line a request, at its end: no evidence, no identifiers, no addresses. */
function logEachRequestOnce(server: FastifyInstance): void {
  server.addHook('onResponse', (request, reply, done) => {
    request.log.info(
      {
        method: request.method,
        route: request.routeOptions.url ?? null,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
        ...(request.answered ?? {}),
        ...(request.evidenceDigest ? { evidenceDigest: request.evidenceDigest } : {}),
      },
      'answered',
    );
    done();
  });
}
