/**
 * What Prometheus reads at `GET /metrics`. One registry a service, which each part of it adds its own
 * figures to; what is known elsewhere is asked for when it is read. Nothing here names a device, a
 * caller or a certificate.
 */
import type { FastifyInstance } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { AnswerFacts } from '../pool/protocol.ts';
import type { Counted, RequestCounter } from './tally.ts';

/** Seconds; a verification takes well under a millisecond, a full queue seconds. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

export class Metrics implements RequestCounter {
  readonly registry = new Registry();
  readonly #verifications: Counter<'outcome' | 'trust_state' | 'policy'>;
  readonly #findings: Counter<'code'>;
  readonly #problems: Counter<'code'>;
  readonly #seconds: Histogram<'outcome'>;
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
    this.#seconds = new Histogram({
      name: 'enigm_attest_verification_seconds',
      help: 'Time from the arrival of a verify request to its answer',
      labelNames: ['outcome'],
      buckets: BUCKETS,
      registers,
    });
    this.#requests = new Counter({
      name: 'enigm_attest_http_requests_total',
      help: 'Answered requests, by route and status',
      labelNames: ['route', 'status'],
      registers,
    });
  }

  /** Counts one answer of a verification, `seconds` after its request arrived. */
  countAnswer(facts: AnswerFacts, seconds: number): void {
    if (facts.kind === 'problem') {
      this.#problems.inc({ code: facts.code });
      return;
    }
    const { outcome, trustState, policy, codes } = facts;
    this.#verifications.inc({ outcome, trust_state: trustState, policy });
    this.#seconds.observe({ outcome }, seconds);
    for (const code of codes) this.#findings.inc({ code });
  }

  /** Counts one answered request. */
  countRequest(route: string, status: number): void {
    this.#requests.inc({ route, status: String(status) });
  }

  /** Adds what another thread has counted. */
  add({ requests, answers }: Counted): void {
    for (const { route, status, count } of requests) {
      this.#requests.inc({ route, status: String(status) }, count);
    }
    for (const { facts, seconds } of answers) {
      for (const each of seconds) this.countAnswer(facts, each);
    }
  }

  /** Everything, as Prometheus reads it. */
  async text(): Promise<string> {
    return this.registry.metrics();
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
    { schema: { summary: 'Figures for Prometheus', response: { 200: { type: 'string' } } } },
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
