/**
 * autocannon's connections with less work for each answer: the sender shares the machine, and what it takes is taken from
 * the service. When to send, how long it took and what failed stays autocannon's.
 */
import { connect } from 'node:net';
import { type AutocannonParser, intoOneBuffer, readInPlaceOf } from './answer-reader.ts';

/** What autocannon's types do not say of its clients (its `lib/httpClient.js`, version 9). */
export interface AutocannonClient {
  readonly opts: {
    readonly protocol: string;
    readonly hostname: string;
    readonly port: number;
  };
  readonly parser: AutocannonParser;
  readonly pipelinedRequests: { addByteCount(count: number): void };
  readonly destroyed: boolean;
  conn: unknown;
  emit(event: 'connError', error: Error): boolean;
  getRequestBuffer(): Buffer;
  _connect(): void;
  _doRequest(): void;
}

/** To be called before `client` connects. `nextRequest`: what it sends, octet for octet. */
export function lighten(client: AutocannonClient, nextRequest: () => Buffer): void {
  // Put together beforehand: to do it for each request as it is sent took a quarter of the sender's time.
  client.getRequestBuffer = nextRequest;
  readInPlaceOf(client.parser);
  if (client.opts.protocol !== 'https:') client._connect = () => connectLightly(client);
}

function connectLightly(client: AutocannonClient): void {
  const { hostname, port } = client.opts;
  const host = hostname.replaceAll(/[[\]]/g, '');
  const read = (octets: Buffer): void => {
    client.pipelinedRequests.addByteCount(octets.length);
    client.parser.execute(octets);
  };
  const socket = connect({ host, port, onread: intoOneBuffer(read) });
  const again = (): void => {
    if (!client.destroyed) client._connect();
  };
  socket.on('error', (error) => {
    client.emit('connError', error);
    again();
  });
  socket.on('end', again);
  client.conn = socket;
  client._doRequest();
}
