/** What is told of answers, however they arrive. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AnswerReader, type AutocannonParser, readInPlaceOf } from '../../bench/answer-reader.ts';

interface Heard {
  readonly status: number;
  readonly isLast: boolean;
  body: string;
  isComplete: boolean;
}

/** What a reader tells of octets that come so many at a time, always in the same memory. */
function hear(octets: Buffer, size: number): readonly Heard[] {
  const heard: Heard[] = [];
  const latest = () => heard.at(-1) as Heard;
  const reader = new AnswerReader({
    onHead: (status, isLast) => heard.push({ status, isLast, body: '', isComplete: false }),
    onBody: (part) => {
      latest().body += part.toString('latin1');
    },
    onEnd: () => {
      latest().isComplete = true;
    },
  });
  const memory = Buffer.alloc(size);
  for (let at = 0; at < octets.length; at += size) {
    const length = octets.copy(memory, 0, at, at + size);
    reader.read(memory.subarray(0, length));
  }
  return heard;
}

interface Sent {
  readonly status: number;
  readonly isLast: boolean;
  readonly body: string;
  /** Octets of each chunk; null: whole, with its length in the head. */
  readonly chunkSize: number | null;
}

function toOctets({ status, isLast, body, chunkSize }: Sent): Buffer {
  const connection = isLast ? 'Connection: close' : 'connection: keep-alive';
  const form = chunkSize === null ? `Content-Length: ${body.length}` : 'Transfer-Encoding: chunked';
  const sent = chunkSize === null ? body : inChunks(body, chunkSize);
  const head = `HTTP/1.1 ${status} Words\r\n${connection}\r\n${form}\r\nx: y`;
  return Buffer.from(`${head}\r\n\r\n${sent}`, 'latin1');
}

/** One chunk with an extension, and a trailer behind the last. */
function inChunks(body: string, size: number): string {
  const chunks = [...Array(Math.ceil(body.length / size)).keys()].map((number) => {
    const chunk = body.slice(number * size, (number + 1) * size);
    return `${chunk.length.toString(16)}${number === 0 ? ' ;x=y' : ''}\r\n${chunk}\r\n`;
  });
  return `${chunks.join('')}0\r\nsum: z\r\n\r\n`;
}

const octet = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
const answer = fc.record({
  status: fc.integer({ min: 200, max: 599 }),
  isLast: fc.boolean(),
  body: fc.string({ unit: octet }),
  chunkSize: fc.option(fc.integer({ min: 1, max: 40 })),
});

test('answers, whole and in pieces of any size', () => {
  const answers = fc.array(answer, { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(answers, fc.integer({ min: 1, max: 200 }), (sent, size) => {
      const heard = hear(Buffer.concat(sent.map(toOctets)), size);
      expect(heard).toEqual(
        sent.map(({ chunkSize: _chunkSize, ...each }) => ({ ...each, isComplete: true })),
      );
    }),
  );
});

test('one that is not whole is not complete', () => {
  const octets = toOctets({ status: 200, isLast: false, body: 'body', chunkSize: null });
  expect(hear(octets.subarray(0, -1), 1000)).toMatchObject([{ body: 'bod', isComplete: false }]);
  expect(hear(octets.subarray(0, 20), 1000)).toEqual([]);
});

test.each([
  ['without a length', 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n'],
  ['of another protocol', 'SSH-2.0-x\r\ncontent-length: 1\r\n\r\n'],
])('an answer %s is none', (_, head) => {
  expect(() => hear(Buffer.from(head), 1000)).toThrow('no answer of HTTP/1.1 with a length');
});

test('a chunk must say its size', () => {
  const head = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
  expect(() => hear(Buffer.from(`${head}-4\r\n`), 1000)).toThrow('no size of a chunk: -4');
});

test('an answer without a body is complete with its head', () => {
  const sent = toOctets({ status: 429, isLast: false, body: '', chunkSize: null });
  expect(hear(sent, 1000)).toMatchObject([{ body: '', isComplete: true }]);
});

test('autocannon is told the same', () => {
  const told: unknown[] = [];
  const parser = {
    constructor: { kOnHeadersComplete: 2, kOnBody: 3, kOnMessageComplete: 4 },
    execute: () => {},
    2: (head: unknown) => told.push(head),
    3: (octets: Buffer, start: number, length: number) =>
      told.push(octets.toString('latin1', start, start + length)),
    4: () => told.push('end'),
  } as unknown as AutocannonParser;
  readInPlaceOf(parser);
  parser.execute(toOctets({ status: 503, isLast: false, body: 'body', chunkSize: null }));
  expect(told).toEqual([{ statusCode: 503, headers: [] }, 'body', 'end']);
});
