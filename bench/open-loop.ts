/**
 * Requests at a fixed rate, whether or not earlier ones are answered: each is due at its own moment and its
 * latency counts from there, so that a service that stalls is charged for all who would have come meanwhile.
 *
 * autocannon is not used for this: its rate lets every connection send its second's worth as fast as it can and
 * then pause, a closed loop for a part of each second, and it corrects with an interval of one millisecond.
 */
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type AnswerListener, AnswerReader, intoOneBuffer } from './answer-reader.ts';
import type { PackedTexts } from './packed-texts.ts';

export interface Place {
  /** Of the service. */
  readonly url: string;
  readonly connections: number;
}

export interface Answered {
  /** 0: the connection ended, or no answer came. */
  readonly status: number;
  readonly body: string;
  /** Milliseconds since the request was due. */
  readonly ms: number;
  /** The first on its connection, which it had to open. */
  readonly isFirst: boolean;
}

/** What is still unanswered so long after the last request counts as an error. */
export const PATIENCE_MS = 10_000;

interface Due {
  readonly at: number;
  readonly request: Buffer;
}

/** Sends whole requests in turn, `rate` a second for so many seconds, and tells of each answer. Gives the seconds until the last. */
export async function openLoop(
  place: Place,
  requests: PackedTexts,
  {
    rate,
    seconds,
    from = 0,
  }: { readonly rate: number; readonly seconds: number; readonly from?: number },
  onAnswer: (answered: Answered) => void,
): Promise<number> {
  const count = Math.round(rate * seconds);
  const waiting: Due[] = [];
  const idle: Connection[] = [];
  let left = count;
  const done = Promise.withResolvers<void>();
  const next = (connection: Connection): void => {
    const due = waiting.shift();
    if (due === undefined) idle.push(connection);
    else connection.send(due);
  };
  const connections = Array.from(
    { length: place.connections },
    () =>
      new Connection(place, (connection, answered) => {
        onAnswer(answered);
        left -= 1;
        if (left === 0) done.resolve();
        next(connection);
      }),
  );
  idle.push(...connections);
  const started = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    while (sent < count && started + (sent * 1000) / rate <= now) {
      const request = requests.octetsOf((from + sent) % requests.length);
      waiting.push({ at: started + (sent * 1000) / rate, request });
      sent += 1;
      const connection = idle.shift();
      if (connection !== undefined) next(connection);
    }
  }, 1);
  const patience = setTimeout(done.resolve, seconds * 1000 + PATIENCE_MS);
  await done.promise;
  clearTimeout(patience);
  clearInterval(timer);
  const elapsed = (performance.now() - started) / 1000;
  for (const connection of connections) connection.close();
  for (; left > 0; left -= 1) onAnswer({ status: 0, body: '', ms: PATIENCE_MS, isFirst: false });
  return Math.max(elapsed, seconds);
}

/** One request on each of so many fresh connections at once: the latest first answer, in ms. */
export async function latestFirstAnswer(
  place: Place,
  requests: PackedTexts,
  from: number,
): Promise<number> {
  const all = Array.from({ length: place.connections }, (_, index) => {
    const { promise, resolve } = Promise.withResolvers<number>();
    const connection = new Connection(place, (_connection, { ms, status }) =>
      resolve(status === 200 ? ms : Number.NaN),
    );
    const request = requests.octetsOf((from + index) % requests.length);
    connection.send({ at: performance.now(), request });
    return promise.finally(() => connection.close());
  });
  return Math.max(...(await Promise.all(all)));
}

/** One connection that is kept, with one request on it at a time; opened anew when it ends. */
class Connection {
  readonly #url: URL;
  readonly #onAnswer: (connection: Connection, answered: Answered) => void;
  #socket: Socket | null = null;
  #due: Due | null = null;
  #isFresh = true;

  constructor({ url }: Place, onAnswer: (connection: Connection, answered: Answered) => void) {
    this.#url = new URL(url);
    this.#onAnswer = onAnswer;
  }

  send(due: Due): void {
    this.#due = due;
    this.#socket ??= this.#open();
    this.#socket.write(due.request);
  }

  close(): void {
    this.#due = null;
    this.#socket?.destroy();
  }

  #open(): Socket {
    const { protocol, hostname, port } = this.#url;
    const host = hostname.replaceAll(/[[\]]/g, '');
    const reader = new AnswerReader(this.#listener());
    const read = (octets: Buffer): void => {
      try {
        reader.read(octets);
      } catch {
        // What is no answer counts as none that came.
        socket.destroy();
      }
    };
    const socket: Socket =
      protocol === 'https:'
        ? connectTls({ host, port: Number(port || 443), servername: host })
        : connect({ host, port: Number(port || 80), onread: intoOneBuffer(read) });
    socket.setNoDelay(true);
    socket.on('data', read);
    socket.on('error', () => {});
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = null;
      this.#finish(0, '');
    });
    return socket;
  }

  #listener(): AnswerListener {
    let status = 0;
    let body = '';
    let isLast = false;
    return {
      onHead: (code, isLastOne) => {
        status = code;
        isLast = isLastOne;
        body = '';
      },
      // Answers are ASCII.
      onBody: (octets) => {
        body += octets.toString('latin1');
      },
      onEnd: () => {
        if (isLast) {
          this.#socket?.destroy();
          this.#socket = null;
        }
        this.#finish(status, body);
      },
    };
  }

  #finish(status: number, body: string): void {
    const due = this.#due;
    if (due === null) return;
    this.#due = null;
    const isFirst = this.#isFresh;
    this.#isFresh = false;
    this.#onAnswer(this, { status, body, ms: performance.now() - due.at, isFirst });
  }
}
