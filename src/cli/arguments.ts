/** Values of options, from text. Each parser throws `UsageFault` saying what it wanted. */
import { decodeBase64Url } from '../core/evidence/index.ts';
import { parseRfc3339 } from '../request/index.ts';
import { UsageFault } from './io.ts';

/** A moment such as `2026-11-22T00:00:00Z`, to milliseconds since 1970. */
export function parseTime(text: string): number {
  const parsed = parseRfc3339(text);
  if (parsed === null) {
    throw new UsageFault(`${JSON.stringify(text)} is no RFC 3339 time (2026-11-22T00:00:00Z)`);
  }
  return parsed;
}

/** Challenge bytes: `hex:..`, `base64url:..` or `text:..`. */
export function parseChallenge(text: string): Uint8Array {
  const [kind = '', ...rest] = text.split(':');
  const value = rest.join(':');
  const bytes = decodeChallenge(kind, value);
  if (bytes === null) {
    throw new UsageFault('a challenge is hex:.., base64url:.. or text:.., for example hex:00ff');
  }
  return bytes;
}

function parseHex(text: string): Uint8Array | null {
  const isHex = text.length % 2 === 0 && /^[0-9a-fA-F]*$/.test(text);
  return isHex ? Buffer.from(text, 'hex') : null;
}

/** An integer of at least `min`. */
export function parseCount(name: string, min: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < min) {
      throw new UsageFault(`${name} is an integer of at least ${min}`);
    }
    return value;
  };
}

/** A share between 0 and 1. */
export function parseShare(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1)) {
    throw new UsageFault('a share is a number from 0 to 1');
  }
  return value;
}

function decodeChallenge(kind: string, value: string): Uint8Array | null {
  switch (kind) {
    case 'hex':
      return parseHex(value);
    case 'base64url':
      return decodeBase64Url(value);
    case 'text':
      return Buffer.from(value, 'utf8');
    default:
      return null;
  }
}
