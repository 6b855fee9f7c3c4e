/** JSON bodies, parsed strictly and checked against a schema; what is wrong with one, and where. */
import type { Compile } from 'typebox/compile';
import type { EvidenceFaultCode } from '../core/evidence/index.ts';
import { findDuplicateKey } from '../core/revocation/index.ts';

export type RequestFaultCode = EvidenceFaultCode | 'REQUEST_NOT_JSON' | 'REQUEST_INVALID';

/** Why a request cannot be answered: the caller's to mend. */
export interface RequestFault {
  readonly code: RequestFaultCode;
  /** Which member, in dotted form. */
  readonly member: string | null;
  readonly text: string;
}

type Parsed =
  | { readonly ok: true; readonly document: unknown }
  | { readonly ok: false; readonly fault: RequestFault };

/** Parses JSON in which no member stands twice. */
export function parseJsonBody(json: string): Parsed {
  let document: unknown;
  try {
    document = JSON.parse(json);
  } catch (error) {
    const text = (error as Error).message;
    return { ok: false, fault: { code: 'REQUEST_NOT_JSON', member: null, text } };
  }
  const member = findDuplicateKey(json);
  return member === undefined
    ? { ok: true, document }
    : { ok: false, fault: { code: 'REQUEST_INVALID', member, text: 'stands twice' } };
}

/** The error that points deepest: in a choice, the alternative that came closest. */
export function schemaError(
  validator: Pick<ReturnType<typeof Compile>, 'Errors'>,
  document: unknown,
): [string | null, string] {
  const depth = (path: string): number => path.split('/').length;
  const errors = validator
    .Errors(document)
    .toSorted((a, b) => depth(b.instancePath) - depth(a.instancePath));
  const [error] = errors;
  if (error === undefined) return [null, 'does not match the schema'];
  const member = error.instancePath.slice(1).replaceAll('/', '.');
  const words = errors
    .filter(({ instancePath }) => instancePath === error.instancePath)
    .flatMap((each) => (each.keyword === 'const' ? [each.params.allowedValue] : []));
  return [member === '' ? null : member, textOf(error, words)];
}

/** `words`: the values that stand to choose from, if any. */
function textOf(
  { keyword, message }: { readonly keyword: string; readonly message: string },
  words: readonly unknown[],
): string {
  if (keyword === 'boolean') return 'is not a known member';
  if (keyword !== 'const') return message;
  const choice = words.map((word) => JSON.stringify(word)).join(', ');
  return words.length === 1 ? `must be ${choice}` : `must be one of ${choice}`;
}
