/**
 * What Prometheus reads at `GET /metrics`. One registry a service, which each part of it adds its own
 * figures to; what is known elsewhere is asked for when it is read. Nothing here names a device, a
 * caller or a certificate.
 */
import type { FastifyInstance } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { addDurations, type Durations, noDurations, toHistogramText } from './durations.ts';
import { ProblemResponses } from './problem-schema.ts';
import type { Counted, RequestCounter } from './tally.ts';

const SECONDS = {
  name: 'enigm_attest_verification_seconds',
  help: 'Time from the arrival of a verify request to its answer',
  label: 'outcome',
} as const;

export class Metrics {
  readonly registry = new Registry();
  readonly #verifications: Counter<'outcome' | 'trust_state' | 'policy'>;
  readonly #findings: Counter<'code'>;
  readonly #problems: Counter<'code'>;
  readonly #seconds = new Map<string, Durations>();
  readonly #requests: Counter<'route' | 'status'>;

  constructor() {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.#verifications = new Counter({
      name: 'enigm_attest_verifications_total',
      help: 'Reports, by outcome, trust state and policy',
      labelNames: ['outcome', 'trust_state', 'policy'],
      registers,
    });
    this.#findings = new Counter({
      name: 'enigm_attest_findings_total',
      help: 'Findings in reports, by code',
      labelNames: ['code'],
      registers,
    });
    this.#problems = new Counter({
      name: 'enigm_attest_problems_total',
      help: 'Verify requests answered with a problem document, by code',
      labelNames: ['code'],
      registers,
    });
    this.#requests = new Counter({
      name: 'enigm_attest_http_requests_total',
      help: 'Answered requests, by route and status',
      labelNames: ['route', 'status'],
      registers,
    });
  }

  /** Adds what a thread has counted. */
  add({ requests, reports, findings, problems, durations }: Counted): void {
    for (const { route, status, count } of requests) {
      this.#requests.inc({ route, status: String(status) }, count);
    }
    for (const { outcome, trustState, policy, count } of reports) {
      this.#verifications.inc({ outcome, trust_state: trustState, policy }, count);
    }
    for (const [code, count] of findings) this.#findings.inc({ code }, count);
    for (const [code, count] of problems) this.#problems.inc({ code }, count);
    for (const [outcome, more] of durations) {
      const sum = this.#seconds.get(outcome) ?? noDurations();
      addDurations(sum, more);
      this.#seconds.set(outcome, sum);
    }
  }

  /** Everything, as Prometheus reads it. */
  async text(): Promise<string> {
    const text = await this.registry.metrics();
    return `${text}\n${toHistogramText(SECONDS, this.#seconds)}`;
  }

  /** Adds a figure that is asked for whenever metrics are read. */
  gauge(name: string, help: string, read: () => number): void {
    this.gauges(name, help, [], () => [{ labels: {}, value: read() }]);
  }

  /** The same with labels: one value for each combination there is at the moment. */
  gauges<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    read: () => readonly { labels: Partial<Record<Label, string>>; value: number }[],
  ): void {
    new Gauge({
      name: `enigm_attest_${name}`,
      help,
      labelNames: [...labelNames],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const { labels, value } of read()) this.set(labels, value);
      },
    });
  }

  /** A counter of what happens elsewhere. */
  counter<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
  ): Counter<Label> {
    const full = `enigm_attest_${name}`;
    return new Counter({
      name: full,
      help,
      labelNames: [...labelNames],
      registers: [this.registry],
    });
  }
}

/** Counts every request, and serves what is counted. */
export function registerMetrics(server: FastifyInstance, read: () => Promise<string>): void {
  server.get(
    '/metrics',
    {
      schema: {
        summary: 'Figures for Prometheus',
        response: { 200: { type: 'string' }, ...ProblemResponses },
      },
    },
    async (_request, reply) => {
      const text = await read();
      return reply
        .type(Registry.PROMETHEUS_CONTENT_TYPE)
        .serializer((body: unknown) => body as string)
        .send(text);
    },
  );
}

/** Counts each answered request once, with its route as registered. */
export function countRequests(server: FastifyInstance, metrics: RequestCounter): void {
  server.addHook('onResponse', (request, reply, done) => {
    metrics.countRequest(request.routeOptions.url ?? 'none', reply.statusCode);
    if (request.answered) metrics.countAnswer(request.answered, reply.elapsedTime / 1000);
    done();
  });
}
