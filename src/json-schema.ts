/**
 * Documents that callers send, checked against a JSON Schema. Compiled by a library that every thread can afford: what
 * checks the files of an operator brings its own language of types and costs a thread some 5 MB.
 */
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';

/** Which member is at fault, in dotted form, null where it is the document; and what is wrong with it. */
export type SchemaFault = readonly [member: string | null, text: string];

export interface SchemaCheck<Document> {
  readonly accepts: (document: unknown) => document is Document;
  /** Why `document`, which was not accepted, was not. */
  readonly explain: (document: unknown) => SchemaFault;
}

/** The first fault of a document is enough: to collect all of them, a hostile one could make millions. */
const AJV = new Ajv({ strict: true, allErrors: false, validateSchema: false });

/** Keywords are those of JSON Schema draft 7; one that is not known throws. */
export function compileSchema<Document>(schema: object): SchemaCheck<Document> {
  const validate: ValidateFunction<Document> = AJV.compile<Document>(schema);
  return {
    accepts: (document): document is Document => validate(document),
    explain: (document) => (validate(document) ? NO_FAULT : deepest(validate.errors ?? [])),
  };
}

const NO_FAULT: SchemaFault = [null, 'matches the schema'];

/** The fault that points deepest: in a choice, that of the alternative that came closest. */
function deepest(errors: readonly ErrorObject[]): SchemaFault {
  const depth = ({ instancePath }: ErrorObject): number => instancePath.split('/').length;
  const [error] = errors.toSorted((a, b) => depth(b) - depth(a));
  if (error === undefined) return [null, 'does not match the schema'];
  const { keyword, params, message = 'does not match the schema' } = error;
  const place = error.instancePath.slice(1).replaceAll('/', '.');
  switch (keyword) {
    case 'additionalProperties': {
      const name = String(params['additionalProperty']);
      return [place === '' ? name : `${place}.${name}`, 'is not a known member'];
    }
    case 'enum':
      return [nameOf(place), `must be one of ${quoted(params['allowedValues'] as unknown[])}`];
    case 'const':
      return [nameOf(place), `must be ${quoted([params['allowedValue']])}`];
    default:
      return [nameOf(place), message];
  }
}

function nameOf(place: string): string | null {
  return place === '' ? null : place;
}

function quoted(values: readonly unknown[]): string {
  return values.map((value) => JSON.stringify(value)).join(', ');
}
