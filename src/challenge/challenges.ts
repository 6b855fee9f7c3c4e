/** The challenges of one service, as configured: keys, marks, and the right to issue. */
import { randomBytes } from 'node:crypto';
import type { Config } from '../config.ts';
import { ConfigurationFault } from '../sources/document.ts';
import { type ChallengeKeys, type ChallengePurpose, issueChallenge, toKeys } from './challenge.ts';
import type { Marks } from './marks.ts';
import { lockKeys } from './process-lock.ts';
import { ProcessMarks } from './process-marks.ts';

/** Why no challenge is issued; the caller may try again later. */
export class NotIssuing extends Error {
  readonly code = 'SERVICE_NOT_READY';
}

export interface Challenges {
  /** For the workers, which open challenges; the issuing one first. */
  readonly secrets: readonly Uint8Array[];
  readonly marks: Marks;
  /** Throws `NotIssuing`. `expiresAt` in milliseconds since 1970. */
  readonly issue: (purpose: ChallengePurpose) => {
    readonly challenge: Buffer;
    readonly expiresAt: number;
  };
  readonly close: () => Promise<void>;
}

const SECRET_BYTES = 32;

export type ChallengeSettings = Pick<
  Config,
  | 'challengeKeys'
  | 'challengeLifetimeSeconds'
  | 'challengeMarks'
  | 'challengeStore'
  | 'processes'
  | 'state'
>;

export interface ChallengesOptions {
  readonly settings: ChallengeSettings;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Told when the shared store becomes usable (null) or stops being so. */
  readonly onStoreChange: (problem: string | null) => void;
}

/**
 * Opens what the settings describe. Throws `ConfigurationFault` where single use could not be promised:
 * several processes without a store they share, or a store that may forget. A store that cannot be reached
 * is no such fault: it may come back, and until then nothing is issued or decided by it.
 */
export async function openChallenges(options: ChallengesOptions): Promise<Challenges> {
  const { settings, clock } = options;
  checkSharing(settings);
  const secrets = loadSecrets(settings);
  const keys = toKeys(secrets);
  const unlock = await lockWhereNeeded(settings, keys);
  const marks = await openMarks(options);
  return {
    secrets,
    marks,
    issue: (purpose) => {
      const lifetimeSeconds = settings.challengeLifetimeSeconds;
      if (lifetimeSeconds === 0) throw new NotIssuing('this service issues no challenges');
      const problem = marks.whyNotIssuing();
      if (problem !== null) throw new NotIssuing(problem);
      return issueChallenge(keys, purpose, { now: clock(), lifetimeSeconds });
    },
    close: async () => {
      await marks.close();
      await unlock();
    },
  };
}

/** A service that issues nothing knows no challenge either: it could not say whether one was used. */
function loadSecrets({ challengeKeys, challengeLifetimeSeconds }: ChallengeSettings) {
  return challengeKeys.length > 0 && challengeLifetimeSeconds > 0
    ? challengeKeys.map((text) => Buffer.from(text, 'base64url'))
    : [randomBytes(SECRET_BYTES)];
}

function checkSharing({
  challengeKeys,
  challengeLifetimeSeconds,
  challengeStore,
  processes,
}: ChallengeSettings): void {
  if (challengeStore !== '' && challengeKeys.length === 0) {
    throw new ConfigurationFault(
      'setting challengeKeys: processes that share a challengeStore share keys as well; give the same keys to all of them',
    );
  }
  if (processes > 1 && challengeStore === '' && challengeLifetimeSeconds > 0) {
    throw new ConfigurationFault(
      `setting processes: ${processes} processes cannot issue challenges that are used once without a challengeStore they share; configure one, or set challengeLifetimeSeconds to 0 to issue none`,
    );
  }
}

/** Keys that are made at start are known to no other process; configured ones could be. */
async function lockWhereNeeded(
  { challengeKeys, challengeLifetimeSeconds, challengeStore, state }: ChallengeSettings,
  keys: ChallengeKeys,
): Promise<() => Promise<void>> {
  const isAlone = challengeKeys.length === 0 || challengeLifetimeSeconds === 0;
  if (isAlone || challengeStore !== '') return async () => {};
  const unlock = await lockKeys(state, keys).catch((error: NodeJS.ErrnoException) => {
    throw new ConfigurationFault(
      `setting state: ${state} cannot hold the lock of the challenge keys (${error.code ?? error.message})`,
    );
  });
  if (unlock !== null) return unlock;
  throw new ConfigurationFault(
    'setting challengeKeys: another process on this machine issues challenges with the same keys, and without a challengeStore each would let every challenge be used once more; configure a challengeStore, or other keys',
  );
}

async function openMarks(options: ChallengesOptions): Promise<Marks> {
  const { settings, clock, onStoreChange } = options;
  const { challengeStore: url, challengeMarks: capacity } = settings;
  if (url === '') return new ProcessMarks({ capacity, clock });
  const { RedisMarks } = await import('./redis-marks.ts');
  const marks = new RedisMarks({ url, clock, onChange: onStoreChange });
  const problem = await marks.open();
  if (problem?.includes('maxmemory-policy')) {
    await marks.close();
    throw new ConfigurationFault(`setting challengeStore: ${problem}`);
  }
  return marks;
}
