/**
 * The extensions of one certificate (RFC 5280 4.2): found once each by identifier, whether critical or
 * not, whether their content can be read or not (THREATS T43). Only what decides is looked into;
 * distribution points, key identifiers, name constraints and policies are never parsed (THREATS B34).
 */
import { equalRanges, MAX_EXTENSIONS } from '../base/index.ts';
import {
  BOOLEAN,
  type DerReader,
  OCTET_STRING,
  readLenientBoolean,
  readObjectIdentifier,
  SEQUENCE,
} from '../der/index.ts';
import { isOid, oid } from './oid.ts';

/** The extensions that decide something here. */
export type ExtensionName =
  | 'basicConstraints'
  | 'keyUsage'
  | 'keyDescription'
  | 'provisioningInfo'
  | 'eatAttestation'
  | 'knoxAttestation';

const NAMED: readonly { readonly name: ExtensionName; readonly identifier: Uint8Array }[] = [
  { name: 'keyUsage', identifier: oid('2.5.29.15') },
  { name: 'basicConstraints', identifier: oid('2.5.29.19') },
  { name: 'keyDescription', identifier: oid('1.3.6.1.4.1.11129.2.1.17') },
  { name: 'provisioningInfo', identifier: oid('1.3.6.1.4.1.11129.2.1.30') },
  { name: 'eatAttestation', identifier: oid('1.3.6.1.4.1.11129.2.1.25') },
  { name: 'knoxAttestation', identifier: oid('1.3.6.1.4.1.236.11.3.23.7') },
];

/** Found by name in order to be refused by name; never understood. */
const FOREIGN_FORMATS: ReadonlySet<ExtensionName> = new Set(['eatAttestation', 'knoxAttestation']);

/** Understood well enough to know that ignoring them widens nothing here (THREATS T04). */
const IGNORED: readonly Uint8Array[] = [
  '2.5.29.14', // subjectKeyIdentifier
  '2.5.29.30', // nameConstraints
  '2.5.29.31', // cRLDistributionPoints
  '2.5.29.32', // certificatePolicies
  '2.5.29.35', // authorityKeyIdentifier
  '2.5.29.36', // policyConstraints
  '2.5.29.37', // extKeyUsage
].map(oid);

/** Content of an extension's OCTET STRING in its certificate: `bytes[start, end)`. */
export interface ExtensionValue {
  readonly start: number;
  readonly end: number;
}

export interface Extensions {
  readonly values: Readonly<Partial<Record<ExtensionName, ExtensionValue>>>;
  /** Where the first critical extension stands that is not known, or -1. */
  readonly unknownCriticalAt: number;
  /** Where the first `critical` stands that is true but not FF, or -1. */
  readonly lenientCriticalAt: number;
}

/** `Extensions ::= SEQUENCE SIZE (1..MAX) OF Extension` */
export function readExtensions(reader: DerReader): Extensions {
  const values: Partial<Record<ExtensionName, ExtensionValue>> = {};
  const seen: number[] = [];
  let unknownCriticalAt = -1;
  let lenientCriticalAt = -1;
  const outer = reader.enter(SEQUENCE);
  while (!reader.atEnd) {
    const extension = reader.enter(SEQUENCE);
    const { start } = reader;
    readObjectIdentifier(reader);
    const { from, to } = reader;
    rememberOnce(reader, seen);
    let critical = 0;
    if (reader.nextIs(BOOLEAN)) {
      critical = readLenientBoolean(reader);
      // X.690 11.5: a value equal to its DEFAULT is left out; FALSE written out is harmless.
      if (critical !== 0x00 && critical !== 0xff && lenientCriticalAt < 0) {
        lenientCriticalAt = reader.start;
      }
    }
    reader.read(OCTET_STRING);
    const name = nameOf(reader.bytes, from, to);
    if (name !== undefined) values[name] = { start: reader.from, end: reader.to };
    const isUnderstood =
      name === undefined ? isIgnored(reader.bytes, from, to) : !FOREIGN_FORMATS.has(name);
    if (critical !== 0 && !isUnderstood && unknownCriticalAt < 0) unknownCriticalAt = start;
    reader.leave(extension);
  }
  reader.leave(outer);
  return { values, unknownCriticalAt, lenientCriticalAt };
}

/** Keeps where each identifier stands and refuses a second one (THREATS B08). */
function rememberOnce(reader: DerReader, seen: number[]): void {
  const { bytes, from, to } = reader;
  if (seen.length === 2 * MAX_EXTENSIONS) reader.fail('X_TOO_MANY_EXTENSIONS');
  for (let i = 0; i < seen.length; i += 2) {
    if (equalRanges(bytes, from, to, bytes, seen[i] as number, seen[i + 1] as number)) {
      reader.fail('DUPLICATE_EXTENSION');
    }
  }
  seen.push(from, to);
}

function nameOf(bytes: Uint8Array, from: number, to: number): ExtensionName | undefined {
  for (const { name, identifier } of NAMED) if (isOid(bytes, from, to, identifier)) return name;
  return undefined;
}

function isIgnored(bytes: Uint8Array, from: number, to: number): boolean {
  return IGNORED.some((identifier) => isOid(bytes, from, to, identifier));
}
