/** Why a revocation list was not taken. The last good one stays in force; the word is a metric's label. */

/** One word for each way a list can fail; see the README's table. */
export type FailureCause =
  | 'network'
  | 'timeout'
  | 'status'
  | 'redirect'
  | 'encoding'
  | 'too-large'
  | 'unreadable'
  | 'invalid'
  | 'sentinel'
  | 'shrunk'
  | 'older'
  | 'signature'
  | 'expired'
  | 'unsupported'
  | 'disk'
  | 'internal';

/** A list that was not taken: a fault of a source, never of evidence. */
export class SourceFault extends Error {
  readonly failure: FailureCause;

  constructor(failure: FailureCause, message: string, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}

/** A fault as it is, and anything else thrown as one of ours. */
export function toSourceFault(error: unknown): SourceFault {
  if (error instanceof SourceFault) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new SourceFault('internal', text, { cause: error });
}
