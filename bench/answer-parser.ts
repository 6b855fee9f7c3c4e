/**
 * Reads answers for autocannon in the closed loop, in place of its own parser, which makes an object of every head: a
 * third of the sender's time, and that is taken from the service on the same machine. autocannon is told the same.
 */

/** autocannon's parser of one connection: it is given what arrives, and calls what autocannon has put into it. */
export interface AutocannonParser {
  execute: (chunk: Buffer) => void;
  readonly constructor: {
    readonly kOnHeadersComplete: number;
    readonly kOnBody: number;
    readonly kOnMessageComplete: number;
  };
  readonly [callback: number]: (...told: unknown[]) => void;
}

const HEAD_END = '\r\n\r\n';

/** From now on `parser` reads answers of HTTP/1.1 whose heads say how long they are, and throws at any other. */
export function readLeanly(parser: AutocannonParser): void {
  const { kOnHeadersComplete, kOnBody, kOnMessageComplete } = parser.constructor;
  let head: Buffer<ArrayBufferLike> = Buffer.alloc(0);
  /** Octets of the body that are to come; null while the head is read. */
  let left: number | null = null;
  parser.execute = (chunk) => {
    let rest: Buffer<ArrayBufferLike> = chunk;
    while (rest.length > 0) {
      if (left === null) {
        head = head.length === 0 ? rest : Buffer.concat([head, rest]);
        const end = head.indexOf(HEAD_END);
        if (end < 0) return;
        const { statusCode, length } = readHead(head.toString('latin1', 0, end));
        rest = head.subarray(end + HEAD_END.length);
        head = Buffer.alloc(0);
        left = length;
        parser[kOnHeadersComplete]?.({ statusCode, headers: [] });
      }
      const body = rest.subarray(0, left);
      parser[kOnBody]?.(body, 0, body.length);
      rest = rest.subarray(left);
      left -= body.length;
      if (left > 0) return;
      left = null;
      parser[kOnMessageComplete]?.();
    }
  };
}

function readHead(head: string): { readonly statusCode: number; readonly length: number } {
  const [, statusCode] = /^HTTP\/1\.1 (\d{3}) /.exec(head) ?? [];
  const [, length] = /\r\ncontent-length: (\d+)(?:\r\n|$)/i.exec(head) ?? [];
  if (statusCode === undefined || length === undefined) {
    throw new Error(`no answer of HTTP/1.1 with a length: ${head.slice(0, 200)}`);
  }
  return { statusCode: Number(statusCode), length: Number(length) };
}
