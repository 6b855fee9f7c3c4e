/** `GET /v1/revocation`: what this instance knows of revocation, from where, and how old it is. */
import type { FastifyInstance } from 'fastify';
import Type, { type Static, type TSchema } from 'typebox';
import { toRfc3339 } from '../core/base/index.ts';
import type { RevocationSnapshot } from '../core/revocation/index.ts';
import type { RevocationKeeper } from '../sources/revocation/keeper.ts';
import type { RootWatchState } from '../sources/revocation/root-watch.ts';
import type { SourceStatus } from '../sources/revocation/status.ts';
import { ProblemResponses } from './problem-schema.ts';

const STRICT = { additionalProperties: false } as const;
const Nullable = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);
const Text = Type.String();
const Time = Nullable(Type.String({ format: 'date-time' }));

const ListInForce = Type.Object(
  {
    id: Text,
    feed: Text,
    anchors: Type.Union([Type.Array(Text), Type.Literal('all')]),
    entries: Type.Integer(),
    fetchedAt: Time,
    ageSeconds: Nullable(Type.Integer()),
  },
  STRICT,
);

const Source = Type.Object(
  {
    id: Text,
    kind: Text,
    place: Text,
    entries: Nullable(Type.Integer()),
    fetchedAt: Time,
    ageSeconds: Nullable(Type.Integer()),
    refreshAfter: Time,
    lastAttempt: Time,
    lastSuccess: Time,
    failing: Nullable(
      Type.Object({ cause: Text, text: Text, at: Time, attempts: Type.Integer() }, STRICT),
    ),
  },
  STRICT,
);

export const RevocationSchema = Type.Object(
  {
    snapshot: Type.Object({ id: Text, entries: Type.Integer() }, STRICT),
    /** Everything that is in force: what came with the release, and the copies of sources. */
    lists: Type.Array(ListInForce),
    sources: Type.Array(Source),
    roots: Type.Object(
      {
        checkedAt: Time,
        failing: Nullable(Text),
        drift: Type.Array(
          Type.Object({ code: Type.Literal('ROOT_DRIFT'), text: Text, spkiSha256: Text }, STRICT),
        ),
      },
      STRICT,
    ),
  },
  { ...STRICT, title: 'Revocation' },
);

export type RevocationState = Static<typeof RevocationSchema>;

/** `now`: milliseconds since 1970. */
export function describeRevocation(
  { snapshot, statuses }: Pick<RevocationKeeper, 'snapshot' | 'statuses'>,
  roots: RootWatchState,
  now: number,
): RevocationState {
  return {
    snapshot: { id: snapshot.id, entries: snapshot.entryCount },
    lists: describeLists(snapshot, now),
    sources: statuses.map((status) => describeSource(status, now)),
    roots: {
      checkedAt: toTime(roots.checkedAt),
      failing: roots.failing,
      drift: [...roots.drift],
    },
  };
}

export function registerRevocation(
  server: FastifyInstance,
  read: () => RevocationState | Promise<RevocationState>,
): void {
  server.get(
    '/v1/revocation',
    {
      schema: {
        summary: 'What this instance knows of revocation',
        response: { 200: RevocationSchema, ...ProblemResponses },
      },
    },
    async () => read(),
  );
}

function describeLists({ sources }: RevocationSnapshot, now: number): RevocationState['lists'] {
  return sources.map(({ id, feed, anchors, entryCount, fetchedAt }) => ({
    id,
    feed,
    anchors: anchors === 'all' ? anchors : [...anchors],
    entries: entryCount,
    fetchedAt: toTime(fetchedAt),
    ageSeconds: ageOf(fetchedAt, now),
  }));
}

function describeSource(status: SourceStatus, now: number): RevocationState['sources'][number] {
  const { id, kind, place, entries, fetchedAt, refreshAfterMs, failing } = status;
  return {
    id,
    kind,
    place,
    entries,
    fetchedAt: toTime(fetchedAt),
    ageSeconds: ageOf(fetchedAt, now),
    refreshAfter: fetchedAt === null ? null : toTime(fetchedAt + refreshAfterMs),
    lastAttempt: toTime(status.lastAttemptAt),
    lastSuccess: toTime(status.lastSuccessAt),
    failing:
      failing === null
        ? null
        : {
            cause: failing.failure,
            text: failing.text,
            at: toTime(failing.at),
            attempts: status.failedAttempts,
          },
  };
}

function ageOf(fetchedAt: number | null, now: number): number | null {
  return fetchedAt === null ? null : Math.max(Math.floor((now - fetchedAt) / 1000), 0);
}

function toTime(ms: number | null): string | null {
  return ms === null ? null : toRfc3339(ms);
}
