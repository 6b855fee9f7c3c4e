/** What crosses the boundary between a run and the workers that judge for it: plain data. */

import type { RecheckFacts } from '../core/recheck.ts';
import type { Report } from '../core/report/index.ts';
import type { RevocationSnapshot } from '../core/revocation/index.ts';
import type { JwkSet } from '../results/index.ts';
import type { Tally } from './tally.ts';

/** What results depend on beside the records: fixed when the run starts. */
export interface RunTerms {
  /** Decides revocation, and how old lists are. Milliseconds since 1970. */
  readonly appraisedAt: number;
  readonly revocation: RevocationSnapshot | 'waived';
  /** Policy of records that name none; null: the verifier's default. */
  readonly policy: string | null;
  readonly form: 'brief' | 'full';
  /** Whether results carry what a recheck record is made of. */
  readonly facts: boolean;
  /** Public keys by which recheck records are verified. */
  readonly recordKeys: JwkSet;
  /** Judge only records that contain a serial listed here; null: all of them. */
  readonly only: RevocationSnapshot | null;
  /** Share of records that also go to the second verifier. */
  readonly crossCheckRate: number;
}

/** Whole lines of one input. */
export interface Chunk {
  readonly terms: RunTerms;
  readonly bytes: Uint8Array;
  /** Number of the first line, from 1. */
  readonly firstLine: number;
  /** Name of the input, where results of several stand in one file. */
  readonly input: string | null;
}

/** A record for the second verifier, with what the first one said. */
export interface Sample {
  readonly id: string;
  readonly chain: readonly Uint8Array[];
  readonly report: Report;
}

export interface ChunkResult {
  /** Result lines, in the order of the records. */
  readonly bytes: Uint8Array;
  readonly tally: Tally;
  readonly samples: readonly Sample[];
  /** With `RunTerms.facts`, for each result line: what its recheck record says, or null. Else empty. */
  readonly facts: readonly (RecheckFacts | null)[];
}
