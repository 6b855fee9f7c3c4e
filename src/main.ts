/** The service as a process: wires everything together, and closes in reverse order. */
import { openAudit } from './audit/desk.ts';
import { openChallenges } from './challenge/challenges.ts';
import type { Config } from './config.ts';
import { putHelpersBehind } from './helper-threads.ts';
import { Metrics } from './http/metrics.ts';
import { openKeptUppers } from './kept-uppers.ts';
import type { ResultTerms } from './pool/protocol.ts';
import { shareTrust } from './pool/shared-trust.ts';
import { checkKeysApart, openHandleKey, openSigner, type Signer } from './results/index.ts';
import { openRevocation } from './revocation-desk.ts';
import { type ServiceParts, type Serving, serveByListeners, serveByPool } from './serving.ts';
import { TrustKeeper } from './sources/trust-keeper.ts';

export interface Service {
  /** Where it listens, such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Answers what is in flight, refuses the rest, and ends. */
  readonly close: () => Promise<void>;
}

/** Starts the service. It listens once every thread can verify. */
export async function startService(
  config: Config,
  logStream?: NodeJS.WritableStream,
): Promise<Service> {
  putHelpersBehind();
  const signer = openSigner(config);
  checkKeysApart(signer, config.releaseKeys);
  const metrics = new Metrics();
  let serving: Serving | undefined;
  const keeper = new TrustKeeper(config, {
    onReloaded: ({ policies, registry }) => {
      shared = shareTrust(keeper.material);
      const digests = Object.fromEntries([...policies].map(([id, { digest }]) => [id, digest]));
      serving?.log.info(
        { policies: digests, registry: registry?.id ?? null },
        'new trust is in force',
      );
      audit.note(keeper.material, revocation.snapshot());
      serving?.look();
    },
    onRefused: ({ message }) => {
      serving?.log.error({ reason: message }, 'refused; what was in force stays in force');
      audit.noteRefused(message);
    },
  });
  let shared = shareTrust(keeper.material);
  const revocation = await openRevocation(
    config,
    keeper.material.anchors.anchors,
    metrics,
    () => serving?.log,
    () => serving?.look(),
  );
  const challenges = await openChallenges({
    settings: config,
    clock: Date.now,
    onStoreChange: (problem) => {
      if (problem === null) serving?.log.info('the store of used challenges is usable');
      else serving?.log.error(problem);
    },
  });
  const audit = await openAudit(
    config,
    signer,
    keeper.material,
    revocation.snapshot(),
    () => serving?.log,
  ).catch(async (fault) => {
    await challenges.close();
    await revocation.close();
    throw fault;
  });
  const uppers = openKeptUppers(config.state, keeper.trust.anchors);
  const parts: ServiceParts = {
    config,
    keeper,
    sharedTrust: () => shared,
    revocation,
    challenges,
    audit,
    signer,
    resultTerms: signer === null ? null : resultTermsOf(config, signer),
    uppers: uppers.shared,
    metrics,
    logStream: logStream ?? null,
  };
  serving = config.listeners > 0 ? serveByListeners(parts) : await serveByPool(parts);
  const { log } = serving;
  for (const problem of [challenges.marks.whyNotIssuing(), audit.problem()]) {
    if (problem !== null) log.error(problem);
  }
  let url: string;
  try {
    url = await serving.listen();
  } catch (error) {
    await serving.close();
    await challenges.close();
    await revocation.close();
    await audit.close();
    throw error;
  }
  const stopLooking = lookEvery(config.reloadSeconds, () => keeper.look());
  revocation.start();
  const { close } = serving;
  return {
    url,
    close: async () => {
      stopLooking();
      await close();
      uppers.save();
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
