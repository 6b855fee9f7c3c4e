/**
 * The headers of helmet, on every answer: its own set for pages, and for data what means something there. They are
 * the same for all answers of a kind and cost a verification a tenth of its time to put together, so helmet is asked once.
 */
import helmet, { type FastifyHelmetOptions } from '@fastify/helmet';
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';

declare module 'fastify' {
  interface FastifyInstance {
    /** Of data: names and values in turn, for an answer that is written past the hooks. */
    securityHeaders: readonly string[];
  }
}

/**
 * Data is neither shown nor run, wherever it ends up: nothing may be loaded for it and nobody may frame it. What is
 * left out says how a page is to behave, of which there is none.
 */
const DATA: FastifyHelmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
  frameguard: { action: 'deny' },
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  referrerPolicy: false,
  dnsPrefetchControl: false,
  ieNoOpen: false,
  permittedCrossDomainPolicies: false,
  xssFilter: false,
};

/** Puts them on every answer that `server` sends. */
export async function addSecurityHeaders(server: FastifyInstance): Promise<void> {
  const [ofPages, ofData] = await Promise.all([askHelmet({}), askHelmet(DATA)]);
  server.decorate('securityHeaders', Object.entries(ofData).flat());
  server.addHook('onSend', (_request, reply, _payload, done) => {
    reply.headers(isPage(reply) ? ofPages : ofData);
    done();
  });
}

function isPage(reply: FastifyReply): boolean {
  return String(reply.getHeader('content-type')).startsWith('text/html');
}

/** What an answer carries with helmet and not without. */
async function askHelmet(options: FastifyHelmetOptions): Promise<Readonly<Record<string, string>>> {
  const guarded = Fastify();
  guarded.register(helmet, options);
  const [plain, protectedOne] = await Promise.all([headersOf(Fastify()), headersOf(guarded)]);
  return Object.fromEntries(
    Object.entries(protectedOne)
      .filter(([name]) => !Object.hasOwn(plain, name))
      .map(([name, value]) => [name, String(value)]),
  );
}

async function headersOf(server: FastifyInstance): Promise<Record<string, unknown>> {
  server.get('/', async () => '');
  const { headers } = await server.inject('/');
  await server.close();
  return headers;
}
