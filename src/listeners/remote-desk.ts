/** The main thread's desk, as a listening thread reaches it: each call is a message, and so is its answer. */
import type { MessagePort } from 'node:worker_threads';
import { NotIssuing } from '../challenge/challenges.ts';
import type { Call, Desk, Returned } from './protocol.ts';

export class RemoteDesk {
  readonly #port: MessagePort;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #next = 0;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  readonly desk: Desk = {
    takeMark: (claim) => this.#call('takeMark', claim),
    signDocument: (document) => this.#call('signDocument', document),
    issueChallenge: (purpose) => this.#call('issueChallenge', purpose),
    readiness: () => this.#call('readiness'),
    revocation: () => this.#call('revocation'),
    metrics: () => this.#call('metrics'),
  };

  /** Hands an answer to whoever waits for it. */
  returned({ id, value, fault }: Returned): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (fault === undefined) waiting?.resolve(value);
    else waiting?.reject(toError(fault));
  }

  #call<Value>(name: keyof Desk, argument: unknown = null): Promise<Value> {
    const waiting = Promise.withResolvers<unknown>();
    const id = this.#next;
    this.#next += 1;
    this.#waiting.set(id, waiting);
    this.#port.postMessage({ kind: 'call', id, name, argument } satisfies Call);
    return waiting.promise as Promise<Value>;
  }
}

/** Answers a call with what the desk says, on the main thread. */
export async function answerCall(desk: Desk, { id, name, argument }: Call): Promise<Returned> {
  try {
    const value = await (desk[name] as (given: unknown) => Promise<unknown>)(argument);
    return { kind: 'returned', id, value };
  } catch (error) {
    return { kind: 'returned', id, fault: toFault(error) };
  }
}

/** An error as it crosses; its code is what decides which answer a caller gets. */
export function toFault(error: unknown): {
  readonly code: string | null;
  readonly message: string;
} {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return { code: typeof code === 'string' ? code : null, message: String(message ?? error) };
}

function toError({ code, message }: NonNullable<Returned['fault']>): Error {
  return code === 'SERVICE_NOT_READY' ? new NotIssuing(message) : new Error(message);
}
