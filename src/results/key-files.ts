/** Where the keys of results come from: files, or in development one that is made once and kept. */
import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ConfigurationFault, loadText } from '../sources/document.ts';
import { parseVerificationKey, toSigningKey, UnusableKey } from './keys.ts';
import { makeSigner, type Signer } from './sign.ts';

export interface KeySettings {
  readonly environment: 'production' | 'development';
  /** PEM files: the first must be private and signs; the others verify. */
  readonly resultKeys: readonly string[];
  /** Folder for what is kept between runs. */
  readonly state: string;
}

/**
 * Who signs, or null: in production without a key nothing is signed. Throws `ConfigurationFault` where a
 * named file is no key.
 */
export function openSigner({ environment, resultKeys, state }: KeySettings): Signer | null {
  const [first, ...others] = resultKeys;
  if (first !== undefined) {
    return makeSigner(
      load(first, toSigningKey),
      others.map((file) => load(file, parseVerificationKey)),
    );
  }
  return environment === 'development' ? makeSigner(load(keptKey(state), toSigningKey)) : null;
}

function load<Key>(file: string, read: (pem: string) => Key): Key {
  const text = loadText(file);
  try {
    return read(text);
  } catch (error) {
    if (!(error instanceof UnusableKey)) throw error;
    throw new ConfigurationFault(`setting resultKeys: ${file} ${error.message}`);
  }
}

/** The secret of the HMAC that stands for handles: as configured, or made once and kept. */
export function openHandleKey({ handleKey, state }: { handleKey: string; state: string }): Buffer {
  const text =
    handleKey === ''
      ? loadText(kept(state, 'handle-key', () => randomBytes(32).toString('base64url')))
      : handleKey;
  return Buffer.from(text, 'base64url');
}

function keptKey(state: string): string {
  return kept(state, 'result-key.pem', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    return privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  });
}

/** A secret of this machine: linked into place complete, so that of two processes starting at once one makes it. */
function kept(state: string, name: string, make: () => string): string {
  const file = path.join(state, name);
  const draft = `${file}.${randomUUID()}`;
  try {
    mkdirSync(state, { recursive: true, mode: 0o700 });
    writeFileSync(draft, make(), { mode: 0o600 });
    try {
      linkSync(draft, file);
    } finally {
      rmSync(draft);
    }
  } catch (cause) {
    const { code = 'unknown error' } = cause as NodeJS.ErrnoException;
    if (code !== 'EEXIST') {
      throw new ConfigurationFault(`${file}: cannot be made (${code})`, { cause });
    }
  }
  return file;
}
