/**
 * Revocation lists that come with anchors, in our own compact form: what was known when the release was
 * made. The floor of Google's list has a date; the lists of development and test anchors are made
 * locally and always current.
 */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import Type from 'typebox';
import type { RevocationList, StatusEntry } from '../core/revocation/index.ts';
import { ConfigurationFault, loadDocument } from './document.ts';

const STRICT = { additionalProperties: false } as const;

const BundledListDocument = Type.Object(
  {
    format: Type.Literal(1),
    feed: Type.String({ minLength: 1 }),
    /** Anchors it speaks about. */
    anchors: Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }),
    /** When it was fetched; null for a list that is made where it is used. */
    asOf: Type.Union([Type.String({ minLength: 20 }), Type.Null()]),
    source: Type.String({ minLength: 1 }),
    entries: Type.Array(
      Type.Object(
        {
          status: Type.Union([Type.Literal('REVOKED'), Type.Literal('SUSPENDED')]),
          reason: Type.Union([Type.String(), Type.Null()]),
          /** Minimal lower-case hex, separated by spaces. */
          serials: Type.String({ pattern: '^([1-9a-f][0-9a-f]{0,39})( [1-9a-f][0-9a-f]{0,39})*$' }),
        },
        STRICT,
      ),
    ),
  },
  STRICT,
);

/** Google's max-age when last reported (max-age=86400 on 2026-09-29): when a fetched list wants to be fetched again. */
const BUNDLED_REFRESH_MS = 86_400_000;

/** Loads every bundled list of a folder laid out like `roots/`. */
export function loadBundledLists(folder: string): readonly RevocationList[] {
  const lists = path.join(folder, 'revocation');
  if (!existsSync(lists)) return [];
  const files = readdirSync(lists).filter((file) => file.endsWith('.json'));
  return files.sort().map((file) => loadBundledList(path.join(lists, file)));
}

function loadBundledList(file: string): RevocationList {
  const document = loadDocument(file, BundledListDocument);
  const fetchedAt = document.asOf === null ? null : Date.parse(document.asOf);
  if (Number.isNaN(fetchedAt)) throw new ConfigurationFault(`${file}: asOf is no time`);
  const entries = document.entries.flatMap(({ status, reason, serials }): StatusEntry[] =>
    serials.split(' ').map((serial) => ({
      serial,
      status: status === 'REVOKED' ? 'revoked' : 'suspended',
      reason,
    })),
  );
  return {
    id: path.basename(file, '.json'),
    feed: document.feed,
    anchors: document.anchors,
    fetchedAt,
    refreshAfterMs: BUNDLED_REFRESH_MS,
    entries,
  };
}
