/**
 * What one verification has cost so far, counted where the cost arises.
 *
 * The counts do not depend on the machine, so a test can bound them for any input, and an operator
 * can see what hostile traffic makes the service do.
 */
export interface Effort {
  /** DER values whose header was read. */
  valuesRead: number;
  signaturesChecked: number;
  keysImported: number;
}

export function newEffort(): Effort {
  return { valuesRead: 0, signaturesChecked: 0, keysImported: 0 };
}
