/** The real service on a free port, with its log lines kept. */
import { Writable } from 'node:stream';
import { loadConfig, type SettingName } from '../../src/config.ts';
import { type Service, startService } from '../../src/main.ts';
import { newFolder } from './terminal.ts';

export interface RunningService extends Service {
  /** Log lines so far, parsed. */
  readonly log: Readonly<Record<string, unknown>>[];
}

/**
 * In front of the pool; `TEST_LISTENERS=2` runs the same tests against listeners. Rates are counted by one
 * thread only.
 */
function listenersFor(settings: Partial<Record<SettingName, unknown>>): number {
  if (settings.requestsPerMinute !== undefined) return 0;
  return Number(process.env['TEST_LISTENERS'] ?? 0);
}

export async function serve(
  settings: Partial<Record<SettingName, unknown>> = {},
): Promise<RunningService> {
  const log: Record<string, unknown>[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      for (const line of String(chunk).split('\n')) if (line !== '') log.push(JSON.parse(line));
      done();
    },
  });
  const kept = { state: newFolder(), listeners: listenersFor(settings) };
  const config = loadConfig(
    { environment: 'development', port: 0, workers: 2, ...kept, ...settings },
    {},
  );
  return { ...(await startService(config, stream)), log };
}

export const JSON_TYPE = { 'content-type': 'application/json' };
export const PEM_TYPE = { 'content-type': 'application/pem-certificate-chain' };

/** Posts a body and gives status, headers and parsed answer. */
export async function post(
  url: string,
  body: string,
  headers: Record<string, string> = JSON_TYPE,
): Promise<{ status: number; headers: Headers; answer: Record<string, unknown> }> {
  const response = await fetch(url, { method: 'POST', body, headers });
  return {
    status: response.status,
    headers: response.headers,
    answer: (await response.json()) as Record<string, unknown>,
  };
}
