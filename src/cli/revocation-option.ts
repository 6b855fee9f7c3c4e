/** What `--revocation` means, for every command that judges. */
import path from 'node:path';
import type { Config } from '../config.ts';
import type { RevocationSnapshot } from '../core/revocation/index.ts';
import { loadStoredSnapshot } from '../sources/revocation/open-keeper.ts';
import { loadBundledSnapshot, loadSnapshotWith, loadStatusList } from '../sources/revocation.ts';
import type { TrustMaterial } from '../sources/trust.ts';
import type { Io } from './io.ts';

export interface RevocationOptions {
  /** Folder of the operator's own anchors: what they bring stands in for what is built in and stored. */
  readonly anchors?: string | undefined;
  /** A status list, or `none`. */
  readonly revocation?: string | undefined;
}

/** Everything known on this machine, with the list that was given; `waived`: not to be checked. */
export async function loadRevocation(
  { anchors, revocation }: RevocationOptions,
  config: Config,
  material: TrustMaterial,
  io: Io,
): Promise<RevocationSnapshot | 'waived'> {
  if (revocation === 'none') return 'waived';
  const file = revocation === undefined ? null : path.resolve(io.folder, revocation);
  if (anchors !== undefined) {
    const folder = path.resolve(io.folder, anchors);
    return file === null ? loadBundledSnapshot(folder) : loadSnapshotWith(file, folder);
  }
  const given = file === null ? null : loadStatusList(file);
  const sources = material.anchors.anchors;
  const { snapshot, failures } = await loadStoredSnapshot(config, sources, io.now(), given);
  for (const { source, text } of failures) io.err(`revocation source ${source}: ${text}\n`);
  return snapshot;
}
