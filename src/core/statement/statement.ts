/**
 * A statement: what a device says of itself beyond hardware attestation, as a compact JWS (RFC 7515)
 * signed with the attested key. What it says is the device's word, bound to the key; that it was said
 * now and by this key is what can be verified.
 */

/** The one `typ` a statement may have (RFC 8725 section 3.11): no other kind of token is taken for one. */
export const STATEMENT_TYPE = 'enigm-statement+jwt';

/** Longest statement, in characters: all fields under an RSA-4096 signature take about 1,200. */
export const MAX_STATEMENT_CHARACTERS = 4096;

/** How old a statement may be, and how far its clock may be ahead of ours. */
export const MAX_STATEMENT_AGE_MS = 600_000;
export const MAX_STATEMENT_LEAD_MS = 60_000;

/**
 * What a statement may say, each member with its words. Closed words and no free text: nothing personal
 * can be in one, and nothing a device wrote goes into a report.
 */
export const STATEMENT_FIELDS = {
  /** The security service of the operating system. */
  securityService: ['ACTIVE', 'DEGRADED', 'INACTIVE'],
  networkPolicy: ['ENFORCED', 'PARTIAL', 'NOT_ENFORCED'],
  privacyMode: ['ON', 'OFF'],
  managedState: ['MANAGED', 'UNMANAGED'],
  /** The posture that Trust Security Center shows on the device. */
  trustSecurityCenter: ['PROTECTED', 'REVIEW_REQUIRED', 'INACTIVE'],
  updateState: ['CURRENT', 'PENDING', 'FAILED'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type StatementField = keyof typeof STATEMENT_FIELDS;

/** What a statement says; a field it leaves out is not known. */
export type StatementFields = {
  readonly [Name in StatementField]?: (typeof STATEMENT_FIELDS)[Name][number];
};

/** Signature algorithms of statements; which of them holds is decided by the attested key. */
export const STATEMENT_ALGORITHMS = ['ES256', 'RS256', 'PS256'] as const;
export type StatementAlgorithm = (typeof STATEMENT_ALGORITHMS)[number];
