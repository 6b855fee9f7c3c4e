/** What was in force, kept by digest: a file named by the SHA-256 of its bytes is written once and never changed. */
import { createHash, randomUUID, webcrypto } from 'node:crypto';
import { access, mkdir, open, readFile, rename } from 'node:fs/promises';
import path from 'node:path';

/** An object that an audit trail names cannot be used. */
export class ArchiveFault extends Error {
  readonly code = 'ARCHIVE_INVALID';
}

export class Archive {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Keeps bytes; gives their digest once they are on the disk. */
  async put(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
    // Off this thread: a snapshot of a million serial numbers has tens of megabytes.
    const digest = Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes)).toString('hex');
    const place = path.join(this.#folder, digest);
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const isThere = await access(place).then(
      () => true,
      () => false,
    );
    if (isThere) return digest;
    const draft = `${place}.${randomUUID()}`;
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(bytes);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(draft, place);
    return digest;
  }

  /** Throws `ArchiveFault` where it is not there, or not what its name says. */
  async get(digest: string): Promise<Buffer<ArrayBuffer>> {
    const isName = /^[0-9a-f]{64}$/.test(digest);
    const bytes = isName ? await readFile(path.join(this.#folder, digest)).catch(() => null) : null;
    if (bytes === null) throw new ArchiveFault(`the archive has no ${digest}`);
    const actual = createHash('sha256').update(bytes).digest('hex');
    if (actual !== digest) throw new ArchiveFault(`the archive's ${digest} was changed`);
    return bytes as Buffer<ArrayBuffer>;
  }

  async putJson(document: unknown): Promise<string> {
    return this.put(new Uint8Array(Buffer.from(JSON.stringify(document))));
  }

  async getJson(digest: string): Promise<unknown> {
    return JSON.parse((await this.get(digest)).toString('utf8'));
  }
}
