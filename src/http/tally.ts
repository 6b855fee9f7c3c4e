/**
 * What has been counted since it was last asked for: few numbers however many requests there were, added to the
 * service's one registry whenever that is read, so that figures are sums over all threads.
 */
import type { FindingCode } from '../core/base/index.ts';
import type { TrustState } from '../core/posture/index.ts';
import type { Outcome } from '../core/report/index.ts';
import type { AnswerFacts } from '../pool/protocol.ts';
import type { ProblemCode } from '../request/index.ts';
import { type Durations, noDurations, noteDuration } from './durations.ts';

/** What is told of each request. */
export interface RequestCounter {
  /** One answer of a verification, `seconds` after its request arrived. */
  countAnswer(facts: AnswerFacts, seconds: number): void;
  /** One answered request. */
  countRequest(route: string, status: number): void;
}

/** Requests that count alike. */
interface RequestCount {
  readonly route: string;
  readonly status: number;
  count: number;
}

/** Reports that count alike. */
interface ReportCount {
  readonly outcome: Outcome;
  readonly trustState: TrustState;
  readonly policy: string;
  count: number;
}

export interface Counted {
  readonly requests: readonly Readonly<RequestCount>[];
  readonly reports: readonly Readonly<ReportCount>[];
  readonly findings: ReadonlyMap<FindingCode, number>;
  readonly problems: ReadonlyMap<ProblemCode, number>;
  readonly durations: ReadonlyMap<Outcome, Durations>;
}

export class RequestTally implements RequestCounter {
  /** Few enough to be looked through: a key for a map would have to be put together and hashed each time. */
  #requests: RequestCount[] = [];
  #reports: ReportCount[] = [];
  #findings = new Map<FindingCode, number>();
  #problems = new Map<ProblemCode, number>();
  #durations = new Map<Outcome, Durations>();

  countAnswer(facts: AnswerFacts, seconds: number): void {
    if (facts.kind === 'problem') {
      addOne(this.#problems, facts.code);
      return;
    }
    const { outcome, trustState, policy, codes } = facts;
    const alike = this.#reports.find(
      (each) =>
        each.outcome === outcome && each.trustState === trustState && each.policy === policy,
    );
    if (alike === undefined) this.#reports.push({ outcome, trustState, policy, count: 1 });
    else alike.count += 1;
    for (const code of codes) addOne(this.#findings, code);
    let durations = this.#durations.get(outcome);
    if (durations === undefined) {
      durations = noDurations();
      this.#durations.set(outcome, durations);
    }
    noteDuration(durations, seconds);
  }

  countRequest(route: string, status: number): void {
    const alike = this.#requests.find((each) => each.status === status && each.route === route);
    if (alike === undefined) this.#requests.push({ route, status, count: 1 });
    else alike.count += 1;
  }

  /** Gives what was counted, and begins anew. */
  take(): Counted {
    const counted = {
      requests: this.#requests,
      reports: this.#reports,
      findings: this.#findings,
      problems: this.#problems,
      durations: this.#durations,
    };
    this.#requests = [];
    this.#reports = [];
    this.#findings = new Map();
    this.#problems = new Map();
    this.#durations = new Map();
    return counted;
  }
}

function addOne<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
