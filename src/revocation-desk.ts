/** Revocation as a service runs it: the keeper, the watch over the roots, and what is said of both. */
import type { FastifyBaseLogger } from 'fastify';
import type { Config } from './config.ts';
import type { AnchorSource } from './core/anchors/index.ts';
import type { RevocationSnapshot } from './core/revocation/index.ts';
import type { Metrics } from './http/metrics.ts';
import { addRevocationMetrics, countRefusals } from './http/revocation-metrics.ts';
import { describeRevocation, type RevocationState } from './http/revocation-route.ts';
import { expiryCalendar } from './sources/expiry-calendar.ts';
import { BuildThread } from './sources/revocation/build-off-thread.ts';
import { openNetwork } from './sources/revocation/download.ts';
import type { KeeperEvent } from './sources/revocation/keeper.ts';
import { openKeeper } from './sources/revocation/open-keeper.ts';
import { RootWatch } from './sources/revocation/root-watch.ts';

export interface RevocationDesk {
  /** The snapshot in force at the moment of the call. */
  readonly snapshot: () => RevocationSnapshot;
  readonly describe: () => RevocationState;
  /** Begins to fetch in the background. */
  readonly start: () => void;
  readonly close: () => Promise<void>;
}

/** Roots change once in years. */
const ROOT_WATCH_MS = 86_400_000;

/** Opens it with what is on this machine; nothing is fetched before `start`. */
export async function openRevocation(
  config: Config,
  anchors: readonly AnchorSource[],
  metrics: Metrics,
  log: () => FastifyBaseLogger | undefined,
  onChange: () => void = () => {},
): Promise<RevocationDesk> {
  const count = countRefusals(metrics);
  const dispatcher = openNetwork(config.proxy, config.noProxy);
  const thread = new BuildThread();
  const onEvent = (event: KeeperEvent): void => {
    count(event);
    report(event, log());
    onChange();
  };
  const keeper = await openKeeper(config, anchors, dispatcher, onEvent, {
    build: (job) => thread.build(job),
  });
  const watch = new RootWatch({
    url: config.rootWatchUrl,
    anchors: anchors.filter(({ record }) => record.owner === 'Google'),
    dispatcher,
    timeoutMs: config.revocationTimeoutSeconds * 1000,
    everyMs: ROOT_WATCH_MS,
    clock: Date.now,
    onDrift: (drift) => log()?.error({ drift }, 'ROOT_DRIFT: served roots differ from the pins'),
  });
  addRevocationMetrics(metrics, {
    keeper,
    roots: () => watch.state,
    calendar: expiryCalendar(anchors, Date.now()),
    clock: Date.now,
  });
  return {
    snapshot: () => keeper.snapshot,
    describe: () => describeRevocation(keeper, watch.state, Date.now()),
    start: () => {
      keeper.start();
      if (config.revocationFetch && config.rootWatchUrl !== '') watch.start();
    },
    close: async () => {
      watch.close();
      await keeper.close();
      await thread.end();
      await dispatcher.destroy();
    },
  };
}

function report(event: KeeperEvent, log: FastifyBaseLogger | undefined): void {
  switch (event.kind) {
    case 'swapped':
      log?.info({ source: event.source, snapshot: event.snapshot }, 'another revocation snapshot');
      break;
    case 'confirmed':
      log?.debug({ source: event.source }, 'revocation list unchanged');
      break;
    case 'refused':
      log?.error(
        { source: event.source, cause: event.failure, why: event.text },
        'revocation source failed; what was good stays in force',
      );
      break;
  }
}
