/** Drives a service over HTTP with autocannon, and counts what it answers. */
import autocannon from 'autocannon';

export interface DriveOptions {
  readonly url: string;
  /** Bodies of `POST /v1/verify`, sent in turn. */
  readonly bodies: readonly string[];
  readonly seconds: number;
  readonly connections: number;
  /** Requests a second over all connections; left out: each connection as fast as it is answered. */
  readonly rate?: number;
  readonly token?: string;
}

export interface Driven {
  /** Answers with status 200 a second. */
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  /** Share answered 429 or 503. */
  readonly shed: number;
  /** Connections that failed, requests that were not answered in time. */
  readonly errors: number;
  readonly answered: number;
  readonly outcomes: ReadonlyMap<string, number>;
  /** Findings that decided, and problem codes. */
  readonly codes: ReadonlyMap<string, number>;
}

export async function drive(options: DriveOptions): Promise<Driven> {
  const { url, bodies, seconds, connections, rate, token } = options;
  const outcomes = new Map<string, number>();
  const codes = new Map<string, number>();
  const statuses = new Map<number, number>();
  let next = 0;
  const count = <K>(counts: Map<K, number>, key: K): void => {
    counts.set(key, (counts.get(key) ?? 0) + 1);
  };
  const result = await autocannon({
    url: `${url}/v1/verify`,
    connections,
    duration: seconds,
    ...(rate === undefined ? {} : { overallRate: rate }),
    requests: [
      {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        setupRequest: (request) => {
          const body = bodies[next % bodies.length] as string;
          next += 1;
          return { ...request, body };
        },
        onResponse: (status, body) => {
          count(statuses, status);
          for (const name of decidingWords(status, body)) {
            count(name === name.toUpperCase() ? codes : outcomes, name);
          }
        },
      },
    ],
  });
  const total = [...statuses.values()].reduce((sum, each) => sum + each, 0);
  const shed = (statuses.get(429) ?? 0) + (statuses.get(503) ?? 0);
  return {
    perSecond: Math.round((statuses.get(200) ?? 0) / result.duration),
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    p999Ms: result.latency.p99_9,
    shed: total === 0 ? 0 : shed / total,
    errors: result.errors + result.timeouts,
    answered: total,
    outcomes,
    codes,
  };
}

/** The outcome in lower case and the codes in upper case, found without parsing the whole answer. */
function decidingWords(status: number, body: string): string[] {
  if (status !== 200) {
    const [, code = 'UNKNOWN'] = /"code":"([A-Z_]+)"/.exec(body) ?? [];
    return [`HTTP ${status} ${code}`];
  }
  const [, outcome = 'unknown'] = /"outcome":"(\w+)"/.exec(body) ?? [];
  const decided = body.matchAll(/"code":"([A-Z0-9_]+)","severity":"(?:reject|inconclusive)"/g);
  return [outcome, ...new Set([...decided].map(([, code = '']) => code))];
}
