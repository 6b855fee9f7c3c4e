/**
 * Reads answers of HTTP/1.1 on the sender's side, with no object made of their heads: the sender shares the machine, and
 * what it takes is taken from the service. autocannon's own parser takes a quarter of the sender's time.
 */

/** Who is told of answers. A body is told as it comes, in octets that may be overwritten afterwards. */
export interface AnswerListener {
  readonly onHead: (status: number, isLast: boolean) => void;
  readonly onBody: (octets: Buffer) => void;
  readonly onEnd: () => void;
}

const HEAD_END = '\r\n\r\n';

/** The answers of one connection, whose heads must say how long they are. */
export class AnswerReader {
  readonly #listener: AnswerListener;
  /** What has come of a head. */
  #head = Buffer.alloc(0);
  /** Octets of the body that are to come; null while the head is read. */
  #left: number | null = null;

  constructor(listener: AnswerListener) {
    this.#listener = listener;
  }

  /** Throws at what is no such answer. */
  read(octets: Buffer): void {
    let rest = octets;
    while (rest.length > 0) {
      if (this.#left === null) {
        const head = this.#head.length === 0 ? rest : Buffer.concat([this.#head, rest]);
        const end = head.indexOf(HEAD_END);
        if (end < 0) {
          this.#head = Buffer.from(head);
          return;
        }
        const { status, length, isLast } = readHead(head.toString('latin1', 0, end + 2));
        this.#head = Buffer.alloc(0);
        this.#left = length;
        rest = head.subarray(end + HEAD_END.length);
        this.#listener.onHead(status, isLast);
      }
      const body = rest.subarray(0, this.#left);
      this.#listener.onBody(body);
      rest = rest.subarray(body.length);
      this.#left -= body.length;
      if (this.#left > 0) return;
      this.#left = null;
      this.#listener.onEnd();
    }
  }
}

interface Head {
  readonly status: number;
  readonly length: number;
  /** The connection ends behind it. */
  readonly isLast: boolean;
}

/** Every line of `head` ends with CRLF. */
function readHead(head: string): Head {
  const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(head) ?? [];
  const [, length] = /\r\ncontent-length: (\d+)\r\n/i.exec(head) ?? [];
  if (status === undefined || length === undefined) {
    throw new Error(`no answer of HTTP/1.1 with a length: ${head.slice(0, 200)}`);
  }
  const isLast = /\r\nconnection: close\r\n/i.test(head);
  return { status: Number(status), length: Number(length), isLast };
}

/** autocannon's parser of one connection: it is given what arrives, and calls what autocannon has put into it. */
export interface AutocannonParser {
  execute: (octets: Buffer) => void;
  readonly constructor: {
    readonly kOnHeadersComplete: number;
    readonly kOnBody: number;
    readonly kOnMessageComplete: number;
  };
  readonly [callback: number]: (...told: unknown[]) => void;
}

/** From now on `parser` tells autocannon what an `AnswerReader` reads. */
export function readInPlaceOf(parser: AutocannonParser): void {
  const { kOnHeadersComplete, kOnBody, kOnMessageComplete } = parser.constructor;
  const reader = new AnswerReader({
    onHead: (statusCode) => parser[kOnHeadersComplete]?.({ statusCode, headers: [] }),
    onBody: (octets) => parser[kOnBody]?.(octets, 0, octets.length),
    onEnd: () => parser[kOnMessageComplete]?.(),
  });
  parser.execute = (octets) => reader.read(octets);
}
