/**
 * The two ways to serve, with one and the same server: in front of a pool of workers, or in several threads that
 * share the port and verify what they accept. Everything there is one of in a service stands outside of both.
 */
import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { FastifyBaseLogger } from 'fastify';
import type { AuditDesk } from './audit/desk.ts';
import type { Challenges } from './challenge/challenges.ts';
import { withSingleUse } from './challenge/single-use.ts';
import type { Config } from './config.ts';
import { letHeapsGrow, letThreadLimitsCount } from './heaps.ts';
import { describeReadiness } from './http/health-routes.ts';
import type { Metrics } from './http/metrics.ts';
import { checkReadiness } from './http/readiness.ts';
import { buildServer, openLog } from './http/server.ts';
import { RequestTally } from './http/tally.ts';
import { Listeners } from './listeners/listeners.ts';
import type { Desk } from './listeners/protocol.ts';
import { shareKeyUse } from './pool/key-use.ts';
import type { ResultTerms } from './pool/protocol.ts';
import type { SharedTrust } from './pool/shared-trust.ts';
import type { SharedUppers } from './pool/shared-uppers.ts';
import { VerificationPool } from './pool/verification-pool.ts';
import { type Signer, withResults } from './results/index.ts';
import type { RevocationDesk } from './revocation-desk.ts';
import type { TrustKeeper } from './sources/trust-keeper.ts';
import { settleTicks } from './ticks.ts';

/** What a service has one of. */
export interface ServiceParts {
  readonly config: Config;
  readonly keeper: TrustKeeper;
  /** The trust in force at the moment of the call: the same object for as long as nothing changes. */
  readonly sharedTrust: () => SharedTrust;
  readonly revocation: RevocationDesk;
  readonly challenges: Challenges;
  readonly audit: AuditDesk;
  readonly signer: Signer | null;
  readonly resultTerms: ResultTerms | null;
  readonly uppers: SharedUppers;
  readonly metrics: Metrics;
  readonly logStream: NodeJS.WritableStream | null;
}

export interface Serving {
  readonly log: FastifyBaseLogger;
  /** Resolves with the address once every thread can verify. */
  readonly listen: () => Promise<string>;
  /** Something may have changed that every thread must know. */
  readonly look: () => void;
  readonly close: () => Promise<void>;
}

/** Threads that verify, whichever way. */
interface Threads {
  readonly up: number;
  readonly queueLength: number;
}

/** One server, and workers behind it. */
export async function serveByPool(parts: ServiceParts): Promise<Serving> {
  const { config, keeper, revocation, challenges, audit, signer, metrics, logStream } = parts;
  let log: FastifyBaseLogger | undefined;
  letThreadLimitsCount();
  await settleTicks();
  const pool = new VerificationPool({
    ...config,
    trust: parts.sharedTrust,
    challengeSecrets: challenges.secrets,
    results: parts.resultTerms,
    uppers: parts.uppers,
    revocation: () => {
      const snapshot = revocation.snapshot();
      audit.note(keeper.material, snapshot);
      return snapshot;
    },
    onPoison: ({ body }, cause) => {
      const requestSha256 = createHash('sha256').update(body).digest('hex');
      log?.error({ requestSha256, err: cause }, 'a request ended two workers');
    },
    onWorkerError: (cause) => log?.error({ err: cause }, 'a worker ended'),
  });
  const threads: Threads = {
    get up() {
      return pool.workersUp;
    },
    get queueLength() {
      return pool.queueLength;
    },
  };
  const tally = new RequestTally();
  const server = await buildServer({
    config,
    trust: () => keeper.trust,
    submit: audit.withAudit(
      withResults(
        withSingleUse((job) => pool.submit(job), challenges.marks),
        signer,
      ),
    ),
    jwks: signer?.jwks ?? { keys: [] },
    issueChallenge: challenges.issue,
    batch: {
      openJudge: () => pool.openJudge(),
      revocation: revocation.snapshot,
      workers: config.workers,
    },
    health: { readiness: () => readinessOf(parts, threads), revocation: revocation.describe },
    counter: tally,
    readMetrics: () => {
      metrics.add(tally.take());
      return metrics.text();
    },
    ...(logStream === null ? {} : { logStream }),
  });
  log = server.log;
  addGauges(metrics, threads);
  return {
    log,
    look: () => {},
    listen: async () => {
      await pool.start();
      await server.listen({ host: config.host, port: config.port });
      const { address, port, family } = server.server.address() as AddressInfo;
      return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
    },
    close: async () => {
      // Who is still sending when every deadline has passed is cut off.
      const patience = setTimeout(() => server.server.closeAllConnections(), config.deadlineMs);
      await server.close();
      clearTimeout(patience);
      await pool.close();
    },
  };
}

/** Several servers, each in a thread that verifies; here is only what they share. */
export function serveByListeners(parts: ServiceParts): Serving {
  letHeapsGrow();
  const { config, keeper, revocation, challenges, audit, signer, metrics, logStream } = parts;
  const log = openLog({ config, ...(logStream === null ? {} : { logStream }) });
  const desk: Desk = {
    takeMark: (claim) => challenges.marks.take(claim),
    signDocument: async ({ kind, claims }) => {
      if (signer === null) throw new Error('there is no key to sign with');
      return signer.signDocument(kind, claims);
    },
    issueChallenge: async (purpose) => challenges.issue(purpose),
    readiness: async () => {
      await listeners.count();
      return readinessOf(parts, listeners);
    },
    revocation: async () => revocation.describe(),
    metrics: async () => {
      await listeners.count();
      return metrics.text();
    },
  };
  const deaths = metrics.counter('listener_deaths_total', 'Listening threads that ended', []);
  const listeners = new Listeners({
    count: config.listeners,
    start: {
      config,
      challengeSecrets: challenges.secrets,
      results: parts.resultTerms,
      keyUse: shareKeyUse(),
      uppers: parts.uppers,
      jwks: signer?.jwks ?? { keys: [] },
      hasSigner: signer !== null,
      hasAudit: audit.record !== null,
      forwardsLog: logStream !== null,
    },
    maxQueue: config.maxQueue,
    inForce: () => {
      const snapshot = revocation.snapshot();
      audit.note(keeper.material, snapshot);
      return { trust: parts.sharedTrust(), revocation: snapshot };
    },
    desk,
    onDecision: (job, answer) => audit.record?.(job, answer),
    onCounted: (counted) => metrics.add(counted),
    onPoison: (requestSha256, reason) =>
      log.error({ requestSha256, reason }, 'a request failed twice'),
    onDeath: (cause) => {
      deaths.inc();
      log.error({ err: cause }, 'a listener ended, and its connections with it; it is replaced');
    },
    onLog: (text) => logStream?.write(text),
  });
  addGauges(metrics, listeners);
  return {
    log,
    look: () => listeners.look(),
    listen: () => listeners.start(),
    close: () => listeners.close(),
  };
}

function readinessOf(
  { config, keeper, revocation, challenges, audit }: ServiceParts,
  threads: Threads,
) {
  return describeReadiness({
    workersUp: () => threads.up,
    queueLength: () => threads.queueLength,
    policies: () =>
      checkReadiness(
        keeper.trust,
        revocation.snapshot(),
        config.readinessPolicies,
        Date.now(),
        challenges.marks.whyNotIssuing(),
      ),
    revocation: revocation.describe,
    audit: audit.problem,
  });
}

function addGauges(metrics: Metrics, threads: Threads): void {
  metrics.gauge('pool_workers', 'Threads that verify and are up', () => threads.up);
  metrics.gauge('pool_queue_length', 'Requests that wait for one', () => threads.queueLength);
}
