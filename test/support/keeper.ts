/** A keeper of one source on a test's own server, with a clock that the test moves. */
import { Agent } from 'undici';
import { loadTestAnchors } from '../../src/sources/anchors.ts';
import { buildSnapshot } from '../../src/sources/revocation/build.ts';
import { CopyStore } from '../../src/sources/revocation/copy-store.ts';
import {
  type KeeperEvent,
  type KeeperOptions,
  RevocationKeeper,
} from '../../src/sources/revocation/keeper.ts';
import type { SourceSetting } from '../../src/sources/revocation/settings.ts';
import { newFolder } from './terminal.ts';
import { AT, type World } from './world.ts';

export interface KeptWorld {
  readonly keeper: RevocationKeeper;
  readonly events: KeeperEvent[];
  /** Milliseconds since 1970. */
  now: number;
}

/** The list of simulated Google-like devices, at `url`. */
export function simulatedSource(url: string, changes: Partial<SourceSetting> = {}): SourceSetting {
  return {
    kind: 'status-list',
    id: 'simulated-status',
    feed: 'simulated-status',
    anchors: ['simulated-google-ec', 'simulated-google-rsa'],
    url,
    sentinels: ['6681152659205225093'],
    ...changes,
  } as SourceSetting;
}

/** Opens a keeper with no floor. */
export async function keep(
  world: World,
  sources: readonly SourceSetting[],
  changes: Partial<KeeperOptions> = {},
): Promise<KeptWorld> {
  const events: KeeperEvent[] = [];
  const kept = { events, now: AT } as { -readonly [Key in keyof KeptWorld]: KeptWorld[Key] };
  kept.keeper = await RevocationKeeper.open({
    sources,
    store: new CopyStore(newFolder()),
    floor: newFolder(),
    anchors: loadTestAnchors(world.folder).material.anchors,
    dispatcher: new Agent(),
    timeoutMs: 10_000,
    maxBytes: 1_000_000,
    bounds: { minMs: 60_000, maxMs: 86_400_000 },
    retryMs: 10_000,
    allowShrink: [],
    build: buildSnapshot,
    fetches: true,
    clock: () => kept.now,
    onEvent: (event) => events.push(event),
    ...changes,
  });
  return kept;
}
