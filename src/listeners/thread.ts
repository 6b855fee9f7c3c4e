/**
 * A thread that listens on the shared port and verifies where it accepts: the same server as in front of the
 * pool, with a verifier of its own behind the same queue. A few requests a turn of the event loop, so that
 * answers are written and others accepted in between.
 */
import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { parentPort, workerData } from 'node:worker_threads';
import { recording } from '../audit/desk.ts';
import { Slots } from '../batch/slots.ts';
import { withSingleUse } from '../challenge/single-use.ts';
import { buildServer } from '../http/server.ts';
import { RequestTally } from '../http/tally.ts';
import { Dispatcher } from '../pool/dispatcher.ts';
import type { Job } from '../pool/protocol.ts';
import { Verifier } from '../pool/verifier.ts';
import { withResults } from '../results/index.ts';
import { settleTicks } from '../ticks.ts';
import type { FromListener, InForce, ListenerStart, ToListener } from './protocol.ts';
import { RemoteDesk, toFault } from './remote-desk.ts';

/**
 * Requests verified in one turn of the event loop, at most. Each step is taken for all of them at once: with 8 a
 * request takes 7 % more CPU than with 16, with 32 another 2 % less.
 */
const MAX_BATCH = 32;
/** How long that turn may take: 32 of a factory fleet, half as many new remote devices, 8 of the dearest junk. */
const BATCH_MS = 4;

const start = workerData as ListenerStart;
if (parentPort === null) throw new Error('this file runs as a worker thread');
const port = parentPort;
const tell = (message: FromListener): void => port.postMessage(message);

try {
  await listen();
} catch (error) {
  tell({ kind: 'failed', fault: toFault(error) });
}

async function listen(): Promise<void> {
  const { config } = start;
  await settleTicks();
  const verifier = new Verifier(start);
  let inForce: InForce = { trust: start.trust, revocation: start.revocation };
  const remote = new RemoteDesk(port);
  const { desk } = remote;
  const counter = new RequestTally();
  const dispatcher = new Dispatcher({
    workers: 1,
    maxBatch: MAX_BATCH,
    batchMs: BATCH_MS,
    maxQueue: start.maxQueue,
    deadlineMs: config.deadlineMs,
    clock: () => performance.now(),
    run: async (jobs) => verifier.answerBatch({ jobs, ...inForce }),
    onPoison: ({ body }, cause) =>
      tell({
        kind: 'poison',
        requestSha256: createHash('sha256').update(body).digest('hex'),
        message: String(cause),
      }),
  });
  const marked = withSingleUse((job) => dispatcher.submit(job), { take: desk.takeMark });
  const signed = withResults(
    marked,
    start.hasSigner
      ? { signDocument: (kind, claims) => desk.signDocument({ kind, claims }) }
      : null,
  );
  const chunkSlots = new Slots(1);
  const server = await buildServer({
    config,
    trust: () => verifier.trustOf(inForce.trust),
    submit: start.hasAudit ? recording(signed, decided) : signed,
    jwks: start.jwks,
    issueChallenge: desk.issueChallenge,
    batch: {
      workers: 1,
      revocation: () => inForce.revocation,
      openJudge: () => {
        const { trust } = inForce;
        // A turn each: between two chunks of a batch there is time for requests.
        return (chunk) =>
          chunkSlots.use(async () => {
            await new Promise((resolve) => setImmediate(resolve));
            return verifier.judgeChunk({ chunk, trust });
          });
      },
    },
    health: { readiness: desk.readiness, revocation: desk.revocation },
    counter,
    readMetrics: desk.metrics,
    ...(start.forwardsLog ? { logStream: forwarding() } : {}),
  });
  const count = (): void =>
    tell({ kind: 'counted', counted: counter.take(), queueLength: dispatcher.queueLength });
  const stop = async (): Promise<void> => {
    // Who is still sending when every deadline has passed is cut off.
    const patience = setTimeout(() => server.server.closeAllConnections(), config.deadlineMs);
    await server.close();
    clearTimeout(patience);
    dispatcher.refuseWaiting();
    count();
    tell({ kind: 'stopped' });
  };
  port.on('message', (message: ToListener) => {
    switch (message.kind) {
      case 'in-force':
        inForce = message.inForce;
        break;
      case 'returned':
        remote.returned(message);
        break;
      case 'count':
        count();
        break;
      case 'stop':
        void stop();
        break;
    }
  });
  // Fastify hands this on to node:net as it is; its types do not know the last member.
  const place = { host: config.host, port: start.port, reusePort: true };
  await server.listen(place);
  const { address, port: taken, family } = server.server.address() as AddressInfo;
  const url = `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}`;
  tell({ kind: 'listening', url, port: taken });
}

/** Told before the answer leaves; what has no decision in it is not recorded. */
function decided(
  { caller = null }: Pick<Job, 'caller'>,
  { facts, evidenceDigest, decision }: Extract<FromListener, { kind: 'decided' }>['answer'],
): void {
  if (decision === undefined) return;
  tell({ kind: 'decided', job: { caller }, answer: { facts, evidenceDigest, decision } });
}

function forwarding(): Writable {
  return new Writable({
    decodeStrings: false,
    write(text, _encoding, done) {
      tell({ kind: 'log', text: String(text) });
      done();
    },
  });
}
