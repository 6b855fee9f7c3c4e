/** Where revocation lists come from: the setting `revocationSources`. */
import Type, { type Static } from 'typebox';
import { ConfigurationFault } from '../document.ts';

const STRICT = { additionalProperties: false } as const;
/** Also the name of a file, and a metric's label. */
const Id = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,63}$' });
const Anchors = Type.Array(Id, { minItems: 1, uniqueItems: true });
const Location = {
  /** HTTPS; plain HTTP on loopback, and for CRLs, which are signed. */
  url: Type.Optional(Type.String({ minLength: 1 })),
  file: Type.Optional(Type.String({ minLength: 1 })),
} as const;

const StatusListSource = Type.Object(
  {
    kind: Type.Literal('status-list'),
    id: Id,
    feed: Id,
    anchors: Anchors,
    ...Location,
    /** Serials that were revoked for good: a list without them is not the list. */
    sentinels: Type.Optional(Type.Array(Type.String({ pattern: '^[1-9a-f][0-9a-f]{0,39}$' }))),
  },
  STRICT,
);

const CrlSource = Type.Object(
  {
    kind: Type.Literal('crl'),
    id: Id,
    feed: Id,
    /** The one anchor that signs it. */
    anchors: Type.Array(Id, { minItems: 1, maxItems: 1 }),
    ...Location,
  },
  STRICT,
);

const DenyListSource = Type.Object(
  {
    kind: Type.Literal('deny-list'),
    id: Id,
    file: Type.String({ minLength: 1 }),
    /** Left out: about every anchor. */
    anchors: Type.Optional(Anchors),
  },
  STRICT,
);

export const RevocationSources = Type.Array(
  Type.Union([StatusListSource, CrlSource, DenyListSource]),
  { maxItems: 64 },
);

/** One source, as configured. */
export type SourceSetting = Static<typeof RevocationSources>[number];

/** Google's list, of every chain under a Google anchor. */
export const GOOGLE_STATUS: SourceSetting = {
  kind: 'status-list',
  id: 'google-status',
  feed: 'google-status',
  anchors: ['google-rsa', 'google-ec'],
  url: 'https://android.googleapis.com/attestation/status',
  sentinels: ['6681152659205225093'],
};

/** What a schema cannot say. Throws `ConfigurationFault`. */
export function checkRevocationSources(sources: readonly SourceSetting[]): void {
  const ids = new Set<string>();
  for (const source of sources) {
    const place = `setting revocationSources: ${source.id}`;
    if (ids.has(source.id)) throw new ConfigurationFault(`${place}: the id is used twice`);
    ids.add(source.id);
    if (source.kind === 'deny-list') continue;
    if ((source.url === undefined) === (source.file === undefined)) {
      throw new ConfigurationFault(`${place}: give either "url" or "file"`);
    }
    if (source.url !== undefined) checkUrl(source.url, source.kind === 'crl', place);
  }
}

/** Whether a document may be fetched from here. Throws `ConfigurationFault`. */
export function checkUrl(text: string, isSigned: boolean, place: string): void {
  if (!URL.canParse(text)) throw new ConfigurationFault(`${place}: ${text} is no URL`);
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== '' || password !== '') {
    throw new ConfigurationFault(`${place}: the URL must not hold a user or a password`);
  }
  if (protocol === 'https:') return;
  const isLoopback = hostname === '127.0.0.1' || hostname === '[::1]' || hostname === 'localhost';
  if (protocol === 'http:' && (isSigned || isLoopback)) return;
  throw new ConfigurationFault(`${place}: ${text} is not HTTPS, and nothing in the list is signed`);
}

/** Whether the source is fetched over the network. */
export function isRemote(source: SourceSetting): boolean {
  return source.kind !== 'deny-list' && source.url !== undefined;
}

/** Its URL or file. */
export function placeOf(source: SourceSetting): string {
  return (source.kind === 'deny-list' ? source.file : (source.url ?? source.file)) as string;
}
