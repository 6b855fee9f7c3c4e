/**
 * Threads that share one port (SO_REUSEPORT), each verifying what it accepts. The kernel spreads connections
 * over them. One that dies takes its connections with it and is replaced; one that no longer answers the main
 * thread is ended, and replaced.
 */
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { AuditedAnswer, AuditedJob } from '../audit/desk.ts';
import type { Counted } from '../http/tally.ts';
import { ConfigurationFault } from '../sources/document.ts';
import type { Desk, FromListener, InForce, ListenerStart, ToListener } from './protocol.ts';
import { answerCall } from './remote-desk.ts';

export interface ListenersOptions {
  readonly count: number;
  readonly start: Omit<ListenerStart, keyof InForce | 'port' | 'maxQueue'>;
  /** Over all threads. */
  readonly maxQueue: number;
  /** What is in force at the moment of the call: the same objects for as long as nothing changes. */
  readonly inForce: () => InForce;
  readonly desk: Desk;
  readonly onDecision: (job: AuditedJob, answer: AuditedAnswer) => void;
  readonly onCounted: (counted: Counted) => void;
  readonly onPoison: (requestSha256: string, message: string) => void;
  /** Called for each thread that ended by itself; it is replaced. */
  readonly onDeath: (cause: unknown) => void;
  readonly onLog: (text: string) => void;
  /** Another thread, for tests. */
  readonly filename?: string;
}

/** This file's neighbour, as source and as build. */
const THREAD = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js', import.meta.url),
);

/** A thread that outgrows this is replaced. */
const MAX_HEAP_MB = 512;

/** Three times eight: with the sixteen that V8 takes by itself a listener is no faster. */
const YOUNG_MB = 24;
/** How often changes are looked for beside being told of them, and threads asked what they counted. */
const LOOK_MS = 100;
const COUNT_MS = 1000;
/** A thread that leaves so many questions in a row unanswered is ended. */
const MAX_UNANSWERED = 10;
/** A thread that cannot start is tried again after this time. */
const RETRY_MS = 1000;
/** Longest that reading figures waits for a busy thread. */
const PATIENCE_MS = 1000;

/** A stopping thread that is not done so long after every deadline has passed is ended. */
const STOP_MS = 5000;

interface Listener {
  readonly worker: Worker;
  isUp: boolean;
  queueLength: number;
  /** Questions since it last answered one. */
  unanswered: number;
  answered: PromiseWithResolvers<void>;
}

export class Listeners {
  readonly #options: ListenersOptions;
  readonly #listeners = new Set<Listener>();
  #sent: InForce;
  #port = 0;
  #isClosing = false;
  #timers: NodeJS.Timeout[] = [];

  constructor(options: ListenersOptions) {
    this.#options = options;
    this.#sent = options.inForce();
  }

  /** Resolves with the address once every thread listens; rejects if one cannot. */
  async start(): Promise<string> {
    const { config } = this.#options.start;
    if (config.port !== 0) await checkFree(config.host, config.port);
    this.#port = config.port;
    // The first takes the port, where any will do; the others share it.
    const url = await this.#open();
    const others = Array.from({ length: this.#options.count - 1 }, () => this.#open());
    await Promise.all(others);
    this.#timers = [
      setInterval(() => this.look(), LOOK_MS).unref(),
      setInterval(() => this.#watch(), COUNT_MS).unref(),
    ];
    return url;
  }

  /** Threads that listen. */
  get up(): number {
    return [...this.#listeners].filter(({ isUp }) => isUp).length;
  }

  /** Requests that wait, as far as threads have told. */
  get queueLength(): number {
    return [...this.#listeners].reduce((sum, { queueLength }) => sum + queueLength, 0);
  }

  /** Tells every thread what is in force, if that has changed. */
  look(): void {
    const now = this.#options.inForce();
    const { trust, revocation } = this.#sent;
    if (now.trust === trust && now.revocation === revocation) return;
    this.#sent = now;
    for (const listener of this.#listeners) post(listener, { kind: 'in-force', inForce: now });
  }

  /** Asks every thread what it has counted; resolves when all have told, or have been waited for. */
  async count(): Promise<void> {
    const asked = [...this.#listeners]
      .filter(({ isUp }) => isUp)
      .map((listener) => {
        post(listener, { kind: 'count' });
        return listener.answered.promise;
      });
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, PATIENCE_MS);
    await Promise.race([Promise.all(asked), promise]);
    clearTimeout(timer);
  }

  /** Lets every thread answer what is in flight, and ends them. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const timer of this.#timers) clearInterval(timer);
    const ended = [...this.#listeners].map(async (listener) => {
      const { worker, isUp } = listener;
      const exit = new Promise((resolve) => worker.once('exit', resolve));
      const { deadlineMs } = this.#options.start.config;
      const patience = setTimeout(() => worker.terminate(), deadlineMs + STOP_MS);
      if (isUp) post(listener, { kind: 'stop' });
      else await worker.terminate();
      await exit;
      clearTimeout(patience);
    });
    await Promise.all(ended);
  }

  /** Starts one thread. */
  #open(): Promise<string> {
    const { start, maxQueue, count, filename = THREAD } = this.#options;
    const workerData: ListenerStart = {
      ...start,
      ...this.#sent,
      port: this.#port,
      maxQueue: Math.ceil(maxQueue / count),
    };
    const worker = new Worker(filename, {
      name: 'listener',
      workerData,
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB, maxYoungGenerationSizeMb: YOUNG_MB },
    });
    const listener: Listener = {
      worker,
      isUp: false,
      queueLength: 0,
      unanswered: 0,
      answered: Promise.withResolvers(),
    };
    this.#listeners.add(listener);
    const opened = Promise.withResolvers<string>();
    let cause: unknown = 'it ended by itself';
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('message', (message: FromListener) => {
      switch (message.kind) {
        case 'listening':
          listener.isUp = true;
          this.#port = message.port;
          opened.resolve(message.url);
          break;
        case 'failed':
          cause = toStartFault(message.fault);
          void worker.terminate();
          break;
        case 'stopped':
          void worker.terminate();
          break;
        default:
          this.#hear(listener, message);
      }
    });
    worker.once('exit', () => {
      this.#listeners.delete(listener);
      listener.answered.resolve();
      opened.reject(cause);
      if (listener.isUp && !this.#isClosing) {
        this.#options.onDeath(cause);
        this.#replace();
      }
    });
    return opened.promise;
  }

  #replace(): void {
    this.#open().catch((cause) => {
      if (this.#isClosing) return;
      this.#options.onDeath(cause);
      setTimeout(() => {
        if (!this.#isClosing) this.#replace();
      }, RETRY_MS).unref();
    });
  }

  #hear(
    listener: Listener,
    message: Exclude<FromListener, { kind: 'listening' | 'failed' | 'stopped' }>,
  ): void {
    const { desk, onDecision, onCounted, onPoison, onLog } = this.#options;
    switch (message.kind) {
      case 'call':
        void answerCall(desk, message).then((returned) => {
          // What was swapped before this answer was made is in force before it arrives.
          this.look();
          post(listener, returned);
        });
        break;
      case 'decided':
        onDecision(message.job, message.answer);
        break;
      case 'counted':
        listener.queueLength = message.queueLength;
        listener.unanswered = 0;
        onCounted(message.counted);
        listener.answered.resolve();
        listener.answered = Promise.withResolvers();
        break;
      case 'poison':
        onPoison(message.requestSha256, message.message);
        break;
      case 'log':
        onLog(message.text);
        break;
    }
  }

  /** Counted in questions and not by the clock: a machine that slept has asked only once. */
  #watch(): void {
    for (const listener of this.#listeners) {
      if (!listener.isUp) continue;
      listener.unanswered += 1;
      if (listener.unanswered > MAX_UNANSWERED) void listener.worker.terminate();
      else post(listener, { kind: 'count' });
    }
  }
}

function post({ worker }: Listener, message: ToListener): void {
  worker.postMessage(message);
}

/** Two services of one user could share a port without knowing: a port that is taken is refused as ever. */
async function checkFree(host: string, port: number): Promise<void> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject);
    probe.listen({ host, port }, resolve);
  });
  await new Promise((resolve) => probe.close(resolve));
}

/** What a system says that cannot share ports. */
const NOT_SHARED: readonly (string | null)[] = ['ENOTSUP', 'EINVAL', 'ENOPROTOOPT'];

function toStartFault({ code, message }: { code: string | null; message: string }): Error {
  if (!NOT_SHARED.includes(code)) return Object.assign(new Error(message), { code });
  return new ConfigurationFault(
    `setting listeners: this system does not let several sockets share a port (${code}); set it to 0`,
  );
}
