/** `attest token verify`: verifies signed documents offline. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  DOCUMENT_KINDS,
  type DocumentKind,
  parseJwkSet,
  parseVerificationKey,
  toEatNonce,
  UnusableKey,
  type VerificationKey,
  verifyDocument,
  verifyResult,
} from '../results/index.ts';
import { parseChallenge, parseTime } from './arguments.ts';
import { EXIT, type Io, UsageFault } from './io.ts';

export interface TokenOptions {
  readonly keys: string;
  readonly kind: string;
  readonly audience?: string;
  readonly issuer?: string;
  readonly challenge?: string;
  readonly at?: string;
  readonly format?: 'text' | 'json';
}

/** Exit code 0: verified; 1: refused; 65: a file cannot be read. */
export async function verifyToken(file: string, options: TokenOptions, io: Io): Promise<number> {
  const kind = kindNamed(options.kind);
  const expectation = {
    now: options.at === undefined ? io.now() : parseTime(options.at),
    ...(options.audience === undefined ? {} : { audience: options.audience }),
    ...(options.issuer === undefined ? {} : { issuer: options.issuer }),
    ...(options.challenge === undefined
      ? {}
      : { nonce: toEatNonce(parseChallenge(options.challenge)) }),
  };
  let token: string;
  let keys: readonly VerificationKey[];
  try {
    const bytes = file === '-' ? await io.readStdin() : readFileSync(path.resolve(io.folder, file));
    token = Buffer.from(bytes).toString('latin1').trim();
    keys = readKeys(readFileSync(path.resolve(io.folder, options.keys), 'utf8'));
  } catch (error) {
    const known = error instanceof UnusableKey || error instanceof SyntaxError;
    const { code, path: place = options.keys } = error as NodeJS.ErrnoException;
    if (!known && code === undefined) throw error;
    io.err(`error: ${place}: ${code ?? (error as Error).message}\n`);
    return EXIT.unreadable;
  }
  const verify = kind === 'ear' ? verifyResult : verifyDocument.bind(null, kind);
  const result = verify(token, { ...expectation, keys });
  if (options.format === 'json') {
    io.out(`${JSON.stringify({ verified: result.ok, ...result, ok: undefined })}\n`);
  } else if (result.ok) {
    io.out(`verified: ${DOCUMENT_KINDS[kind].title}, signed with ${result.kid}\n`);
    io.out(`${JSON.stringify(result.claims, null, 2)}\n`);
  } else {
    const { code, member, text } = result.fault;
    io.out(`refused: ${code}${member === null ? '' : ` (${member})`}: the token ${text}\n`);
  }
  return result.ok ? EXIT.accept : EXIT.reject;
}

function kindNamed(name: string): DocumentKind {
  if (Object.hasOwn(DOCUMENT_KINDS, name) && name !== 'statement') return name as DocumentKind;
  throw new UsageFault(`--kind ${name}: there is no such kind of document that we sign`);
}

/** A JSON Web Key Set, or one key in PEM. */
function readKeys(text: string): readonly VerificationKey[] {
  return text.trimStart().startsWith('{')
    ? parseJwkSet(JSON.parse(text))
    : [parseVerificationKey(text)];
}
