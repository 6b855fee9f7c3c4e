/**
 * The signature of a registry: JWS compact serialisation (RFC 7515) with a type of its own, so that nothing
 * else this or another key signed can pass for one. Made with jose; verified here with node:crypto, because a
 * registry is loaded and swapped in one synchronous step.
 */
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { JWK } from 'jose';
import { decodeBase64Url } from '../core/evidence/index.ts';
import { DOCUMENT_KINDS } from '../results/kinds.ts';
import { ConfigurationFault, loadText } from './document.ts';

/** The `typ` of a signed registry. */
export const REGISTRY_TYPE = DOCUMENT_KINDS.registry.typ;

/** Algorithms a registry may be signed with (RFC 7518, RFC 9864), and the keys they belong to. */
const ALGORITHMS = {
  ES256: { crv: 'P-256', digest: 'sha256', dsaEncoding: 'ieee-p1363' },
  Ed25519: { crv: 'Ed25519', digest: null, dsaEncoding: 'der' },
} as const;
type Algorithm = keyof typeof ALGORITHMS;

/** A key that may sign registries. */
export interface RegistryKey {
  /** RFC 7638 thumbprint, SHA-256, base64url. */
  readonly kid: string;
  readonly algorithm: Algorithm;
  readonly key: KeyObject;
}

/**
 * Public keys from a file: a JWK Set, one JWK, or PEM. Throws `ConfigurationFault`, also where a private key
 * stands in place of a public one.
 */
export function loadRegistryKeys(file: string): readonly RegistryKey[] {
  const text = loadText(file).trim();
  if (/PRIVATE KEY-----/.test(text)) throw holdsPrivateKey(file);
  const keys = text.startsWith('{') ? jwksIn(text, file) : pemsIn(text);
  if (keys.length === 0) throw new ConfigurationFault(`${file}: holds no public key`);
  return keys.map((key, index) => toRegistryKey(key, `${file}: key ${index}`));
}

function holdsPrivateKey(file: string): ConfigurationFault {
  return new ConfigurationFault(
    `${file}: holds a private key; a verifier needs the public one, and must not have the other`,
  );
}

function jwksIn(text: string, file: string): JWK[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new ConfigurationFault(`${file}: no JSON: ${(cause as Error).message}`, { cause });
  }
  const { keys = [document] } = document as { readonly keys?: unknown };
  if (!Array.isArray(keys)) throw new ConfigurationFault(`${file}: keys is no array`);
  if (keys.some((key: JWK) => key.d !== undefined)) throw holdsPrivateKey(file);
  return keys as JWK[];
}

function pemsIn(text: string): string[] {
  return text.match(/-----BEGIN PUBLIC KEY-----[^-]*-----END PUBLIC KEY-----/g) ?? [];
}

function toRegistryKey(source: JWK | string, place: string): RegistryKey {
  let key: KeyObject;
  try {
    key = createPublicKey(typeof source === 'string' ? source : { key: source, format: 'jwk' });
  } catch (cause) {
    throw new ConfigurationFault(`${place}: cannot be read`, { cause });
  }
  const { crv, kty, x, y } = key.export({ format: 'jwk' });
  const algorithm = (Object.keys(ALGORITHMS) as Algorithm[]).find(
    (name) => ALGORITHMS[name].crv === crv,
  );
  if (algorithm === undefined) {
    throw new ConfigurationFault(`${place}: is neither a P-256 nor an Ed25519 key`);
  }
  // RFC 7638 section 3.2: the required members only, sorted by name.
  const members = JSON.stringify(y === undefined ? { crv, kty, x } : { crv, kty, x, y });
  return { kid: createHash('sha256').update(members).digest('base64url'), algorithm, key };
}

export interface SignedText {
  readonly text: string;
  /** Key whose signature was verified. */
  readonly kid: string;
}

/** Verifies a compact JWS and gives what it signs. Throws `ConfigurationFault`. */
export function openSigned(jws: string, keys: readonly RegistryKey[], name: string): SignedText {
  const [header = '', payload = '', signature = '', ...more] = jws.trim().split('.');
  const [headerBytes, payloadBytes, signatureBytes] = [header, payload, signature].map(
    decodeBase64Url,
  );
  if (!headerBytes || !payloadBytes || !signatureBytes || more.length > 0) {
    throw new ConfigurationFault(`${name}: is neither JSON nor a compact JWS`);
  }
  const { alg, kid } = readHeader(headerBytes, name);
  const known = keys.find((key) => key.kid === kid);
  if (known === undefined) {
    throw new ConfigurationFault(
      `${name}: is signed by key ${JSON.stringify(kid)}, which is not one of the keys given`,
    );
  }
  if (known.algorithm !== alg) {
    throw new ConfigurationFault(
      `${name}: says alg ${JSON.stringify(alg)}, its key is for ${known.algorithm}`,
    );
  }
  const { digest, dsaEncoding } = ALGORITHMS[known.algorithm];
  const signed = Buffer.from(`${header}.${payload}`, 'ascii');
  if (!verify(digest, signed, { key: known.key, dsaEncoding }, signatureBytes)) {
    throw new ConfigurationFault(`${name}: its signature by ${kid} is wrong`);
  }
  return { text: Buffer.from(payloadBytes).toString('utf8'), kid: known.kid };
}

/** Exactly alg, kid and typ: a header with anything else is not one of ours. */
function readHeader(bytes: Uint8Array, name: string): { alg: unknown; kid: unknown } {
  let header: Record<string, unknown>;
  try {
    header = JSON.parse(Buffer.from(bytes).toString('utf8')) as Record<string, unknown>;
  } catch (cause) {
    throw new ConfigurationFault(`${name}: its JWS header is no JSON`, { cause });
  }
  const { alg, kid, typ, ...others } = header;
  if (typ !== REGISTRY_TYPE) {
    throw new ConfigurationFault(
      `${name}: its typ is ${JSON.stringify(typ)}, not ${REGISTRY_TYPE}`,
    );
  }
  const surplus = Object.keys(others);
  if (surplus.length > 0) {
    throw new ConfigurationFault(
      `${name}: its JWS header has ${surplus.join(', ')}, which it must not`,
    );
  }
  return { alg, kid };
}
