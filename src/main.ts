/** The service as a process: wires everything together, and closes in reverse order. */
import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { FastifyBaseLogger } from 'fastify';
import { openChallenges } from './challenge/challenges.ts';
import { withSingleUse } from './challenge/single-use.ts';
import type { Config } from './config.ts';
import { checkReadiness } from './http/readiness.ts';
import { buildServer } from './http/server.ts';
import { VerificationPool } from './pool/verification-pool.ts';
import { openSigner } from './results/index.ts';
import { ROOTS } from './sources/package-root.ts';
import { loadBundledSnapshot } from './sources/revocation.ts';
import { buildTrust, loadTrustMaterial } from './sources/trust.ts';

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
  const material = loadTrustMaterial(config);
  const trust = buildTrust(material);
  const snapshot = loadBundledSnapshot(ROOTS);
  const signer = openSigner(config);
  let log: FastifyBaseLogger | undefined;
  const challenges = await openChallenges({
    settings: config,
    clock: Date.now,
    onStoreChange: (problem) => {
      if (problem === null) log?.info('the store of used challenges is usable');
      else log?.error(problem);
    },
  });
  const pool = new VerificationPool({
    ...config,
    trust: material,
    challengeSecrets: challenges.secrets,
    revocation: () => snapshot,
    onPoison: ({ body }, cause) => {
      const requestSha256 = createHash('sha256').update(body).digest('hex');
      log?.error({ requestSha256, err: cause }, 'a request ended two workers');
    },
    onWorkerError: (cause) => log?.error({ err: cause }, 'a worker ended'),
  });
  const server = await buildServer({
    config,
    trust,
    submit: withSingleUse((job) => pool.submit(job), challenges.marks),
    issueChallenge: challenges.issue,
    signer,
    batch: {
      judgeChunk: (chunk) => pool.judgeChunk(chunk),
      revocation: () => snapshot,
      recordKeys: signer?.jwks ?? { keys: [] },
    },
    health: {
      workersUp: () => pool.workersUp,
      queueLength: () => pool.queueLength,
      policies: () =>
        checkReadiness(
          trust,
          snapshot,
          config.readinessPolicies,
          Date.now(),
          challenges.marks.whyNotIssuing(),
        ),
    },
    ...(logStream === undefined ? {} : { logStream }),
  });
  log = server.log;
  const problem = challenges.marks.whyNotIssuing();
  if (problem !== null) log.error(problem);
  try {
    await pool.start();
    await server.listen({ host: config.host, port: config.port });
  } catch (error) {
    await pool.close();
    await challenges.close();
    throw error;
  }
  const { address, port, family } = server.server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    close: async () => {
      await server.close();
      await pool.close();
      await challenges.close();
    },
  };
}
