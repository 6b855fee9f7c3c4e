/**
 * The headers of helmet, on every answer. They are the same for all of them and cost a verification a tenth of its
 * time to put together, so helmet is asked once.
 */
import helmet from '@fastify/helmet';
import Fastify, { type FastifyInstance } from 'fastify';

/** Puts them on every answer of `server`. */
export async function addSecurityHeaders(server: FastifyInstance): Promise<void> {
  const headers = await askHelmet();
  server.addHook('onRequest', (_request, reply, done) => {
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
