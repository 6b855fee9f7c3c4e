/**
 * What a listening thread has counted since it was last asked: few numbers for many requests, added to the
 * service's one registry whenever that is read, so that figures are sums over all threads.
 */
import type { AnswerFacts } from '../pool/protocol.ts';

/** What is told of each request. */
export interface RequestCounter {
  /** One answer of a verification, `seconds` after its request arrived. */
  countAnswer(facts: AnswerFacts, seconds: number): void;
  /** One answered request. */
  countRequest(route: string, status: number): void;
}

export interface Counted {
  readonly requests: readonly {
    readonly route: string;
    readonly status: number;
    readonly count: number;
  }[];
  /** Answers that count alike, and how long each took. */
  readonly answers: readonly { readonly facts: AnswerFacts; readonly seconds: readonly number[] }[];
}

export class RequestTally implements RequestCounter {
  #requests = new Map<string, { route: string; status: number; count: number }>();
  #answers = new Map<string, { facts: AnswerFacts; seconds: number[] }>();

  countAnswer(facts: AnswerFacts, seconds: number): void {
    const key = keyOf(facts);
    const alike = this.#answers.get(key);
    if (alike === undefined) this.#answers.set(key, { facts, seconds: [seconds] });
    else alike.seconds.push(seconds);
  }

  countRequest(route: string, status: number): void {
    const key = `${status} ${route}`;
    const alike = this.#requests.get(key);
    if (alike === undefined) this.#requests.set(key, { route, status, count: 1 });
    else alike.count += 1;
  }

  /** Gives what was counted, and begins anew. */
  take(): Counted {
    const counted = {
      requests: [...this.#requests.values()],
      answers: [...this.#answers.values()],
    };
    this.#requests = new Map();
    this.#answers = new Map();
    return counted;
  }
}

/** Everything of an answer that is counted; not its digest, which is another one each time. */
function keyOf(facts: AnswerFacts): string {
  if (facts.kind === 'problem') return facts.code;
  const { outcome, trustState, policy, codes } = facts;
  return `${outcome} ${trustState} ${policy} ${codes.join()}`;
}
