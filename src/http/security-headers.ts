/**
 * The headers of helmet, on every answer. They are the same for all of them and cost a verification a tenth of its
 * time to put together, so helmet is asked once.
 */
import helmet from '@fastify/helmet';
import Fastify, { type FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyInstance {
    /** Names and values in turn, for an answer that is written past the hooks. */
    securityHeaders: readonly string[];
  }
}

/** Puts them on every answer that `server` sends. */
export async function addSecurityHeaders(server: FastifyInstance): Promise<void> {
  const headers = await askHelmet();
  server.decorate('securityHeaders', Object.entries(headers).flat());
  server.addHook('onSend', (_request, reply, _payload, done) => {
    reply.headers(headers);
    done();
  });
}

/** What an answer carries with helmet and not without. */
async function askHelmet(): Promise<Readonly<Record<string, string>>> {
  const [plain, protectedOne] = await Promise.all([headersOf(Fastify()), headersOf(withHelmet())]);
  return Object.fromEntries(
    Object.entries(protectedOne)
      .filter(([name]) => !Object.hasOwn(plain, name))
      .map(([name, value]) => [name, String(value)]),
  );
}

function withHelmet(): FastifyInstance {
  const server = Fastify();
  server.register(helmet);
  return server;
}

async function headersOf(server: FastifyInstance): Promise<Record<string, unknown>> {
  server.get('/', async () => '');
  const { headers } = await server.inject('/');
  await server.close();
  return headers;
}
