/**
 * Output under way: `FILE.part`, which becomes FILE when it is complete, so that FILE never ends in half
 * a line. After a crash it is cut back to what the checkpoint says is on disk.
 */
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, rename } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder } from './files.ts';

export class PartFile {
  readonly #file: string;
  readonly #handle: FileHandle;
  #bytes: number;

  private constructor(file: string, handle: FileHandle, bytes: number) {
    this.#file = file;
    this.#handle = handle;
    this.#bytes = bytes;
  }

  /** Opens the part of `file`, of which the first `bytes` are kept. */
  static async open(file: string, bytes: number): Promise<PartFile> {
    await mkdir(path.dirname(file), { recursive: true });
    const handle = await open(partOf(file), constants.O_RDWR | constants.O_CREAT, 0o666);
    const { size } = await handle.stat();
    if (size < bytes) {
      await handle.close();
      throw new Error(`${partOf(file)} has ${size} bytes, the checkpoint says ${bytes}`);
    }
    await handle.truncate(bytes);
    return new PartFile(file, handle, bytes);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Appends whole lines. If they cannot all be written, none is. */
  async append(lines: Uint8Array): Promise<void> {
    let written = 0;
    try {
      while (written < lines.length) {
        const at = this.#bytes + written;
        written += (await this.#handle.write(lines, written, lines.length - written, at))
          .bytesWritten;
      }
    } catch (error) {
      await this.#handle.truncate(this.#bytes);
      throw error;
    }
    this.#bytes += lines.length;
  }

  /** Returns once everything appended is on disk. */
  async sync(): Promise<void> {
    await this.#handle.sync();
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  /** The part is complete: it becomes the file. */
  async finish(): Promise<void> {
    await this.#handle.sync();
    await this.#handle.close();
    await rename(partOf(this.#file), this.#file);
    await syncFolder(path.dirname(this.#file));
  }
}

export function partOf(file: string): string {
  return `${file}.part`;
}
