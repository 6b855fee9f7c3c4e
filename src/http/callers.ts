/** Who may call: bearer tokens, of which only digests are configured. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config.ts';
import { sendProblem } from './problems.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Id of the authenticated caller; null where none is configured. */
    caller: string | null;
  }
}

/** Admits known callers only to the routes of this scope, and says so in their documentation. */
export function requireCaller(scope: FastifyInstance, callers: Config['callers']): void {
  scope.addHook('onRequest', buildCallerCheck(callers));
  // With no callers configured a token is welcome and not needed.
  const security = callers.length === 0 ? [{ bearer: [] }, {}] : [{ bearer: [] }];
  scope.addHook('onRoute', (route) => {
    route.schema = { ...route.schema, security };
  });
}

/** A hook that admits known callers only; with none configured, everybody. */
function buildCallerCheck(callers: Config['callers']) {
  const digests = callers.map(({ tokenSha256 }) => Buffer.from(tokenSha256, 'hex'));
  return (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    if (digests.length === 0) {
      done();
      return;
    }
    const [scheme, token = ''] = (request.headers.authorization ?? '').split(' ');
    const given = createHash('sha256').update(token).digest();
    // Every digest is compared, whichever matches.
    const known = digests.map((digest) => timingSafeEqual(digest, given)).indexOf(true);
    if (scheme?.toLowerCase() === 'bearer' && known >= 0) {
      request.caller = callers[known]?.id ?? null;
      done();
      return;
    }
    reply.header('www-authenticate', 'Bearer');
    sendProblem(reply, 'NOT_AUTHENTICATED', 'send a known token as Authorization: Bearer');
  };
}
