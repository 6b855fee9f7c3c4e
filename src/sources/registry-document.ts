/** A registry of releases as a document: strict JSON, format 1. */
import { createHash } from 'node:crypto';
import Type from 'typebox';
import {
  findRegistryFaults,
  RELEASE_ENVIRONMENTS,
  RELEASE_STAGES,
  type ReleaseRegistry,
} from '../core/reference/index.ts';
import { ConfigurationFault, parseDocument } from './document.ts';

const STRICT = { additionalProperties: false } as const;
const oneOf = <const Names extends readonly string[]>(names: Names) =>
  Type.Union(names.map((name) => Type.Literal(name as Names[number])));
const listOf = (pattern: string, minItems: number) =>
  Type.Array(Type.String({ pattern }), { minItems, uniqueItems: true });
const Name = Type.String({ pattern: '^[^\\p{C}]{1,100}$' });
const Digests = listOf('^[0-9a-f]{64}$', 1);
const Names = (minItems: number) => listOf('^[^\\p{C}]{1,100}$', minItems);
const Time = Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$' });
const Month = Type.Integer({ minimum: 200_001, maximum: 299_912 });
const Day = Type.Integer({ minimum: 20_000_100, maximum: 29_991_231 });
const BootStates = Type.Array(oneOf(['Verified', 'SelfSigned']), {
  minItems: 1,
  uniqueItems: true,
});

/** JSON Schema of a registry. `attest releases check` says what it cannot. */
export const RegistrySchema = Type.Object(
  {
    format: Type.Literal(1),
    name: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,63}$' }),
    sequence: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    issuedAt: Time,
    expiresAt: Time,
    releases: Type.Array(
      Type.Object(
        {
          name: Name,
          channel: Name,
          environment: oneOf(RELEASE_ENVIRONMENTS),
          stage: oneOf(RELEASE_STAGES),
          cohorts: Names(0),
          models: Names(1),
          verifiedBootKeys: Digests,
          vbmetaDigests: Digests,
          bootStates: BootStates,
          osVersion: Type.Integer({ minimum: 1, maximum: 999_999 }),
          osPatchLevel: Month,
          vendorPatchLevel: Day,
          bootPatchLevel: Day,
          releasedOn: Type.Union([Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\d$' }), Type.Null()]),
        },
        STRICT,
      ),
    ),
    systems: Type.Array(
      Type.Object(
        { name: Name, models: Names(0), verifiedBootKeys: Digests, bootStates: BootStates },
        STRICT,
      ),
    ),
  },
  { ...STRICT, title: 'ReleaseRegistry' },
);

/**
 * Reads the JSON text of a registry; `name` is what it is called in errors, `signedBy` the key whose
 * signature over it was verified. Throws `ConfigurationFault` with every fault. Expiry is not looked at.
 */
export function parseRegistry(
  text: string,
  name: string,
  signedBy: string | null,
): ReleaseRegistry {
  const { format: _, issuedAt, expiresAt, ...document } = parseDocument(text, RegistrySchema, name);
  const registry = {
    ...document,
    issuedAt: parseMoment(issuedAt, `${name}: issuedAt`),
    expiresAt: parseMoment(expiresAt, `${name}: expiresAt`),
    id: createHash('sha256').update(text).digest('hex'),
    signedBy,
  };
  const faults = findRegistryFaults(registry);
  if (faults.length > 0) {
    throw new ConfigurationFault(
      `${name}: ${faults.map(({ at, text: fault }) => `${at} ${fault}`).join('; ')}`,
    );
  }
  return registry;
}

function parseMoment(text: string, place: string): number {
  const moment = Date.parse(text);
  // Date.parse rolls 31 February over.
  const isReal =
    !Number.isNaN(moment) && new Date(moment).toISOString().startsWith(text.slice(0, 19));
  if (!isReal) throw new ConfigurationFault(`${place} is no moment of the calendar`);
  return moment;
}
