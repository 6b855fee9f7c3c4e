/** How long a body may take to arrive, so that slow senders hold no connection. */
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The body is read while the answer is written, for as long as both move. */
    streams?: boolean;
  }
}

/**
 * Ends connections whose body is not complete after `ms`, also where the answer did not wait for it (401,
 * 404, 413): such a connection would be kept for the next request. Routes that stream have bounds of their own.
 */
export function boundBodies(server: FastifyInstance, ms: number): void {
  const arriving = new Arriving(ms);
  server.addHook('onRequest', ({ raw, routeOptions }, _reply, done) => {
    if (!raw.complete && routeOptions.config?.streams !== true) arriving.add(raw);
    done();
  });
  // Where a body was waited for, it is there now.
  server.addHook('preValidation', ({ raw }, _reply, done) => {
    arriving.delete(raw);
    done();
  });
}

/** Requests whose body was not yet there, the oldest first: one timer for all of them. */
class Arriving {
  readonly #ms: number;
  readonly #dueAt = new Map<IncomingMessage, number>();
  #isWaiting = false;

  constructor(ms: number) {
    this.#ms = ms;
  }

  add(request: IncomingMessage): void {
    this.#dueAt.set(request, performance.now() + this.#ms);
    this.#wait();
  }

  delete(request: IncomingMessage): void {
    this.#dueAt.delete(request);
  }

  #wait(): void {
    const [first] = this.#dueAt.values();
    if (this.#isWaiting || first === undefined) return;
    this.#isWaiting = true;
    setTimeout(() => {
      this.#isWaiting = false;
      this.#end();
      this.#wait();
    }, first - performance.now()).unref();
  }

  #end(): void {
    const now = performance.now();
    for (const [request, dueAt] of this.#dueAt) {
      if (now < dueAt) return;
      this.#dueAt.delete(request);
      if (!request.complete) request.socket.destroy();
    }
  }
}
