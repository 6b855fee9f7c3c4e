/** Snapshots of everything known about revocation, from files. */
import path from 'node:path';
import {
  compileSnapshot,
  OPERATOR_FEED,
  parseStatusList,
  type RevocationList,
  type RevocationSnapshot,
  StatusListFault,
} from '../core/revocation/index.ts';
import { loadBundledLists } from './bundled-lists.ts';
import { ConfigurationFault, loadText } from './document.ts';

/** What came with the anchors in `folder`. */
export function loadBundledSnapshot(folder: string): RevocationSnapshot {
  return compileSnapshot(loadBundledLists(folder));
}

/**
 * The same, with a status list that an operator gives: current by the operator's word, and about every
 * anchor. What came with the anchors stays: a list can add to it and never take away.
 */
export function loadSnapshotWith(file: string, folder: string): RevocationSnapshot {
  return compileSnapshot([...loadBundledLists(folder), loadStatusList(file)]);
}

/** A status list in a file, current by the operator's word and about every anchor. */
export function loadStatusList(file: string): RevocationList {
  const text = loadText(file);
  try {
    return {
      id: path.basename(file),
      feed: OPERATOR_FEED,
      anchors: 'all',
      fetchedAt: null,
      refreshAfterMs: 0,
      entries: parseStatusList(text),
    };
  } catch (fault) {
    if (!(fault instanceof StatusListFault)) throw fault;
    throw new ConfigurationFault(`${file}: not a status list: ${fault.message}`, { cause: fault });
  }
}
