/**
 * Reads answers of HTTP/1.1 on the sender's side, with no object made of their heads: the sender shares the machine, and
 * what it takes is taken from the service. autocannon's own parser takes a quarter of the sender's time.
 */
import type { OnReadOpts } from 'node:net';

/** Who is told of answers. A body is told as it comes, in octets that may be overwritten afterwards. */
export interface AnswerListener {
  readonly onHead: (status: number, isLast: boolean) => void;
  readonly onBody: (octets: Buffer) => void;
  readonly onEnd: () => void;
}

const LINE_END = '\r\n';
const HEAD_END = '\r\n\r\n';

/** What the next octets belong to: a body as long as its head says, or one in chunks (RFC 9112, 7.1). */
type Part = 'head' | 'body' | 'chunk size' | 'chunk' | 'trailer';

/** The answers of one connection. */
export class AnswerReader {
  readonly #listener: AnswerListener;
  #part: Part = 'head';
  /** What has come of a head or a line. */
  #begun = Buffer.alloc(0);
  /** Octets of a body or chunk that are to come. */
  #left = 0;

  constructor(listener: AnswerListener) {
    this.#listener = listener;
  }

  /** Throws at what is no such answer. */
  read(octets: Buffer): void {
    let rest = octets;
    while (rest.length > 0) {
      if (this.#left > 0) {
        const body = rest.subarray(0, this.#left);
        rest = rest.subarray(body.length);
        this.#left -= body.length;
        this.#listener.onBody(body);
        if (this.#left === 0) this.#endOctets();
      } else {
        const seen = this.#begun.length === 0 ? rest : Buffer.concat([this.#begun, rest]);
        const mark = this.#part === 'head' ? HEAD_END : LINE_END;
        const end = seen.indexOf(mark);
        if (end < 0) {
          this.#begun = Buffer.from(seen);
          return;
        }
        this.#begun = Buffer.alloc(0);
        rest = seen.subarray(end + mark.length);
        this.#endText(seen.toString('latin1', 0, end));
      }
    }
  }

  #endOctets(): void {
    if (this.#part === 'body') this.#end();
    else this.#part = 'chunk size';
  }

  #endText(text: string): void {
    if (this.#part === 'head') {
      const { status, length, isLast } = readHead(`${text}${LINE_END}`);
      this.#listener.onHead(status, isLast);
      this.#part = length === 'chunks' ? 'chunk size' : 'body';
      this.#left = length === 'chunks' ? 0 : length;
      if (length === 0) this.#end();
    } else if (this.#part === 'trailer') {
      if (text === '') this.#end();
    } else if (text !== '') {
      // An empty line is the end of the chunk before.
      this.#left = readChunkSize(text);
      this.#part = this.#left === 0 ? 'trailer' : 'chunk';
    }
  }

  #end(): void {
    this.#part = 'head';
    this.#listener.onEnd();
  }
}

interface Head {
  readonly status: number;
  readonly length: number | 'chunks';
  /** The connection ends behind it. */
  readonly isLast: boolean;
}

/** Every line of `head` ends with CRLF. */
function readHead(head: string): Head {
  const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(head) ?? [];
  const [, digits] = /\r\ncontent-length: (\d+)\r\n/i.exec(head) ?? [];
  const length = digits === undefined ? null : Number(digits);
  const isInChunks = length === null && /\r\ntransfer-encoding: chunked\r\n/i.test(head);
  if (status === undefined || (length === null && !isInChunks)) {
    throw new Error(`no answer of HTTP/1.1 with a length: ${head.slice(0, 200)}`);
  }
  const isLast = /\r\nconnection: close\r\n/i.test(head);
  return { status: Number(status), length: length ?? 'chunks', isLast };
}

function readChunkSize(line: string): number {
  const [, digits] = /^([0-9a-f]{1,8}) *(;|$)/i.exec(line) ?? [];
  if (digits === undefined) throw new Error(`no size of a chunk: ${line.slice(0, 200)}`);
  return Number.parseInt(digits, 16);
}

/** What arrives is read where it arrives: Node makes memory of 64 KB for each piece otherwise. */
export function intoOneBuffer(read: (octets: Buffer) => void): OnReadOpts {
  return {
    buffer: Buffer.allocUnsafeSlow(READ_BYTES),
    callback: (length, octets) => {
      read(Buffer.from(octets.buffer, octets.byteOffset, length));
      return true;
    },
  };
}

const READ_BYTES = 65_536;

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

/**
 * From now on `parser` tells autocannon what an `AnswerReader` reads. Of a report that accepts, it tells the beginning
 * alone: autocannon makes a text of all that it is told.
 */
export function readInPlaceOf(parser: AutocannonParser): void {
  const { kOnHeadersComplete, kOnBody, kOnMessageComplete } = parser.constructor;
  const reader = new AnswerReader({
    onHead: (statusCode) => parser[kOnHeadersComplete]?.({ statusCode, headers: [] }),
    onBody: (octets) => {
      const beginning = octets.toString('latin1', 0, BEGINNING_OCTETS);
      const length = beginning.includes(ACCEPTED) ? BEGINNING_OCTETS : octets.length;
      parser[kOnBody]?.(octets, 0, Math.min(length, octets.length));
    },
    onEnd: () => parser[kOnMessageComplete]?.(),
  });
  parser.execute = (octets) => reader.read(octets);
}

/** Of a report: far enough for its outcome. */
const BEGINNING_OCTETS = 64;
const ACCEPTED = '"outcome":"accept"';
