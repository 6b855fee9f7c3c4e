/** The service as a process of its own, on a free port. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import manifest from '../../package.json' with { type: 'json' };

const SOURCE = 'src/cli/bin.ts';

/** Flags of Node that `npm start` starts it with; a test holds the Dockerfile to the same. */
export const NODE_FLAGS: readonly string[] =
  /exec node (.*)src\/cli\/bin\.ts/.exec(manifest.scripts.start)?.[1]?.trim().split(' ') ?? [];

/** What `npm start` tells the C library's allocator; the Dockerfile says the same. */
export const ALLOCATOR_TUNABLES: string = manifest.config.allocator;

export interface ServiceProcess {
  readonly url: string;
  readonly pid: number;
  /** Everything it wrote so far. */
  readonly said: () => string;
  readonly stop: () => Promise<number | null>;
  /** Ends it at once, as a crash would. */
  readonly kill: () => Promise<void>;
}

/** Starts `attest serve` with these variables, in development on a free port. `entry`: from source, or built. */
export async function startProcess(
  variables: Readonly<Record<string, string>>,
  entry = SOURCE,
): Promise<ServiceProcess> {
  const child = spawnService(variables, entry);
  let said = '';
  const listening = new Promise<string>((resolve, reject) => {
    const hear = (chunk: unknown): void => {
      said += String(chunk);
      const [, url] = /listens on (http:\S+)/.exec(said) ?? [];
      if (url !== undefined) resolve(url);
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('exit', (code) => reject(new Error(`the service ended with ${code}: ${said}`)));
  });
  const url = await listening;
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const ended = once(child, 'exit');
    child.kill(signal);
    return (await ended)[0] as number | null;
  };
  return {
    url,
    pid: child.pid as number,
    said: () => said,
    stop: () => end('SIGTERM'),
    kill: async () => void (await end('SIGKILL')),
  };
}

/** Starts it where it is expected to refuse. Gives its exit code and what it said. */
export async function refusalOf(
  variables: Readonly<Record<string, string>>,
): Promise<{ readonly code: number | null; readonly said: string }> {
  const child = spawnService(variables);
  let said = '';
  child.stderr?.on('data', (chunk) => {
    said += String(chunk);
  });
  // 'close', not 'exit': only then has everything been read that it said.
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said };
}

function spawnService(variables: Readonly<Record<string, string>>, entry = SOURCE): ChildProcess {
  const defaults = {
    ENIGM_ATTEST_ENVIRONMENT: 'development',
    ENIGM_ATTEST_PORT: '0',
    ENIGM_ATTEST_WORKERS: '2',
    ENIGM_ATTEST_LOG_LEVEL: 'error',
    GLIBC_TUNABLES: ALLOCATOR_TUNABLES,
  };
  return spawn(process.execPath, [...NODE_FLAGS, entry, 'serve'], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...defaults, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
