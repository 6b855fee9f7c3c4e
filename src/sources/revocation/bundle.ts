/**
 * A signed bundle for machines without network: the lists in force as they came, the policies and the
 * anchors they were judged with, in one JWS. It has a number and a last day; a machine takes none older
 * than the one it took last, none that ran out, and each list in it under the same conditions as one it
 * would have fetched itself.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  CompactSign,
  compactVerify,
  createLocalJWKSet,
  errors,
  importPKCS8,
  type JSONWebKeySet,
} from 'jose';
import Type, { type Static } from 'typebox';
import type { Policy } from '../../core/policy/index.ts';
import { DOCUMENT_KINDS } from '../../results/kinds.ts';
import type { AnchorMaterial } from '../anchors.ts';
import { ConfigurationFault, loadText, parseDocument } from '../document.ts';
import type { Copy } from './copy-store.ts';
import { SourceFault } from './fault.ts';

const STRICT = { additionalProperties: false } as const;
const Nullable = <Schema extends typeof Text | typeof Time>(schema: Schema) =>
  Type.Union([schema, Type.Null()]);
const Text = Type.String();
const Time = Type.Integer({ minimum: 0 });

const BundleDocument = Type.Object(
  {
    format: Type.Literal(1),
    sequence: Type.Integer({ minimum: 1 }),
    /** Milliseconds since 1970, as are all times in it. */
    issuedAt: Time,
    expiresAt: Time,
    copies: Type.Array(
      Type.Object(
        {
          facts: Type.Object(
            {
              source: Text,
              kind: Text,
              place: Text,
              fetchedAt: Nullable(Time),
              refreshAfterMs: Type.Number({ minimum: 0 }),
              publishedAt: Nullable(Time),
              etag: Nullable(Text),
              lastModified: Nullable(Text),
            },
            STRICT,
          ),
          body: Type.String({ description: 'base64' }),
          sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
        },
        STRICT,
      ),
    ),
    policies: Type.Array(Type.Record(Text, Type.Unknown())),
    anchors: Type.Array(
      Type.Object(
        {
          record: Type.Record(Text, Type.Unknown()),
          certificates: Type.Array(Type.String({ description: 'base64 DER' })),
        },
        STRICT,
      ),
    ),
  },
  STRICT,
);

type BundleDocument = Static<typeof BundleDocument>;

/** What is in a bundle that has been verified. */
export interface Bundle {
  readonly sequence: number;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly copies: readonly Copy[];
  readonly policies: BundleDocument['policies'];
  readonly anchors: BundleDocument['anchors'];
}

export interface BundleContent {
  readonly sequence: number;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly copies: readonly Copy[];
  readonly policies: readonly Policy[];
  readonly anchors: AnchorMaterial['anchors'];
}

/** Its own type, so that no other signed thing of ours can be taken for a bundle. */
const TYPE = DOCUMENT_KINDS.bundle.typ;
const ALGORITHMS = ['EdDSA', 'Ed25519', 'ES256', 'ES384'];

/** Makes a bundle, signed with a private key in PKCS #8 PEM; `kid` names the key to who verifies. */
export async function signBundle(
  content: BundleContent,
  { pem, alg, kid }: { readonly pem: string; readonly alg: string; readonly kid: string },
): Promise<string> {
  const { copies, anchors, ...rest } = content;
  const document = {
    format: 1,
    ...rest,
    copies: copies.map(({ facts, body }) => ({
      facts,
      body: Buffer.from(body).toString('base64'),
      sha256: sha256(body),
    })),
    anchors: anchors.map(({ record, certificates }) => ({
      record,
      certificates: certificates.map((der) => Buffer.from(der).toString('base64')),
    })),
  };
  const key = await importPKCS8(pem, alg);
  return new CompactSign(Buffer.from(JSON.stringify(document)))
    .setProtectedHeader({ alg, typ: TYPE, kid })
    .sign(key);
}

/**
 * Verifies a bundle: signature, type, days, and that it is newer than the last one taken (`lastSequence`,
 * 0 for none). `now`: milliseconds since 1970. Throws `SourceFault`.
 */
export async function verifyBundle(
  jws: string,
  keys: JSONWebKeySet,
  lastSequence: number,
  now: number,
): Promise<Bundle> {
  const document = parse(await verifySignature(jws.trim(), keys));
  const { sequence, issuedAt, expiresAt, copies, policies, anchors } = document;
  if (expiresAt <= now) {
    throw new SourceFault('expired', `the bundle ran out at ${new Date(expiresAt).toISOString()}`);
  }
  if (issuedAt > now + CLOCK_SKEW_MS) {
    throw new SourceFault(
      'invalid',
      `the bundle was made at ${new Date(issuedAt).toISOString()}, which is to come`,
    );
  }
  if (sequence <= lastSequence) {
    throw new SourceFault(
      'older',
      `the bundle has number ${sequence}; number ${lastSequence} was taken before`,
    );
  }
  return { sequence, issuedAt, expiresAt, copies: copies.map(toCopy), policies, anchors };
}

/** Reads a JWK set of public keys. Throws `ConfigurationFault`. */
export function loadBundleKeys(file: string): JSONWebKeySet {
  const schema = Type.Object({
    keys: Type.Array(Type.Record(Text, Type.Unknown()), { minItems: 1 }),
  });
  const set = parseDocument(loadText(file), schema, file);
  if (set.keys.some((key) => 'd' in key || 'k' in key)) {
    throw new ConfigurationFault(`${file}: it holds a private key; give the public one`);
  }
  return set as unknown as JSONWebKeySet;
}

/** Number of the last bundle that was taken on this machine; 0: none. Throws `ConfigurationFault`. */
export function loadLastSequence(folder: string): number {
  const file = path.join(folder, 'bundle.json');
  try {
    readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
  }
  return parseDocument(loadText(file), LastBundle, file).sequence;
}

/**
 * Remembers that a bundle was taken, and puts its policies and anchors beside, for an operator to look
 * at: neither is trusted because it came in a bundle.
 */
export function storeBundle(folder: string, { sequence, policies, anchors }: Bundle): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeWhole(path.join(folder, 'bundle-content.json'), { format: 1, sequence, policies, anchors });
  writeWhole(path.join(folder, 'bundle.json'), { format: 1, sequence });
}

const LastBundle = Type.Object(
  { format: Type.Literal(1), sequence: Type.Integer({ minimum: 1 }) },
  STRICT,
);

const CLOCK_SKEW_MS = 300_000;

async function verifySignature(jws: string, keys: JSONWebKeySet): Promise<string> {
  try {
    const { payload, protectedHeader } = await compactVerify(jws, createLocalJWKSet(keys), {
      algorithms: ALGORITHMS,
    });
    if (protectedHeader.typ !== TYPE) {
      throw new SourceFault(
        'invalid',
        `it is no bundle: its type is ${protectedHeader.typ ?? 'absent'}`,
      );
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(payload);
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    throw new SourceFault(
      'signature',
      `the bundle is not signed by a key that may: ${error.message}`,
      {
        cause: error,
      },
    );
  }
}

function parse(text: string): BundleDocument {
  try {
    return parseDocument(text, BundleDocument, 'bundle');
  } catch (error) {
    throw new SourceFault('invalid', (error as Error).message, { cause: error });
  }
}

function toCopy({ facts, body: text, sha256: expected }: BundleDocument['copies'][number]): Copy {
  const body = Buffer.from(text, 'base64');
  if (sha256(body) !== expected) {
    throw new SourceFault('invalid', `the list of ${facts.source} is not the one that was put in`);
  }
  return { facts, body };
}

function writeWhole(file: string, document: unknown): void {
  const beside = `${file}.${process.pid}.tmp`;
  writeFileSync(beside, `${JSON.stringify(document)}\n`, { mode: 0o600, flush: true });
  renameSync(beside, file);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
