/** How long a body may take to arrive, so that slow senders hold no connection. */
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
  server.addHook('onRequest', async ({ raw, routeOptions }) => {
    if (raw.complete || routeOptions.config?.streams === true) return;
    const { socket } = raw;
    const timer = setTimeout(() => {
      if (!raw.complete) socket.destroy();
    }, ms);
    timer.unref();
    const forget = (): void => {
      clearTimeout(timer);
      raw.off('end', forget);
      socket.off('close', forget);
    };
    raw.once('end', forget);
    socket.once('close', forget);
  });
}
