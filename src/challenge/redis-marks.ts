/**
 * Marks in a Valkey or Redis server that several processes share. Taking one is a single script on the
 * server, so that of any number of uses at once exactly one is the first.
 *
 * What a server can forget, it forgets loudly: it must not evict (`maxmemory-policy noeviction`; when it
 * is full it refuses, and the outcome is inconclusive), and each run of the server begins a memory of
 * its own, so that after a restart or a failover the challenges issued before are refused, whatever
 * part of its data the server kept.
 */
import { Redis } from 'ioredis';
import type { MarkClaim } from '../pool/protocol.ts';
import { MARK_MARGIN_MS, type Marks, type MarkTaken } from './marks.ts';

export interface RedisMarksOptions {
  /** `redis://` or `rediss://`. */
  readonly url: string;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Told once when the store becomes usable and once when it stops being so, with the reason. */
  readonly onChange: (problem: string | null) => void;
}

const PREFIX = 'enigm-attest:challenge:';

/** Longest wait for the server, in milliseconds: a mark costs well under one. */
const COMMAND_TIMEOUT_MS = 1000;
const CONNECT_TIMEOUT_MS = 2000;
const MAX_RECONNECT_DELAY_MS = 1000;

/** How often the server is asked whether it has become, or stopped being, one that evicts. */
const INSPECTION_INTERVAL_MS = 5000;

/**
 * KEYS: the mark; when the memory of this run of the server began. ARGV: now by the caller's clock, when
 * the challenge was issued, how long the mark lives, all in milliseconds.
 */
const TAKE = `
local began = redis.call('GET', KEYS[2])
if not began then
  began = ARGV[1]
  redis.call('SET', KEYS[2], began)
end
if tonumber(ARGV[2]) < tonumber(began) then return 'lost' end
if redis.call('SET', KEYS[1], '', 'NX', 'PX', ARGV[3]) then return 'taken' end
return 'used'
`;

/** Makes sure that the memory of this run has begun. KEYS and ARGV as the last and first above. */
const BEGIN = `redis.call('SET', KEYS[1], ARGV[1], 'NX') return redis.call('GET', KEYS[1])`;

export class RedisMarks implements Marks {
  readonly #options: RedisMarksOptions;
  readonly #redis: Redis;
  readonly #inspection: NodeJS.Timeout;
  /** Run of the server this connection speaks to; null while there is none, or it cannot be used. */
  #run: string | null = null;
  #problem: string | null = 'the store of used challenges is not connected';
  #wasTold = false;

  constructor(options: RedisMarksOptions) {
    this.#options = options;
    this.#redis = new Redis(options.url, {
      lazyConnect: true,
      connectTimeout: CONNECT_TIMEOUT_MS,
      commandTimeout: COMMAND_TIMEOUT_MS,
      // A use that cannot be marked now is answered now; nothing waits for a connection.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      retryStrategy: (attempts) => Math.min(attempts * 50, MAX_RECONNECT_DELAY_MS),
    });
    this.#redis.on('ready', () => void this.#inspect());
    this.#redis.on('close', () => {
      this.#run = null;
      this.#setProblem('the store of used challenges is not connected');
    });
    // Every failed attempt is an event; what it means was said by 'close'.
    this.#redis.on('error', () => {});
    this.#inspection = setInterval(() => void this.#inspect(), INSPECTION_INTERVAL_MS);
    this.#inspection.unref();
  }

  /** Connects and inspects the server. Resolves to why it cannot be used, or null. */
  async open(): Promise<string | null> {
    try {
      await this.#redis.connect();
      await this.#inspect();
    } catch (error) {
      this.#setProblem(
        `the store of used challenges cannot be reached: ${(error as Error).message}`,
      );
    }
    return this.#problem;
  }

  async take({ id, issuedAt, expiresAt }: MarkClaim): Promise<MarkTaken> {
    if (this.#run === null) return 'unavailable';
    const now = this.#options.clock();
    const lifetime = Math.max(1, expiresAt - now) + MARK_MARGIN_MS;
    try {
      const keys = [`${PREFIX}used:${id}`, beganKey(this.#run)] as const;
      return (await this.#redis.eval(TAKE, 2, ...keys, now, issuedAt, lifetime)) as MarkTaken;
    } catch (error) {
      const message = (error as Error).message;
      if (message.includes('OOM')) this.#setProblem(FULL);
      return 'unavailable';
    }
  }

  whyNotIssuing(): string | null {
    return this.#problem;
  }

  async close(): Promise<void> {
    clearInterval(this.#inspection);
    this.#redis.removeAllListeners('close');
    this.#redis.disconnect();
  }

  /** Whether this server keeps what it is given, and which run of it this is. */
  async #inspect(): Promise<void> {
    if (this.#redis.status !== 'ready') return;
    try {
      const facts = parseInfo(
        `${await this.#redis.info('server')}${await this.#redis.info('memory')}`,
      );
      const problem = whyUnfit(facts);
      if (problem !== null) {
        this.#run = null;
        this.#setProblem(problem);
        return;
      }
      const run = facts.get('run_id') as string;
      await this.#redis.eval(BEGIN, 1, beganKey(run), this.#options.clock());
      this.#run = run;
      this.#setProblem(null);
    } catch (error) {
      const message = (error as Error).message;
      this.#setProblem(
        message.includes('OOM') ? FULL : `the store of used challenges does not answer: ${message}`,
      );
    }
  }

  #setProblem(problem: string | null): void {
    if (problem === this.#problem && this.#wasTold) return;
    this.#problem = problem;
    this.#wasTold = true;
    this.#options.onChange(problem);
  }
}

const FULL = 'the store of used challenges is full; marks are kept until their challenges expire';

function beganKey(run: string): string {
  return `${PREFIX}began:${run}`;
}

function parseInfo(text: string): ReadonlyMap<string, string> {
  const lines = text.split('\r\n').map((line) => line.split(':'));
  return new Map(lines.map(([name = '', ...value]) => [name, value.join(':')]));
}

/** A server that evicts would forget marks under a flood; a replica lags behind what was marked. */
function whyUnfit(facts: ReadonlyMap<string, string>): string | null {
  const policy = facts.get('maxmemory_policy');
  if (policy !== 'noeviction') {
    return `the store of used challenges may evict marks (maxmemory-policy ${policy ?? 'unknown'}); set it to noeviction`;
  }
  return facts.get('run_id') ? null : 'the store of used challenges does not say which run it is';
}
