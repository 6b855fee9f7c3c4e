/** The service as a process: wires everything together, and closes in reverse order. */
import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { FastifyBaseLogger } from 'fastify';
import { openAudit } from './audit/desk.ts';
import { openChallenges } from './challenge/challenges.ts';
import { withSingleUse } from './challenge/single-use.ts';
import type { Config } from './config.ts';
import { Metrics } from './http/metrics.ts';
import { checkReadiness } from './http/readiness.ts';
import { buildServer } from './http/server.ts';
import type { ResultTerms } from './pool/protocol.ts';
import { shareTrust } from './pool/shared-trust.ts';
import { VerificationPool } from './pool/verification-pool.ts';
import {
  checkKeysApart,
  openHandleKey,
  openSigner,
  type Signer,
  withResults,
} from './results/index.ts';
import { openRevocation } from './revocation-desk.ts';
import { TrustKeeper } from './sources/trust-keeper.ts';

export interface Service {
  /** Where it listens, such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Answers what is in flight, refuses the rest, and ends. */
  readonly close: () => Promise<void>;
}

/** Starts the service. It listens once every worker can verify. */
export async function startService(
  config: Config,
  logStream?: NodeJS.WritableStream,
): Promise<Service> {
  const signer = openSigner(config);
  checkKeysApart(signer, config.releaseKeys);
  const metrics = new Metrics();
  let log: FastifyBaseLogger | undefined;
  const keeper = new TrustKeeper(config, {
    onReloaded: ({ policies, registry }) => {
      shared = shareTrust(keeper.material);
      const digests = Object.fromEntries([...policies].map(([id, { digest }]) => [id, digest]));
      log?.info({ policies: digests, registry: registry?.id ?? null }, 'new trust is in force');
      audit.note(keeper.material, revocation.snapshot());
    },
    onRefused: ({ message }) => {
      log?.error({ reason: message }, 'refused; what was in force stays in force');
      audit.noteRefused(message);
    },
  });
  let shared = shareTrust(keeper.material);
  const revocation = await openRevocation(
    config,
    keeper.material.anchors.anchors,
    metrics,
    () => log,
  );
  const challenges = await openChallenges({
    settings: config,
    clock: Date.now,
    onStoreChange: (problem) => {
      if (problem === null) log?.info('the store of used challenges is usable');
      else log?.error(problem);
    },
  });
  const audit = await openAudit(
    config,
    signer,
    keeper.material,
    revocation.snapshot(),
    () => log,
  ).catch(async (fault) => {
    await challenges.close();
    await revocation.close();
    throw fault;
  });
  const pool = new VerificationPool({
    ...config,
    trust: () => shared,
    challengeSecrets: challenges.secrets,
    results: signer === null ? null : resultTermsOf(config, signer),
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
    batch: { openJudge: () => pool.openJudge(), revocation: revocation.snapshot },
    health: {
      workersUp: () => pool.workersUp,
      queueLength: () => pool.queueLength,
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
    },
    metrics,
    ...(logStream === undefined ? {} : { logStream }),
  });
  log = server.log;
  metrics.gauge('pool_workers', 'Worker threads that are up', () => pool.workersUp);
  metrics.gauge('pool_queue_length', 'Requests that wait for a worker', () => pool.queueLength);
  for (const problem of [challenges.marks.whyNotIssuing(), audit.problem()]) {
    if (problem !== null) log.error(problem);
  }
  try {
    await pool.start();
    await server.listen({ host: config.host, port: config.port });
  } catch (error) {
    await pool.close();
    await challenges.close();
    await revocation.close();
    await audit.close();
    throw error;
  }
  const stopLooking = lookEvery(config.reloadSeconds, () => keeper.look());
  revocation.start();
  const { address, port, family } = server.server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    close: async () => {
      stopLooking();
      // Who is still sending when every deadline has passed is cut off.
      const patience = setTimeout(() => server.server.closeAllConnections(), config.deadlineMs);
      await server.close();
      clearTimeout(patience);
      await pool.close();
      await challenges.close();
      await revocation.close();
      await audit.close();
    },
  };
}

/** Calls `look` every so many seconds, never if that is 0. Gives what ends it. */
function lookEvery(seconds: number, look: () => void): () => void {
  if (seconds === 0) return () => {};
  const timer = setInterval(look, seconds * 1000);
  timer.unref();
  return () => clearInterval(timer);
}

function resultTermsOf(config: Config, { jwks }: Signer): ResultTerms {
  const { resultIssuer, resultAudiences, resultLifetimeSeconds } = config;
  return {
    issuer: resultIssuer,
    audiences: resultAudiences,
    lifetimeSeconds: resultLifetimeSeconds,
    enrolmentLifetimeSeconds: config.enrolmentLifetimeSeconds,
    handleKey: openHandleKey(config),
    jwks,
  };
}
