/**
 * The format of a policy document as JSON Schema (2020-12): what `attest policy schema` prints and what
 * every document is checked against. Every member is required but `$schema`: a rule is stated, or the
 * document is refused; there is no default in place of a rule.
 */
import Type, { type TSchema } from 'typebox';
import { LAYERS, SEVERITIES } from '../core/base/index.ts';
import { BOOT_STATES } from '../core/key-description/index.ts';
import { BUILTIN_POLICIES, ELIGIBILITY_SCHEMA, type Eligibility } from '../core/policy/index.ts';

const STRICT = { additionalProperties: false } as const;
const Choice = (values: readonly string[], description?: string) =>
  Type.Unsafe<string>({
    type: 'string',
    enum: [...values],
    ...(description === undefined ? {} : { description }),
  });
const List = (items: TSchema, description: string) =>
  Type.Array(items, { uniqueItems: true, description });
/** The word `any`, or a list. One schema with both types, so that an error points into the list. */
const AnyOr = (values: readonly string[] | null, description: string) =>
  Type.Unsafe<'any' | readonly string[]>({
    type: ['string', 'array'],
    pattern: '^any$',
    items: { type: 'string', minLength: 1, ...(values === null ? {} : { enum: [...values] }) },
    uniqueItems: true,
    minItems: 1,
    description,
  });

const Text = Type.String({ minLength: 1 });
const Hex256 = Type.String({ pattern: '^[0-9a-f]{64}$' });
const HexBytes = Type.String({ pattern: '^([0-9a-f]{2})+$' });
const Environment = Choice(['production', 'development', 'test']);

const SeverityName = Choice(
  [...SEVERITIES, 'ignore'],
  'What a broken rule does; `ignore` does not evaluate it.',
);
const SignalSeverity = Choice(['reject', 'review', 'info', 'ignore']);

const Rule = (description: string, members: Record<string, TSchema> = {}) =>
  Type.Object({ severity: SeverityName, ...members }, { ...STRICT, description });

const Months = Type.Integer({ minimum: 0, maximum: 1200 });

const PatchLevel = (partition: string) =>
  Type.Object(
    {
      missing: SeverityName,
      malformed: SeverityName,
      tooOld: Rule(
        `The ${partition} patch level is at most this old at the time of the evidence.`,
        {
          months: Months,
        },
      ),
      floor: Rule(`The ${partition} patch level is at least this one.`, {
        level: Type.Union([Type.Integer({ minimum: 200_001, maximum: 29_991_231 }), Type.Null()], {
          description: 'YYYYMM or YYYYMMDD; null only where the severity is `ignore`.',
        }),
      }),
      future: Rule(`The ${partition} patch level is at most this far in the future.`, {
        months: Months,
      }),
    },
    { ...STRICT, description: `The ${partition} patch level. 0 counts as missing.` },
  );

const Application = Type.Object(
  {
    packages: Type.Array(
      Type.Object(
        {
          name: Text,
          minimumVersion: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
        },
        STRICT,
      ),
      { minItems: 1, description: 'Every package that shares the user id.' },
    ),
    signerDigests: Type.Array(Hex256, {
      minItems: 1,
      uniqueItems: true,
      description: 'SHA-256 of the certificates that may have signed it.',
    }),
  },
  STRICT,
);

const PURPOSES = ['ENCRYPT', 'DECRYPT', 'SIGN', 'VERIFY', 'WRAP_KEY', 'AGREE_KEY', 'ATTEST_KEY'];
const ORIGINS = ['GENERATED', 'DERIVED', 'IMPORTED', 'SECURELY_IMPORTED'];
const CURVES = ['P_224', 'P_256', 'P_384', 'P_521', 'CURVE_25519'];
const DEVICE_IDS = [
  'Brand',
  'Device',
  'Product',
  'Manufacturer',
  'Model',
  'Serial',
  'Imei',
  'Meid',
];
const STAGES = ['draft', 'validation', 'limited', 'stable', 'security', 'superseded', 'withdrawn'];
/** Every policy names every signal; the table of codes has no list of them that is not a type. */
const RISK_CODES = Object.keys(
  (BUILTIN_POLICIES[0] as (typeof BUILTIN_POLICIES)[0]).rules.riskSignals,
);

const Rules = Type.Object(
  {
    anchor: Rule('The chain ends at an anchor of these owners and environments.', {
      owners: AnyOr(null, '`any`, or names of owners of anchors.'),
      environments: List(Environment, 'Environments of anchors.'),
    }),
    shape: Rule(
      'The chain has one of these shapes; attest-key chains are those of app-owned keys.',
      {
        allowed: List(Choice(['factory', 'remote', 'attest-key']), 'Shapes.'),
      },
    ),
    provisioning: Rule('How the attestation key came to the device, also under ATTEST_KEYs.', {
      allowed: List(Choice(['factory', 'remote']), 'Ways of provisioning.'),
    }),
    securityLevel: Rule('Both security levels equal, not Software, and at least `minimum`.', {
      minimum: Choice(['TrustedEnvironment', 'StrongBox']),
    }),
    certifiedLevel: Rule('The certificates name the security level that the record claims.'),
    rootOfTrust: Rule('The hardware list has a root of trust.'),
    deviceLocked: Rule('The bootloader is locked.'),
    bootState: Rule('The verified boot state is one of these.', {
      allowed: List(Choice(BOOT_STATES), 'Boot states.'),
    }),
    bootKey: Rule('A boot state that claims a key comes with one that is not blank.'),
    bootKeyDenied: Rule('The verified boot key is none of these.', {
      keys: List(HexBytes, 'verifiedBootKey, lower-case hex.'),
    }),
    bootKeyAllowed: Rule('The verified boot key is listed, or of a release that is.', {
      keys: List(HexBytes, 'verifiedBootKey, lower-case hex.'),
      releases: List(Text, 'Names of releases of the registry.'),
    }),
    keyOrigin: Rule('How the key came to be.', { allowed: List(Choice(ORIGINS), 'KeyOrigin.') }),
    keyPurpose: Rule(
      'What the key may be used for: at least one purpose, all allowed, none denied.',
      {
        allowed: AnyOr(PURPOSES, '`any`, or KeyPurpose names.'),
        denied: List(Choice(PURPOSES), 'KeyPurpose names.'),
      },
    ),
    keyAlgorithm: Rule('The algorithm of the key.', {
      allowed: List(Choice(['EC', 'RSA', 'ML-DSA']), 'Algorithms.'),
    }),
    keySize: Rule('The curve or size of the key.', {
      curves: AnyOr(CURVES, '`any`, or EcCurve names.'),
      minimumRsaBits: Type.Integer({ minimum: 512, maximum: 16_384 }),
    }),
    userAuth: Rule('What the record says of user authentication does not contradict itself.'),
    userAuthRequired: Rule('The hardware asks for the user before it uses the key.', {
      factor: Choice(['any', 'biometric'], '`biometric`: nothing else unlocks the key.'),
      use: Choice(['any', 'each'], '`each`: every use asks, no timeout.'),
    }),
    rollbackResistance: Rule('The key cannot be brought back after it was deleted.'),
    allApplications: Rule('The key is not open to every app.'),
    deviceUnique: Rule('No device-unique attestation is claimed.'),
    application: Rule('The app that made the key, as a system that booted verified names it.', {
      allowed: Type.Array(Application),
    }),
    deviceIds: Rule('Attested identifiers of the device; what is not named is not compared.', {
      expected: Type.Object(
        Object.fromEntries(
          DEVICE_IDS.map((name) => [
            name,
            Type.Optional(Type.Array(Text, { minItems: 1, uniqueItems: true })),
          ]),
        ),
        STRICT,
      ),
    }),
    osVersion: Rule('The version of the system, MMmmss.', {
      minimum: Type.Integer({ minimum: 0, maximum: 999_999 }),
    }),
    moduleHash: Rule('The hash of the system’s modules.', {
      allowed: List(Hex256, 'moduleHash, lower-case hex.'),
    }),
    patchLevels: Type.Object(
      { os: PatchLevel('OS'), vendor: PatchLevel('vendor'), boot: PatchLevel('boot') },
      STRICT,
    ),
    release: Rule(
      'Boot key and vbmeta digest belong to a release of the registry, for this model.',
      {
        environments: List(Environment, 'Environments of releases.'),
        stages: List(Choice(STAGES), 'Stages of releases.'),
      },
    ),
    riskSignals: Type.Object(Object.fromEntries(RISK_CODES.map((code) => [code, SignalSeverity])), {
      ...STRICT,
      description: 'Marks of spoofing tools; each is a signal, not a proof.',
    }),
  },
  STRICT,
);

/** A policy document. */
export const PolicySchema = Type.Object(
  {
    $schema: Type.Optional(Type.String({ description: 'For editors; means nothing here.' })),
    format: Type.Literal(1),
    id: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,63}$' }),
    version: Type.String({
      pattern: '^(0|[1-9][0-9]{0,8})(\\.(0|[1-9][0-9]{0,8})){0,3}$',
      description: 'Numbers and dots. Whoever changes a policy raises it.',
    }),
    expires: Type.Union(
      [Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$' }), Type.Null()],
      { description: 'After this moment the document is refused; null: never.' },
    ),
    description: Text,
    environments: Type.Array(Environment, {
      minItems: 1,
      uniqueItems: true,
      description: 'Environments of the verifier in which the policy exists.',
    }),
    challenge: Choice(
      ['service', 'caller', 'optional', 'none'],
      'Issued by this service; given by the caller; compared when given; not looked at.',
    ),
    revocation: Type.Object(
      {
        maxStaleSeconds: Type.Union(
          [Type.Integer({ minimum: 0, maximum: 31_536_000 }), Type.Null()],
          {
            description: 'How far past its refresh time a list may be; null: of any age, a remark.',
          },
        ),
      },
      STRICT,
    ),
    criticalLayers: List(Choice(LAYERS), 'Layers without which no device is PROTECTED.'),
    exposeDeviceIdentifiers: Type.Boolean({
      description: 'Whether IMEI, serial number and the like appear in reports.',
    }),
    eligibility: Type.Optional(Type.Unsafe<Eligibility>(ELIGIBILITY_SCHEMA)),
    rules: Rules,
  },
  { ...STRICT, title: 'Policy' },
);
