/** What never became a request: octets that are no HTTP, headers that are too large or too slow. */
import type { Socket } from 'node:net';
import { PROBLEM_MEDIA_TYPE, type ProblemCode, toProblem } from '../request/index.ts';

/** By Node's codes. Anything else is no HTTP. */
const NODE_CODES: Readonly<Record<string, { code: ProblemCode; detail: string }>> = {
  HPE_HEADER_OVERFLOW: {
    code: 'REQUEST_HEADERS_TOO_LARGE',
    detail: 'the headers are larger than this service takes',
  },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: {
    code: 'REQUEST_TOO_LARGE',
    detail: 'the body is larger than this service takes',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    code: 'REQUEST_TIMEOUT',
    detail: 'the request did not arrive in time',
  },
};

const NO_HTTP = { code: 'REQUEST_INVALID', detail: 'the request is not understood' } as const;

/** Answers with a problem document, as far as anybody still listens, and ends the connection. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const { code, detail } = NODE_CODES[error.code ?? ''] ?? NO_HTTP;
  const problem = toProblem(code, detail);
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    `content-type: ${PROBLEM_MEDIA_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  // What else it sends is not read.
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
