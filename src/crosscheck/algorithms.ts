/** Signature algorithms a certificate may be signed with (THREATS T48, B26, B27, B30). */
import { type Element, readChildren } from './elements.ts';
import { refuse } from './refusal.ts';
import { checkNull, readObjectIdentifier } from './values.ts';

/** Dotted identifier, and what the issuing key must be. */
export type SignatureAlgorithm = { readonly identifier: string } & Allowed;

type Allowed =
  | { readonly family: 'EC' | 'RSA' }
  | { readonly family: 'ML-DSA'; readonly parameterSet: string };

/** The hash follows from the identifier and never from the curve. */
const ALLOWED: Readonly<Record<string, Allowed>> = {
  '1.2.840.10045.4.3.2': { family: 'EC' },
  '1.2.840.10045.4.3.3': { family: 'EC' },
  '1.2.840.10045.4.3.4': { family: 'EC' },
  '1.2.840.113549.1.1.11': { family: 'RSA' },
  '1.2.840.113549.1.1.12': { family: 'RSA' },
  '1.2.840.113549.1.1.13': { family: 'RSA' },
  '2.16.840.1.101.3.4.3.17': { family: 'ML-DSA', parameterSet: 'ML-DSA-44' },
  '2.16.840.1.101.3.4.3.18': { family: 'ML-DSA', parameterSet: 'ML-DSA-65' },
  '2.16.840.1.101.3.4.3.19': { family: 'ML-DSA', parameterSet: 'ML-DSA-87' },
};

/**
 *     AlgorithmIdentifier ::= SEQUENCE { algorithm OBJECT IDENTIFIER, parameters ANY OPTIONAL }
 *
 * Deviation: ECDSA with NULL parameters and RSA without them, as genuine devices write both.
 */
export function readSignatureAlgorithm(element: Element, what: string): SignatureAlgorithm {
  const [oid, parameters, ...others] = readChildren(element, 'sequence', what);
  if (oid === undefined || others.length > 0) return refuse(`${what}: no algorithm identifier`);
  const identifier = readObjectIdentifier(oid, what);
  const algorithm = ALLOWED[identifier];
  if (algorithm === undefined) return refuse(`${what}: ${identifier} is not allowed`);
  if (parameters !== undefined) {
    if (algorithm.family === 'ML-DSA') refuse(`${what}: ML-DSA has no parameters`);
    checkNull(parameters, what);
  }
  return { identifier, ...algorithm };
}
