/** Listening threads by themselves, with a desk that only counts. */
import { loadConfig } from '../../src/config.ts';
import { Listeners } from '../../src/listeners/listeners.ts';
import type { InForce } from '../../src/listeners/protocol.ts';
import { shareKeyUse } from '../../src/pool/key-use.ts';
import { shareTrust } from '../../src/pool/shared-trust.ts';
import { shareUppers } from '../../src/pool/shared-uppers.ts';
import { loadTrustMaterial } from '../../src/sources/load-trust.ts';
import { newFolder } from './terminal.ts';
import type { World } from './world.ts';

const absent = async (): Promise<never> => {
  throw new Error('not asked for here');
};

export interface OpenListeners {
  readonly listeners: Listeners;
  readonly url: string;
  /** What stands here is read by the threads of `failing-listener.ts`. */
  readonly state: string;
  readonly deaths: unknown[];
}

/** Two threads, of another file if one is named. */
export async function openListeners(world: World, filename?: string): Promise<OpenListeners> {
  const state = newFolder();
  const config = loadConfig({ environment: 'development', port: 0, state, logLevel: 'silent' }, {});
  const inForce: InForce = {
    trust: shareTrust(loadTrustMaterial(config)),
    revocation: world.revocation,
  };
  const deaths: unknown[] = [];
  const listeners = new Listeners({
    count: 2,
    start: {
      config,
      challengeSecrets: [],
      results: null,
      keyUse: shareKeyUse(),
      uppers: shareUppers(),
      jwks: { keys: [] },
      hasSigner: false,
      hasAudit: false,
      forwardsLog: false,
    },
    maxQueue: 10_000,
    inForce: () => inForce,
    desk: {
      takeMark: absent,
      signDocument: absent,
      issueChallenge: absent,
      readiness: absent,
      revocation: absent,
      metrics: absent,
    },
    onDecision: () => {},
    onCounted: () => {},
    onPoison: () => {},
    onDeath: (cause) => deaths.push(cause),
    onLog: () => {},
    ...(filename === undefined ? {} : { filename }),
  });
  return { listeners, url: await listeners.start(), state, deaths };
}
