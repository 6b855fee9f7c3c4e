/**
 * One GET of a document from a host that an operator named: bounded in time and size, never led to
 * another host, nothing decompressed.
 */
import { Agent, type Dispatcher, EnvHttpProxyAgent, request } from 'undici';
import { SourceFault } from './fault.ts';

export interface DownloadOptions {
  readonly dispatcher: Dispatcher;
  /** Milliseconds from the call to the last byte. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly etag: string | null;
  readonly lastModified: string | null;
  /** Ends the download early. */
  readonly signal: AbortSignal;
}

export type Headers = Readonly<Record<string, string>>;

/** What came; `body` is null where the server says that nothing has changed. */
export interface Downloaded {
  readonly headers: Headers;
  readonly body: Buffer | null;
}

/** Redirects within the host that are followed. */
const MAX_REDIRECTS = 3;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** A connection to the world, through a proxy where there is one. */
export function openNetwork(proxy: string, noProxy: string): Dispatcher {
  return proxy === ''
    ? new Agent({ connect: { timeout: 10_000 } })
    : new EnvHttpProxyAgent({ httpProxy: proxy, httpsProxy: proxy, noProxy });
}

/** Throws `SourceFault`. */
export async function download(url: string, options: DownloadOptions): Promise<Downloaded> {
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const signal = AbortSignal.any([timeout, options.signal]);
  try {
    return await follow(new URL(url), { ...options, signal });
  } catch (error) {
    if (error instanceof SourceFault) throw error;
    if (timeout.aborted) {
      throw new SourceFault('timeout', `no whole answer within ${options.timeoutMs} ms`);
    }
    throw new SourceFault('network', describe(error), { cause: error });
  }
}

async function follow(start: URL, options: DownloadOptions): Promise<Downloaded> {
  let url = start;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    const response = await request(url, {
      dispatcher: options.dispatcher,
      headers: headersOf(options),
      signal: options.signal,
    });
    const headers = flatten(response.headers);
    if (!REDIRECTS.has(response.statusCode)) return receive(response, headers, options);
    await response.body.dump();
    url = redirect(url, headers['location']);
  }
  throw new SourceFault('redirect', `more than ${MAX_REDIRECTS} redirects`);
}

function headersOf({ etag, lastModified }: DownloadOptions): Record<string, string> {
  return {
    'accept-encoding': 'identity',
    'user-agent': 'enigm-attest',
    ...(etag === null ? {} : { 'if-none-match': etag }),
    ...(lastModified === null ? {} : { 'if-modified-since': lastModified }),
  };
}

function redirect(from: URL, location: string | undefined): URL {
  const to = URL.canParse(location ?? '', from) ? new URL(location ?? '', from) : null;
  if (to !== null && to.origin === from.origin) return to;
  throw new SourceFault('redirect', `redirected off ${from.host}, to ${to?.origin ?? location}`);
}

async function receive(
  { statusCode, body }: Dispatcher.ResponseData,
  headers: Headers,
  { maxBytes, etag, lastModified }: DownloadOptions,
): Promise<Downloaded> {
  const isConditional = etag !== null || lastModified !== null;
  if (statusCode === 304 && isConditional) {
    await body.dump();
    return { headers, body: null };
  }
  // What is left unread is let go of, and its end is no error of ours.
  body.on('error', () => {});
  try {
    if (statusCode !== 200) throw new SourceFault('status', `the server answers ${statusCode}`);
    const encoding = headers['content-encoding'] ?? 'identity';
    if (encoding !== 'identity') {
      throw new SourceFault(
        'encoding',
        `the answer is encoded as ${encoding}, which was not asked for`,
      );
    }
    return { headers, body: await readAtMost(body, maxBytes) };
  } finally {
    body.destroy();
  }
}

async function readAtMost(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes)
      throw new SourceFault('too-large', `the list has more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function flatten(headers: Record<string, string | string[] | undefined>): Headers {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
}

function describe(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return [code, message].filter((each) => each !== undefined && each !== '').join(': ');
}
