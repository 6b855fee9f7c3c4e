/** Anchors from a folder laid out like `roots/`: anchors.json, and the PEM files it names. */
import path from 'node:path';
import Type, { type Static } from 'typebox';
import {
  AnchorFault,
  type AnchorSet,
  type AnchorSource,
  buildAnchorSet,
  type Environment,
  type SoftwareKeySource,
  sha256Hex,
} from '../core/anchors/index.ts';
import { parsePem } from '../core/evidence/index.ts';
import { ConfigurationFault, loadDocument, loadText } from './document.ts';
import { ROOTS } from './package-root.ts';

const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' });
const Time = Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$' });
const STRICT = { additionalProperties: false } as const;
const Tolerance = Type.Union([Type.Literal('refused'), Type.Literal('tolerated')]);
const Level = Type.Union([
  Type.Literal('Software'),
  Type.Literal('TrustedEnvironment'),
  Type.Literal('StrongBox'),
]);

const CertificateFile = Type.Object(
  {
    file: Type.String({ minLength: 1 }),
    sha256: Sha256,
    notBefore: Time,
    notAfter: Time,
    source: Type.String({ minLength: 1 }),
  },
  STRICT,
);

const Layout = Type.Object(
  {
    recognisedBy: Type.Record(Type.String(), Type.Union([Type.String(), Type.Null()])),
    issuers: Type.Integer({ minimum: 1, maximum: 3 }),
    expiry: Type.Union([Type.Literal('enforced'), Type.Literal('ignored')]),
    attestationWithoutCaFlag: Tolerance,
    shortLeafIssuer: Tolerance,
    securityLevel: Type.Object(
      {
        certificates: Type.Integer({ minimum: 1, maximum: 3 }),
        attribute: Type.String({ minLength: 1 }),
        values: Type.Record(Type.String(), Level),
        alwaysNamed: Type.Boolean(),
      },
      STRICT,
    ),
  },
  STRICT,
);

const AnchorsDocument = Type.Object(
  {
    format: Type.Literal(1),
    anchors: Type.Array(
      Type.Object(
        {
          id: Type.String({ pattern: '^[a-z0-9][a-z0-9-]*$' }),
          name: Type.String({ minLength: 1 }),
          owner: Type.String({ minLength: 1 }),
          environment: Type.Union([
            Type.Literal('production'),
            Type.Literal('development'),
            Type.Literal('test'),
          ]),
          spkiSha256: Sha256,
          revocationFeeds: Type.Array(Type.String({ minLength: 1 })),
          layouts: Type.Object(
            { factory: Type.Optional(Layout), remote: Type.Optional(Layout) },
            STRICT,
          ),
          certificates: Type.Array(CertificateFile, { minItems: 1 }),
          recorded: Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\d$' }),
        },
        STRICT,
      ),
    ),
    softwareKeys: Type.Optional(
      Type.Array(
        Type.Object(
          { id: Type.String({ minLength: 1 }), spkiSha256: Sha256, certificate: CertificateFile },
          STRICT,
        ),
      ),
    ),
  },
  STRICT,
);

type AnchorEntry = Static<typeof AnchorsDocument>['anchors'][number];

/** What `anchors list` shows beside the record: each certificate, with where it came from. */
export interface AnchorProvenance {
  readonly id: string;
  readonly recorded: string;
  readonly certificates: readonly Static<typeof CertificateFile>[];
}

/** What a set is built from: plain data, so that every thread can build its own. */
export interface AnchorMaterial {
  readonly anchors: readonly AnchorSource[];
  readonly softwareKeys: readonly SoftwareKeySource[];
}

export interface LoadedAnchors {
  readonly set: AnchorSet;
  readonly material: AnchorMaterial;
  readonly provenance: readonly AnchorProvenance[];
}

/**
 * The built-in anchors of an environment. Production never loads the development anchor, whose private
 * key is public.
 */
export function loadBuiltInAnchors(environment: Environment): LoadedAnchors {
  const { anchors } = readAnchors(ROOTS);
  const admitted = anchors.filter(
    (anchor) => environment === 'development' || anchor.environment === 'production',
  );
  return load(ROOTS, admitted);
}

/**
 * An operator's own anchors in place of the built-in ones. Whatever their records say, they are test
 * anchors: nothing under them is ever PROTECTED. The published software keys stay refused.
 */
export function loadTestAnchors(folder: string): LoadedAnchors {
  const { anchors } = readAnchors(folder);
  return load(
    folder,
    anchors.map((anchor) => ({ ...anchor, environment: 'test' as const })),
  );
}

/** Owners of the built-in anchors of any environment. */
export function loadOwners(): readonly string[] {
  return [...new Set(readAnchors(ROOTS).anchors.map(({ owner }) => owner))];
}

function readAnchors(folder: string): Static<typeof AnchorsDocument> {
  return loadDocument(path.join(folder, 'anchors.json'), AnchorsDocument);
}

function load(folder: string, entries: readonly AnchorEntry[]): LoadedAnchors {
  const anchors = entries.map((entry): AnchorSource => {
    const { certificates, recorded: _, ...record } = entry;
    return { record, certificates: certificates.map((file) => loadCertificate(folder, file)) };
  });
  const provenance = entries.map(({ id, recorded, certificates }) => ({
    id,
    recorded,
    certificates,
  }));
  const softwareKeys = loadSoftwareKeys();
  try {
    const set = buildAnchorSet(anchors, softwareKeys);
    return { set, material: { anchors, softwareKeys }, provenance };
  } catch (fault) {
    if (!(fault instanceof AnchorFault)) throw fault;
    throw new ConfigurationFault(`${path.join(folder, 'anchors.json')}: ${fault.message}`, {
      cause: fault,
    });
  }
}

/** Always the built-in ones: no folder of anchors can make the verifier forget them. */
function loadSoftwareKeys(): readonly SoftwareKeySource[] {
  return (readAnchors(ROOTS).softwareKeys ?? []).map(({ id, spkiSha256, certificate }) => ({
    id,
    spkiSha256,
    certificate: loadCertificate(ROOTS, certificate),
  }));
}

function loadCertificate(
  folder: string,
  { file, sha256 }: Static<typeof CertificateFile>,
): Uint8Array {
  const place = path.join(folder, file);
  const parsed = parsePem(loadText(place));
  if (!parsed.ok) throw new ConfigurationFault(`${place}: ${parsed.fault.text}`);
  const [certificate, ...others] = parsed.chain;
  if (certificate === undefined || others.length > 0) {
    throw new ConfigurationFault(`${place}: it must hold exactly one certificate`);
  }
  const actual = sha256Hex(certificate);
  if (actual !== sha256) {
    throw new ConfigurationFault(`${place}: its SHA-256 is ${actual}, the record says ${sha256}`);
  }
  return certificate;
}
