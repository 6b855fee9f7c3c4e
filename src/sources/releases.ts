/** Registries of known operating system releases. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import Type from 'typebox';
import type { Environment } from '../core/anchors/index.ts';
import type { ReleaseRegistry } from '../core/reference/index.ts';
import { ConfigurationFault, loadText, parseDocument } from './document.ts';
import { ROOTS } from './package-root.ts';

const STRICT = { additionalProperties: false } as const;
const Hex256 = Type.String({ pattern: '^[0-9a-f]{64}$' });
const Month = Type.Integer({ minimum: 200_000, maximum: 299_912 });
const Day = Type.Integer({ minimum: 20_000_000, maximum: 29_991_231 });

const ReleasesDocument = Type.Object(
  {
    format: Type.Literal(1),
    releases: Type.Array(
      Type.Object(
        {
          name: Type.String({ minLength: 1 }),
          channel: Type.String({ minLength: 1 }),
          environment: Type.Union([Type.Literal('production'), Type.Literal('development')]),
          stage: Type.Union([
            Type.Literal('draft'),
            Type.Literal('validation'),
            Type.Literal('limited'),
            Type.Literal('stable'),
            Type.Literal('security'),
            Type.Literal('superseded'),
            Type.Literal('withdrawn'),
          ]),
          models: Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }),
          verifiedBootKeys: Type.Array(Hex256, { minItems: 1 }),
          vbmetaDigests: Type.Array(Hex256, { minItems: 1 }),
          osVersion: Type.Integer({ minimum: 0 }),
          osPatchLevel: Month,
          vendorPatchLevel: Day,
          bootPatchLevel: Day,
        },
        STRICT,
      ),
      { minItems: 1 },
    ),
  },
  STRICT,
);

/** The file of the development releases, which the simulator's devices run. */
export const DEVELOPMENT_RELEASES = path.join(ROOTS, 'enigm', 'development-releases.json');

/** The releases built in for an environment: none in production, where a registry must be given. */
function loadBuiltInRegistry(environment: Environment): ReleaseRegistry | null {
  return environment === 'development' ? loadRegistry(DEVELOPMENT_RELEASES) : null;
}

/** The registry a configuration names, or the one built in. */
export function loadConfiguredRegistry(
  environment: Environment,
  file: string | null,
): ReleaseRegistry | null {
  if (file === null) return loadBuiltInRegistry(environment);
  if (environment === 'production') {
    throw new ConfigurationFault(`${file}: is not signed, which production needs of a registry`);
  }
  return loadRegistry(file);
}

/** Loads a registry file. */
export function loadRegistry(file: string): ReleaseRegistry {
  const text = loadText(file);
  const { releases } = parseDocument(text, ReleasesDocument, file);
  const id = createHash('sha256').update(text).digest('hex');
  return { id, releases };
}
