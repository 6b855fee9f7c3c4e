/** Where the parts of an audit folder are. */
import path from 'node:path';

/** The records, one a line. */
export function trailFile(folder: string): string {
  return path.join(folder, 'trail.ndjson');
}

/** The signed heads, one a line. */
export function headsFile(folder: string): string {
  return path.join(folder, 'heads.jwt');
}

/** What was in force, each piece under the SHA-256 of its bytes. */
export function archiveFolder(folder: string): string {
  return path.join(folder, 'archive');
}
