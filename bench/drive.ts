/** Drives a service over HTTP, in a closed loop (autocannon) or at a fixed rate, and counts what it answers. */
import autocannon from 'autocannon';
import { type AutocannonClient, lighten } from './light-client.ts';
import { openLoop, PATIENCE_MS } from './open-loop.ts';
import type { PackedTexts } from './packed-texts.ts';
import { requestsOf } from './requests.ts';

export interface DriveOptions {
  readonly url: string;
  /** Bodies of `POST /v1/verify`, sent in turn. */
  readonly bodies: PackedTexts;
  /** Which of them comes first. */
  readonly from?: number;
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
  /** At a fixed rate: the latest first answer of a connection. */
  readonly firstAnswerMs?: number;
  /** Share answered 429 or 503. */
  readonly shed: number;
  /** Connections that failed, requests that were not answered in time. */
  readonly errors: number;
  readonly answered: number;
  readonly outcomes: ReadonlyMap<string, number>;
  /** Findings that decided, and problem codes. */
  readonly codes: ReadonlyMap<string, number>;
}

export function drive(options: DriveOptions): Promise<Driven> {
  const { rate } = options;
  return rate === undefined ? driveClosed(options) : driveAt(rate, options);
}

/** What came back so far. */
class Answers {
  readonly outcomes = new Map<string, number>();
  readonly codes = new Map<string, number>();
  readonly statuses = new Map<number, number>();

  count(status: number, body: string): void {
    increment(this.statuses, status);
    for (const name of decidingWords(status, body)) {
      increment(name === name.toUpperCase() ? this.codes : this.outcomes, name);
    }
  }

  summary(seconds: number) {
    const { outcomes, codes, statuses } = this;
    const answered = [...statuses.values()].reduce((sum, each) => sum + each, 0);
    const shed = (statuses.get(429) ?? 0) + (statuses.get(503) ?? 0);
    return {
      perSecond: Math.round((statuses.get(200) ?? 0) / seconds),
      shed: answered === 0 ? 0 : shed / answered,
      answered,
      outcomes,
      codes,
    };
  }
}

async function driveAt(rate: number, options: DriveOptions): Promise<Driven> {
  const { bodies, seconds, from = 0 } = options;
  const answers = new Answers();
  const took: number[] = [];
  let errors = 0;
  let firstAnswerMs = 0;
  const elapsed = await openLoop(
    options,
    requestsOf(bodies, options),
    { rate, seconds, from },
    ({ status, body, ms, isFirst }) => {
      if (isFirst) firstAnswerMs = Math.max(firstAnswerMs, ms);
      if (status === 0) errors += 1;
      else answers.count(status, body);
      // What was never answered took at least this long; a connection that was refused took no time.
      if (status === 200 || (status === 0 && ms >= PATIENCE_MS)) took.push(ms);
    },
  );
  const sorted = Float64Array.from(took).toSorted();
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return {
    // Until the last answer: a service that answers late answers fewer a second.
    ...answers.summary(elapsed),
    errors,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    p999Ms: at(0.999),
    firstAnswerMs,
  };
}

async function driveClosed(options: DriveOptions): Promise<Driven> {
  const { url, bodies, seconds, connections, from = 0 } = options;
  const answers = new Answers();
  const requests = requestsOf(bodies, options);
  let next = from;
  const result = await autocannon({
    url: `${url}/v1/verify`,
    connections,
    duration: seconds,
    requests: [{ method: 'POST', onResponse: (status, body) => answers.count(status, body) }],
    setupClient: (client) =>
      lighten(client as unknown as AutocannonClient, () =>
        requests.octetsOf(next++ % requests.length),
      ),
  });
  const { p50, p99, p99_9: p999 } = result.latency;
  const summary = answers.summary(result.duration);
  // Of no answers autocannon says that they took no time.
  const toMs = (ms: number): number => (summary.answered === 0 ? Number.NaN : ms);
  return {
    ...summary,
    errors: result.errors + result.timeouts,
    p50Ms: toMs(p50),
    p99Ms: toMs(p99),
    p999Ms: toMs(p999),
  };
}

function increment<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** The outcome in lower case and the codes in upper case, found without parsing the whole answer. */
function decidingWords(status: number, body: string): string[] {
  if (status !== 200) {
    const [, code = 'UNKNOWN'] = /"code":"([A-Z_]+)"/.exec(body) ?? [];
    return [`HTTP ${status} ${code}`];
  }
  const [, outcome = 'unknown'] = /"outcome":"(\w+)"/.exec(body) ?? [];
  // Nothing decided against it; the sender shares the machine and must not search 10 KB for that.
  if (outcome === 'accept') return [outcome];
  const decided = body.matchAll(/"code":"([A-Z0-9_]+)","severity":"(?:reject|inconclusive)"/g);
  return [outcome, ...new Set([...decided].map(([, code = '']) => code))];
}
