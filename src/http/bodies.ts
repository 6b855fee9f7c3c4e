/** How long a body may take to arrive, so that slow senders hold no connection. */
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';

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
  server.addHook('onRequest', (request, _reply, done) => {
    if (!request.raw.complete) arriving.note(request);
    done();
  });
}

/** The latest request of a connection: only its body can be under way, those before it are complete. */
interface Latest {
  request: FastifyRequest;
  /** When it arrived. */
  since: number;
}

/**
 * What is arriving, by connection, under one timer: a timer for each request, with what listens for its end, costs
 * as much as parsing one. Nothing is added and removed for a request: a table that changes so often keeps what was
 * in it alive (old copies of a `Map` point to newer ones), and all requests would reach the old generation.
 */
class Arriving {
  readonly #ms: number;
  readonly #connections = new Map<Socket, Latest>();
  #isTimed = false;

  constructor(ms: number) {
    this.#ms = ms;
  }

  note(request: FastifyRequest): void {
    const { socket } = request.raw;
    const latest = this.#connections.get(socket);
    const since = performance.now();
    if (latest === undefined) {
      this.#connections.set(socket, { request, since });
      socket.once('close', () => this.#connections.delete(socket));
    } else {
      latest.request = request;
      latest.since = since;
    }
    if (!this.#isTimed) this.#look();
  }

  /** Ends what is overdue, and looks again when the next could be. */
  #look(): void {
    const now = performance.now();
    let wait = this.#ms;
    for (const [socket, { request, since }] of this.#connections) {
      if (request.raw.complete || request.routeOptions.config?.streams === true) continue;
      const left = since + this.#ms - now;
      if (left <= 0) socket.destroy();
      else wait = Math.min(wait, left);
    }
    this.#isTimed = this.#connections.size > 0;
    if (this.#isTimed) setTimeout(() => this.#look(), Math.ceil(wait)).unref();
  }
}
