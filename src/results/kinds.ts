/**
 * The kinds of signed document, in one table. Each has a media type of its own in the header (`typ`,
 * RFC 8725 section 3.11), which is mandatory and compared exactly, so that no kind passes for another.
 */

export interface DocumentKindEntry {
  /** JWS header `typ`: mandatory, compared octet by octet. */
  readonly typ: string;
  /** What it is, for people. */
  readonly title: string;
  /** Whether a document without `exp` is refused. */
  readonly expires: boolean;
  /** Whether a document without `seq` is refused, and one older than the newest seen. */
  readonly numbered: boolean;
}

export const DOCUMENT_KINDS = {
  ear: {
    // RFC 9782: application/eat-jwt, without its prefix as RFC 7515 section 4.1.9 says.
    typ: 'eat-jwt',
    title: 'attestation result (EAR)',
    expires: true,
    numbered: false,
  },
  enrolment: {
    typ: 'enigm-enrolment+jwt',
    title: 'enrolment record',
    expires: true,
    numbered: false,
  },
  recheck: { typ: 'enigm-recheck+jwt', title: 'recheck record', expires: true, numbered: false },
  // Signed by a device, never by us; it stands here so that it is told from the others.
  statement: {
    typ: 'enigm-statement+jwt',
    title: 'statement of a device',
    expires: false,
    numbered: false,
  },
  auditHead: {
    typ: 'enigm-audit-head+jwt',
    title: 'head of the audit trail',
    expires: false,
    numbered: false,
  },
  registry: {
    typ: 'enigm-releases+jws',
    title: 'registry of releases',
    expires: true,
    numbered: true,
  },
  bundle: {
    typ: 'enigm-attest-bundle+jws',
    title: 'bundle of policies and lists',
    expires: true,
    numbered: true,
  },
} as const satisfies Readonly<Record<string, DocumentKindEntry>>;

export type DocumentKind = keyof typeof DOCUMENT_KINDS;

/** Kinds that this program signs. */
export type SignedKind = Exclude<DocumentKind, 'statement'>;

/** The kind of a `typ`, or null. */
export function kindOfType(typ: unknown): DocumentKind | null {
  const found = Object.entries(DOCUMENT_KINDS).find(([, entry]) => entry.typ === typ);
  return found === undefined ? null : (found[0] as DocumentKind);
}
