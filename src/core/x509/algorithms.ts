/**
 * Signature algorithms a link may be signed with: a closed list (THREATS T48). The hash comes from
 * the algorithm, the curve from the issuer's key, and neither is derived from the other: genuine
 * P-384 keys sign with SHA-256 and P-256 keys with SHA-384 (THREATS B28).
 */
import { type DerReader, NULL, readObjectIdentifier, SEQUENCE } from '../der/index.ts';
import { isOid, oid } from './oid.ts';

export interface SignatureAlgorithm {
  /** Name in the RFC that defines it (5758, 8017, 9881). */
  readonly name: string;
  readonly keyAlgorithm: 'EC' | 'RSA' | 'ML-DSA';
  /** ML-DSA names the parameter set of the key that signs; EC and RSA leave the key open. */
  readonly parameterSet: string | null;
  /** Digest for `node:crypto`; null where the algorithm has none of its own to choose. */
  readonly hash: 'sha256' | 'sha384' | 'sha512' | null;
  readonly identifier: Uint8Array;
}

const SIGNATURE_ALGORITHMS: readonly SignatureAlgorithm[] = [
  ecdsa('ecdsa-with-SHA256', 'sha256', '1.2.840.10045.4.3.2'),
  ecdsa('ecdsa-with-SHA384', 'sha384', '1.2.840.10045.4.3.3'),
  ecdsa('ecdsa-with-SHA512', 'sha512', '1.2.840.10045.4.3.4'),
  rsa('sha256WithRSAEncryption', 'sha256', '1.2.840.113549.1.1.11'),
  rsa('sha384WithRSAEncryption', 'sha384', '1.2.840.113549.1.1.12'),
  rsa('sha512WithRSAEncryption', 'sha512', '1.2.840.113549.1.1.13'),
  mlDsa('ML-DSA-44', '2.16.840.1.101.3.4.3.17'),
  mlDsa('ML-DSA-65', '2.16.840.1.101.3.4.3.18'),
  mlDsa('ML-DSA-87', '2.16.840.1.101.3.4.3.19'),
];

/** What stands in the parameters of an AlgorithmIdentifier. */
export type AlgorithmParameters = 'absent' | 'null';

export interface SignatureAlgorithmIdentifier {
  readonly algorithm: SignatureAlgorithm;
  readonly parameters: AlgorithmParameters;
  /** The whole AlgorithmIdentifier: `bytes[start, end)`. */
  readonly start: number;
  readonly end: number;
}

/**
 * `AlgorithmIdentifier ::= SEQUENCE { algorithm OBJECT IDENTIFIER, parameters ANY OPTIONAL }` of a
 * signature. Deviation: parameters may be absent or NULL with ECDSA and RSA alike (THREATS B26).
 */
export function readSignatureAlgorithm(reader: DerReader): SignatureAlgorithmIdentifier {
  const outer = reader.enter(SEQUENCE);
  const start = reader.start;
  readObjectIdentifier(reader);
  const algorithm = lookUp(reader) ?? reader.fail('SIGNATURE_ALGORITHM');
  const parameters = readParameters(reader, algorithm);
  reader.leave(outer);
  return { algorithm, parameters, start, end: reader.position };
}

function readParameters(reader: DerReader, algorithm: SignatureAlgorithm): AlgorithmParameters {
  if (reader.atEnd) return 'absent';
  reader.next();
  const isNull = reader.tag === NULL && reader.from === reader.to;
  if (!isNull || algorithm.keyAlgorithm === 'ML-DSA') reader.fail('X_ALG_PARAMETERS');
  return 'null';
}

function lookUp(reader: DerReader): SignatureAlgorithm | undefined {
  const { bytes, from, to } = reader;
  return SIGNATURE_ALGORITHMS.find((known) => isOid(bytes, from, to, known.identifier));
}

function ecdsa(name: string, hash: 'sha256' | 'sha384' | 'sha512', dotted: string) {
  return { name, keyAlgorithm: 'EC', parameterSet: null, hash, identifier: oid(dotted) } as const;
}

function rsa(name: string, hash: 'sha256' | 'sha384' | 'sha512', dotted: string) {
  return { name, keyAlgorithm: 'RSA', parameterSet: null, hash, identifier: oid(dotted) } as const;
}

/** RFC 9881 section 2: one identifier for key and signature of each set. */
function mlDsa(parameterSet: string, dotted: string) {
  const name = `id-${parameterSet.toLowerCase()}`;
  return {
    name,
    keyAlgorithm: 'ML-DSA',
    parameterSet,
    hash: null,
    identifier: oid(dotted),
  } as const;
}
