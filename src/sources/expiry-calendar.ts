/** When each anchor and each known intermediate runs out: for planning, never for a verdict. */
import { X509Certificate } from 'node:crypto';
import path from 'node:path';
import Type from 'typebox';
import { type AnchorSource, sha256Hex } from '../core/anchors/index.ts';
import { loadDocument } from './document.ts';
import { ROOTS } from './package-root.ts';

const STRICT = { additionalProperties: false } as const;
const Time = Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$' });

const IntermediatesDocument = Type.Object(
  {
    format: Type.Literal(1),
    source: Type.String({ minLength: 1 }),
    recorded: Type.String({ minLength: 10 }),
    intermediates: Type.Array(
      Type.Object(
        {
          anchor: Type.String({ minLength: 1 }),
          subject: Type.String(),
          serial: Type.String({ pattern: '^[0-9a-f]+$' }),
          notBefore: Time,
          notAfter: Time,
          sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
        },
        STRICT,
      ),
    ),
  },
  STRICT,
);

export interface CalendarEntry {
  readonly kind: 'anchor' | 'intermediate';
  /** Id of the anchor it is, or stands under. */
  readonly anchor: string;
  readonly subject: string;
  readonly serial: string;
  /** RFC 3339. */
  readonly notAfter: string;
  /** Whole days; negative once it has run out. */
  readonly daysLeft: number;
  readonly sha256: string;
}

const DAY_MS = 86_400_000;

/** Soonest first. `now`: milliseconds since 1970. */
export function expiryCalendar(
  anchors: readonly AnchorSource[],
  now: number,
): readonly CalendarEntry[] {
  const known = loadDocument(path.join(ROOTS, 'intermediates.json'), IntermediatesDocument);
  const loaded = new Set(anchors.map(({ record }) => record.id));
  const below = known.intermediates.filter(({ anchor }) => loaded.has(anchor));
  const entries = [
    ...anchors.flatMap(entriesOf),
    ...below.map(({ notBefore: _, ...each }) => ({ kind: 'intermediate' as const, ...each })),
  ];
  return entries
    .map((each) => ({ ...each, daysLeft: Math.floor((Date.parse(each.notAfter) - now) / DAY_MS) }))
    .sort((a, b) => a.daysLeft - b.daysLeft);
}

function entriesOf({ record, certificates }: AnchorSource) {
  return certificates.map((der) => {
    const certificate = new X509Certificate(der);
    return {
      kind: 'anchor' as const,
      anchor: record.id,
      subject: certificate.subject.replaceAll('\n', ', '),
      serial: certificate.serialNumber.toLowerCase().replace(/^0+(?=.)/, ''),
      notAfter: certificate.validToDate.toISOString().replace('.000Z', 'Z'),
      sha256: sha256Hex(der),
    };
  });
}
