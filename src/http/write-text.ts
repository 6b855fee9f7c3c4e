/**
 * An answer whose text is ready, written as `reply.send` would write it and in one piece. Three things are spared, which
 * together cost more than the judgement of a device: passes over the text for its length and its conversion, and
 * headers put into an object and taken out again.
 */
import type { FastifyReply } from 'fastify';

export interface TextAnswer {
  readonly status: number;
  /** With its charset. */
  readonly mediaType: string;
  /** ASCII alone. Whatever else it holds, as many octets are written as the header says. */
  readonly body: string;
}

/**
 * Ends `reply`, with nothing where the caller went away (see `sendProblem`). `headers`: names and values in turn, beside
 * those that the reply was given already.
 */
export function writeText(
  reply: FastifyReply,
  { status, mediaType, body }: TextAnswer,
  headers: readonly string[],
): void {
  if (reply.raw.destroyed) {
    reply.hijack();
    return;
  }
  const all = [...headers, 'content-type', mediaType, 'content-length', String(body.length)];
  const given = reply.getHeaders();
  for (const name in given) all.push(name, String(given[name]));
  reply.hijack();
  reply.raw.writeHead(status, all);
  reply.raw.end(body, 'latin1');
}
