/** How long a body may take to arrive, so that slow senders hold no connection. */
import type { FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The body is read while the answer is written, for as long as both move. */
    streams?: boolean;
  }
}

/** Ends connections whose body is not complete after `ms`. Routes that stream have bounds of their own. */
export function boundBodies(server: FastifyInstance, ms: number): void {
  server.addHook('onRequest', async (request, reply) => {
    if (request.raw.complete || request.routeOptions.config?.streams === true) return;
    const timer = setTimeout(() => {
      if (!request.raw.complete) request.raw.socket.destroy();
    }, ms);
    timer.unref();
    reply.raw.once('close', () => clearTimeout(timer));
  });
}
