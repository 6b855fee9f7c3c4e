/** The keeper of revocation as the configuration describes it, and the snapshot of a single run. */
import path from 'node:path';
import type { Dispatcher } from 'undici';
import type { Config } from '../../config.ts';
import type { AnchorSource } from '../../core/anchors/index.ts';
import type { RevocationList, RevocationSnapshot } from '../../core/revocation/index.ts';
import { ConfigurationFault } from '../document.ts';
import { ROOTS } from '../package-root.ts';
import { buildSnapshot, type Failure } from './build.ts';
import { type Copy, CopyStore } from './copy-store.ts';
import { openNetwork } from './download.ts';
import { toSourceFault } from './fault.ts';
import { fetchCopy } from './fetch-copy.ts';
import { type KeeperEvent, type KeeperOptions, RevocationKeeper } from './keeper.ts';
import { isRemote, placeOf } from './settings.ts';

/** Folder of the stored copies. */
export function copyStoreOf({ state }: Config): CopyStore {
  return new CopyStore(path.join(state, 'revocation'));
}

/** Everything a keeper needs beside what is to happen with its events. */
function keeperOptionsOf(
  config: Config,
  anchors: readonly AnchorSource[],
  dispatcher: Dispatcher,
): Omit<KeeperOptions, 'onEvent'> {
  return {
    sources: config.revocationSources,
    store: copyStoreOf(config),
    floor: ROOTS,
    anchors,
    dispatcher,
    timeoutMs: config.revocationTimeoutSeconds * 1000,
    maxBytes: config.revocationMaxBytes,
    bounds: {
      minMs: config.revocationMinRefreshSeconds * 1000,
      maxMs: config.revocationMaxRefreshSeconds * 1000,
    },
    retryMs: config.revocationRetrySeconds * 1000,
    allowShrink: config.revocationAllowShrink,
    fetches: config.revocationFetch,
    build: buildSnapshot,
    clock: Date.now,
  };
}

/** Opens the keeper of a service or of a command that fetches. Throws `ConfigurationFault`. */
export function openKeeper(
  config: Config,
  anchors: readonly AnchorSource[],
  dispatcher: Dispatcher,
  onEvent: (event: KeeperEvent) => void,
  changes: Partial<KeeperOptions> = {},
): Promise<RevocationKeeper> {
  checkAnchorNames(config, anchors);
  return RevocationKeeper.open({
    ...keeperOptionsOf(config, anchors, dispatcher),
    onEvent,
    ...changes,
  });
}

/** A snapshot for one run, and what of it could not be used. */
export interface StoredSnapshot {
  readonly snapshot: RevocationSnapshot;
  readonly failures: readonly Failure[];
}

/**
 * What is known on this machine without asking anybody: the floor, the stored copies, local files, and
 * `given`, a list by the operator's word. `now`: milliseconds since 1970. Throws `ConfigurationFault`
 * for a deny list that cannot be used.
 */
export async function loadStoredSnapshot(
  config: Config,
  anchors: readonly AnchorSource[],
  now: number,
  given: RevocationList | null = null,
): Promise<StoredSnapshot> {
  checkAnchorNames(config, anchors);
  const copies: Copy[] = [];
  const unread: Failure[] = [];
  for (const source of config.revocationSources) {
    try {
      const copy = await readStored(config, source);
      if (copy !== null) copies.push(copy);
    } catch (error) {
      const { failure, message } = toSourceFault(error);
      unread.push({ source: source.id, failure, text: message });
    }
  }
  const { snapshot, failures } = await buildSnapshot({
    floor: ROOTS,
    sources: config.revocationSources,
    copies,
    candidate: null,
    shrinking: 'refused',
    anchors,
    now,
    given,
  });
  const all = [...unread, ...failures];
  const denied = all.find(({ source }) =>
    config.revocationSources.some(({ id, kind }) => id === source && kind === 'deny-list'),
  );
  if (denied !== undefined) {
    throw new ConfigurationFault(`revocation source ${denied.source}: ${denied.text}`);
  }
  return { snapshot: snapshot as RevocationSnapshot, failures: all };
}

async function readStored(
  config: Config,
  source: Config['revocationSources'][number],
): Promise<Copy | null> {
  if (isRemote(source)) {
    const copy = copyStoreOf(config).load(source.id);
    const isOurs = copy?.facts.kind === source.kind && copy.facts.place === placeOf(source);
    return isOurs ? copy : null;
  }
  const { signal } = new AbortController();
  const options = keeperOptionsOf(config, [], openNetwork('', ''));
  return fetchCopy(source, null, { ...options, signal });
}

/** An unknown name would leave the anchor it was meant for without its list. */
function checkAnchorNames({ revocationSources }: Config, anchors: readonly AnchorSource[]): void {
  const known = anchors.map(({ record }) => record.id);
  for (const { id, anchors: named = [] } of revocationSources) {
    const unknown = named.find((each) => !known.includes(each));
    if (unknown === undefined) continue;
    throw new ConfigurationFault(
      `revocation source ${id}: there is no anchor ${unknown}; there are ${known.join(', ')}`,
    );
  }
}
