/** A thread goes on with the snapshot it has only where the one it is given holds the very same. */
import { expect, test } from 'vitest';
import {
  compileSnapshot,
  isSameSnapshot,
  type RevocationList,
} from '../../src/core/revocation/index.ts';

const LIST: RevocationList = {
  id: 'google',
  feed: 'google',
  anchors: ['google-rsa'],
  fetchedAt: 1_000,
  refreshAfterMs: 60_000,
  entries: [{ serial: 'ab', status: 'revoked', reason: 'KEY_COMPROMISE' }],
};

const OTHERS: Readonly<Record<string, readonly RevocationList[]>> = {
  'another entry': [{ ...LIST, entries: [{ serial: 'ac', status: 'revoked', reason: null }] }],
  'another status': [{ ...LIST, entries: [{ serial: 'ab', status: 'suspended', reason: null }] }],
  'no entry': [{ ...LIST, entries: [] }],
  'for other anchors': [{ ...LIST, anchors: 'all' }],
  'fetched later': [{ ...LIST, fetchedAt: 1_001 }],
  "by the operator's word": [{ ...LIST, fetchedAt: null }],
  'due at another time': [{ ...LIST, refreshAfterMs: 60_001 }],
  'a denied key': [
    { ...LIST, deniedKeys: [{ kind: 'boot-key', digest: 'ab'.repeat(32), reason: null }] },
  ],
  'a list more': [LIST, { ...LIST, id: 'local' }],
  'no list': [],
};

test('a copy is the same', () => {
  const snapshot = compileSnapshot([LIST]);
  expect(isSameSnapshot(snapshot, structuredClone(snapshot))).toBe(true);
});

test.each(Object.entries(OTHERS))('%s', (_, lists) => {
  const [snapshot, other] = [compileSnapshot([LIST]), compileSnapshot(lists)];
  expect(isSameSnapshot(snapshot, other)).toBe(false);
  expect(isSameSnapshot(other, snapshot)).toBe(false);
});
