/**
 * Which records a change of the list concerns, without verifying anything: the serial numbers of a chain
 * stand within the first bytes of its certificates.
 */
import { newEffort } from '../core/base/index.ts';
import { attempt, DerFault, DerReader, INTEGER, SEQUENCE } from '../core/der/index.ts';
import type { ChainBytes } from '../core/evidence/index.ts';
import type { RecheckFacts } from '../core/recheck.ts';
import {
  compileSnapshot,
  lookUpSerial,
  parseStatusList,
  type RevocationSnapshot,
  type StatusEntry,
} from '../core/revocation/index.ts';

/** Any anchor: a look-up in a list of newly listed serials asks about serials alone. */
const ANY = 'any';

/** Entries of `newer` that `older` does not have, or has with another status. */
export function newlyListed(older: string, newer: string): readonly StatusEntry[] {
  const before = new Map(parseStatusList(older).map(({ serial, status }) => [serial, status]));
  return parseStatusList(newer).filter(({ serial, status }) => before.get(serial) !== status);
}

/** Serials to look for, in a form that every worker reads in place. */
export function compileSerials(entries: readonly StatusEntry[]): RevocationSnapshot {
  const source = { id: 'newly-listed', feed: ANY, fetchedAt: null, refreshAfterMs: 0 };
  return compileSnapshot([{ ...source, anchors: 'all', entries }]);
}

/** Whether any of these serials is listed. */
export function containsListed(
  serials: readonly Uint8Array[],
  listed: RevocationSnapshot,
): boolean {
  return serials.some((serial) => lookUpSerial(listed, ANY, serial) !== null);
}

/** Serial numbers of a chain, leaf first. A certificate that cannot be read has none to be listed. */
export function serialsOf(chain: ChainBytes): readonly Uint8Array[] {
  return chain.flatMap((certificate) => {
    const serial = readSerial(certificate);
    return serial === null ? [] : [serial];
  });
}

/** Serial numbers that a recheck record keeps. */
export function keptSerials(facts: RecheckFacts | undefined): readonly Uint8Array[] {
  return (facts?.certificates ?? []).map(({ serial }) => Buffer.from(serial, 'hex'));
}

/** `[0] version` and `serialNumber` of a TBSCertificate (RFC 5280 4.1); null where that is not there. */
function readSerial(certificate: Uint8Array): Uint8Array | null {
  const reader = new DerReader(certificate, newEffort());
  const read = attempt(() => {
    reader.enter(SEQUENCE);
    reader.enter(SEQUENCE);
    if (!reader.nextIs(INTEGER)) reader.next();
    reader.read(INTEGER);
    return certificate.subarray(reader.from, reader.to);
  });
  return read instanceof DerFault ? null : read;
}
