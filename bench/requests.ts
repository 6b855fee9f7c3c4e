/** Requests as they are sent, put together before anything is measured: the sender shares the machine with the service. */
import { PackedTexts } from './packed-texts.ts';

export interface Target {
  /** Of the service. */
  readonly url: string;
  readonly token?: string;
}

interface Requests {
  /** What each of them begins with. */
  readonly head: string;
  readonly requests: PackedTexts;
}

/** The latest of bodies that are sent again and again. */
const LATEST = new WeakMap<PackedTexts, Requests>();

/** `POST /v1/verify` of each body. */
export function requestsOf(bodies: PackedTexts, { url, token }: Target): PackedTexts {
  const bearer = token === undefined ? '' : `authorization: Bearer ${token}\r\n`;
  const head = `POST /v1/verify HTTP/1.1\r\nhost: ${new URL(url).host}\r\ncontent-type: application/json\r\n${bearer}`;
  const known = LATEST.get(bodies);
  if (known?.head === head) return known.requests;
  const requests = new PackedTexts();
  for (let index = 0; index < bodies.length; index += 1) {
    const body = bodies.textOf(index);
    requests.push(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }
  LATEST.set(bodies, { head, requests });
  return requests;
}
