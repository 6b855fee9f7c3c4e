/** What autocannon is told of answers, however they arrive. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AutocannonParser, readLeanly } from '../../bench/answer-parser.ts';

interface Heard {
  readonly status: number;
  readonly body: string;
  isComplete: boolean;
}

/** Stands where autocannon's parser does, and notes what it is told. */
function listening(): { readonly parser: AutocannonParser; readonly heard: readonly Heard[] } {
  const heard: { status: number; body: string; isComplete: boolean }[] = [];
  const latest = () => heard.at(-1) as (typeof heard)[number];
  const parser = {
    constructor: { kOnHeadersComplete: 2, kOnBody: 3, kOnMessageComplete: 4 },
    execute: () => {},
    2: ({ statusCode }: { readonly statusCode: number }) =>
      heard.push({ status: statusCode, body: '', isComplete: false }),
    3: (body: Buffer, start: number, length: number) => {
      latest().body += body.subarray(start, start + length).toString();
    },
    4: () => {
      latest().isComplete = true;
    },
  } as unknown as AutocannonParser;
  readLeanly(parser);
  return { parser, heard };
}

const answerOf = (status: number, body: string): string =>
  `HTTP/1.1 ${status} Words\r\ndate: now\r\nContent-Length: ${Buffer.byteLength(body)}\r\nx: y\r\n\r\n${body}`;

const answers = fc.array(
  fc.record({ status: fc.integer({ min: 200, max: 599 }), body: fc.string() }),
  { minLength: 1, maxLength: 4 },
);

test('answers, whole and in pieces of any size', () => {
  fc.assert(
    fc.property(answers, fc.integer({ min: 1, max: 200 }), (sent, size) => {
      const octets = Buffer.from(sent.map(({ status, body }) => answerOf(status, body)).join(''));
      const { parser, heard } = listening();
      for (let at = 0; at < octets.length; at += size) {
        parser.execute(octets.subarray(at, at + size));
      }
      expect(heard).toEqual(sent.map((answer) => ({ ...answer, isComplete: true })));
    }),
  );
});

test.each([
  ['without a length', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'],
  ['of another protocol', 'SSH-2.0-x\r\ncontent-length: 1\r\n\r\n'],
])('an answer %s is none', (_, head) => {
  const { parser } = listening();
  expect(() => parser.execute(Buffer.from(head))).toThrow('no answer of HTTP/1.1 with a length');
});
