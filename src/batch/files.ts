/** Files that survive what may happen while they are written: kill, full disk, power cut. */
import { open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/** Writes a file whole or not at all: readers see the old one or the new one. */
export async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  const next = `${file}.${process.pid}.next`;
  const handle = await open(next, 'w');
  try {
    await handle.writeFile(content);
    await handle.sync();
  } catch (error) {
    await handle.close();
    await rm(next, { force: true });
    throw error;
  }
  await handle.close();
  await rename(next, file);
  await syncFolder(path.dirname(file));
}

/** The text of a file, or null if there is none. */
export async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** A name in a folder is on disk only once the folder is. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
