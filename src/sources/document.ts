/**
 * JSON documents that an operator writes: read strictly, and refused with the file, the place inside
 * it, and what is wrong. An unknown member is an error, never ignored.
 */
import { readFileSync } from 'node:fs';
import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { findDuplicateKey } from '../core/revocation/index.ts';

/** The configuration, or a file it names, cannot be used. Exit code 78. */
export class ConfigurationFault extends Error {
  readonly code = 'CONFIGURATION_INVALID';
}

/** Reads a file as text. */
export function loadText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new ConfigurationFault(`${file}: cannot be read (${reason})`, { cause });
  }
}

/** Loads a JSON file that must match `schema`. */
export function loadDocument<Schema extends TSchema>(file: string, schema: Schema): Static<Schema> {
  return parseDocument(loadText(file), schema, file);
}

/** Parses JSON text that must match `schema`; `name` is what it is called in errors. */
export function parseDocument<Schema extends TSchema>(
  text: string,
  schema: Schema,
  name: string,
): Static<Schema> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new ConfigurationFault(`${name}: no JSON: ${(cause as Error).message}`, { cause });
  }
  const duplicate = findDuplicateKey(text);
  if (duplicate !== undefined) {
    throw new ConfigurationFault(`${name}: the member "${duplicate}" stands twice`);
  }
  const validator = Compile(schema);
  if (!validator.Check(document)) {
    // Every surplus member has an error of its own that names it.
    const faults = (validator.Errors(document) as readonly SchemaError[])
      .filter(({ keyword }) => keyword !== 'additionalProperties')
      .map((fault) => describe(fault, schema));
    throw new ConfigurationFault(`${name}: ${[...new Set(faults)].join('; ')}`);
  }
  return document as Static<Schema>;
}

interface SchemaError {
  readonly keyword: string;
  readonly schemaPath: string;
  readonly instancePath: string;
  readonly message: string;
  readonly params: { readonly allowedValues?: readonly unknown[] };
}

function describe(error: SchemaError, schema: TSchema): string {
  const { keyword, instancePath, message, params } = error;
  const place = instancePath === '' ? 'the document' : instancePath.slice(1).replaceAll('/', '.');
  if (keyword === 'boolean') {
    const form = formOfNames(error, schema);
    return form === null
      ? `${place} is not a known member`
      : `${place} has a name of another form than ${form}`;
  }
  const { allowedValues } = params;
  return allowedValues === undefined
    ? `${place} ${message}`
    : `${place} must be one of ${allowedValues.map((value) => JSON.stringify(value)).join(', ')}`;
}

/** The pattern of the names in a map, whose members are values such as serials; null where it is no map. */
function formOfNames({ schemaPath }: SchemaError, schema: TSchema): string | null {
  const steps = schemaPath.split('/').slice(1, -1);
  const map = steps.reduce<unknown>(
    (at, step) => (at as Record<string, unknown> | undefined)?.[step],
    schema,
  );
  const { patternProperties } = (map ?? {}) as { patternProperties?: Record<string, unknown> };
  return patternProperties === undefined ? null : Object.keys(patternProperties).join(' or ');
}
