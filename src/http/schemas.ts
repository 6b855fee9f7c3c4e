/** Response documents as JSON Schema: what the OpenAPI document says. Compared with the types in tests. */
import Type, { type TSchema } from 'typebox';
import { FAILURE_CLASSES, FINDING_CODES, LAYERS, SEVERITIES, STAGES } from '../core/base/index.ts';
import { TRUST_INPUTS } from '../core/posture/index.ts';
import { RELEASE_ENVIRONMENTS, RELEASE_STAGES } from '../core/reference/index.ts';
import { NO_ENROLMENT_RECORD } from '../pool/protocol.ts';
import { StatementFieldsSchema } from '../request/index.ts';
import { RevocationSchema } from './revocation-route.ts';

const STRICT = { additionalProperties: false } as const;
const Nullable = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);
const OneOf = (values: readonly string[]) => Type.Union(values.map((value) => Type.Literal(value)));

const Text = Type.String();
const Hex = Type.String({ pattern: '^[0-9a-f]*$' });
const Time = Type.String({ format: 'date-time' });
const Environment = OneOf(['production', 'development', 'test']);
const Fact = Type.Union([Text, Type.Number(), Type.Boolean(), Type.Null()]);
const BindingState = OneOf(['bound', 'mismatch', 'not_checked']);

const Finding = Type.Object(
  {
    code: OneOf(Object.keys(FINDING_CODES)),
    severity: OneOf(SEVERITIES),
    failureClass: Nullable(OneOf(FAILURE_CLASSES)),
    retryable: Type.Boolean(),
    disclosure: OneOf(['caller', 'operator']),
    stage: OneOf(STAGES),
    at: Type.Object(
      {
        cert: Type.Optional(Type.Integer({ description: 'Certificate, 0 is the leaf.' })),
        offset: Type.Optional(Type.Integer({ description: 'Byte in that certificate.' })),
        field: Type.Optional(Text),
      },
      STRICT,
    ),
    expected: Fact,
    got: Fact,
    text: Text,
    remedy: Text,
  },
  { ...STRICT, title: 'Finding' },
);

const Layer = Type.Object(
  {
    layer: OneOf(LAYERS),
    state: OneOf(['satisfied', 'degraded', 'failed', 'not_evidenced']),
    basis: Text,
    findings: Type.Array(Text),
  },
  STRICT,
);

const TrustInput = Type.Object(
  {
    input: OneOf(TRUST_INPUTS),
    state: OneOf(['satisfied', 'degraded', 'failed', 'not_evidenced']),
    basis: Text,
    findings: Type.Array(Text),
  },
  STRICT,
);

const Certificate = Type.Object(
  {
    index: Type.Integer(),
    role: Nullable(OneOf(['leaf', 'attest-key', 'attestation', 'intermediate', 'root'])),
    subject: Text,
    serial: Hex,
    notBefore: Text,
    notAfter: Text,
    signatureAlgorithm: Text,
    publicKey: Text,
    sha256: Hex,
  },
  STRICT,
);

const Chain = Type.Object(
  {
    shape: Nullable(OneOf(['factory', 'remote', 'attest-key', 'software'])),
    anchor: Nullable(Type.Object({ id: Text, spkiSha256: Hex, environment: Environment }, STRICT)),
    certificates: Type.Array(Certificate),
    provisioningInfo: Nullable(
      Type.Object(
        {
          certificatesIssued: Nullable(Type.Number()),
          manufacturer: Nullable(Text),
          validatedAttestedEntity: Nullable(Text),
          isLostDevice: Nullable(Type.Boolean()),
          unknownKeys: Type.Array(Type.Number()),
        },
        STRICT,
      ),
    ),
  },
  STRICT,
);

const AuthorizationList = Type.Record(Text, Type.Unknown(), {
  description: 'Fields by the names of the attestation schema; only those that are present.',
});

const KeyDescription = Type.Object(
  {
    attestationVersion: Type.Integer(),
    attestationSecurityLevel: Text,
    keyMintVersion: Type.Integer(),
    keyMintSecurityLevel: Text,
    attestationChallenge: Hex,
    uniqueId: Text,
    softwareEnforced: AuthorizationList,
    hardwareEnforced: AuthorizationList,
  },
  STRICT,
);

const Key = Type.Object(
  {
    algorithm: Text,
    curve: Type.Optional(Text),
    size: Type.Optional(Type.Integer()),
    parameterSet: Type.Optional(Text),
    spki: Text,
    spkiSha256: Hex,
  },
  STRICT,
);

const Revocation = Type.Object(
  {
    checked: Type.Boolean(),
    status: Nullable(OneOf(['good', 'revoked', 'suspended', 'unknown'])),
    snapshot: Nullable(
      Type.Object(
        {
          id: Hex,
          entries: Type.Integer(),
          fetchedAt: Nullable(Time),
          ageSeconds: Nullable(Type.Integer()),
          sources: Type.Array(Text),
        },
        STRICT,
      ),
    ),
  },
  STRICT,
);

const RollbackState = OneOf(['visible', 'not_visible', 'not_checked']);

const Rollback = Type.Object(
  {
    state: RollbackState,
    against: Type.Array(OneOf(['caller', 'last-report', 'registry'])),
    findings: Type.Array(Text),
  },
  STRICT,
);

const Release = Type.Object(
  {
    name: Text,
    recognisedBy: OneOf(['build', 'boot-key']),
    channel: Nullable(Text),
    stage: Nullable(OneOf(RELEASE_STAGES)),
    environment: Nullable(OneOf(RELEASE_ENVIRONMENTS)),
    production: Type.Boolean(),
    behind: Nullable(
      Type.Object(
        {
          releases: Type.Integer(),
          securityReleases: Type.Integer(),
          patchMonths: Type.Integer(),
          latest: Nullable(Text),
        },
        STRICT,
      ),
    ),
    rollback: RollbackState,
    registry: Type.Object(
      {
        name: Text,
        sequence: Type.Integer(),
        id: Hex,
        expiresAt: Time,
        signedBy: Nullable(Text),
      },
      STRICT,
    ),
  },
  STRICT,
);

/** Members of every report, of evidence and of a recheck record. */
const SharedMembers = {
  outcome: OneOf(['accept', 'reject', 'inconclusive']),
  trustState: OneOf(['PROTECTED', 'REVIEW_REQUIRED', 'INACTIVE']),
  evidenceTime: Time,
  appraisedAt: Time,
  evidenceDigest: Hex,
  verifier: Type.Object({ name: Text, version: Text }, STRICT),
  environment: Environment,
  findings: Type.Array(Finding),
  layers: Type.Array(Layer),
  trustInputs: Type.Array(TrustInput),
  revocation: Revocation,
  policy: Type.Object({ id: Text, version: Text, digest: Hex }, STRICT),
  release: Nullable(Release),
  rollback: Rollback,
};

export const ReportSchema = Type.Object(
  {
    reportVersion: Type.Literal(1),
    ...SharedMembers,
    chain: Chain,
    key: Nullable(Key),
    keyDescription: Nullable(KeyDescription),
    binding: Type.Object(
      {
        challenge: BindingState,
        request: BindingState,
        handle: BindingState,
        enrolment: BindingState,
        action: BindingState,
        transport: BindingState,
        publicKey: BindingState,
        keyPossession: BindingState,
      },
      STRICT,
    ),
    statement: Nullable(
      Type.Object({ fields: StatementFieldsSchema, counts: Type.Boolean() }, STRICT),
    ),
    eligibility: Type.Array(
      Type.Object({ action: Text, granted: Type.Boolean(), reasons: Type.Array(Text) }, STRICT),
    ),
  },
  { ...STRICT, title: 'Report' },
);

const Token = Type.String({
  description: 'EAR: a JWS signed by this service, see /.well-known/jwks.json.',
});

const WhyNoRecord = Type.Optional(
  Type.Union(
    NO_ENROLMENT_RECORD.map((reason) => Type.Literal(reason)),
    { description: 'Why `enrol` brought no record: only an accept whose challenge is bound does.' },
  ),
);

const EnrolmentRecord = Type.Optional(
  Type.String({ description: 'Bring it back as `enrolmentRecord`: a JWS signed by this service.' }),
);

/** The answer to `result: token`. */
export const TokenAnswerSchema = Type.Object(
  {
    outcome: OneOf(['accept', 'reject', 'inconclusive']),
    codes: Type.Array(OneOf(Object.keys(FINDING_CODES))),
    token: Token,
    enrolmentRecord: EnrolmentRecord,
    noEnrolmentRecord: WhyNoRecord,
  },
  { ...STRICT, title: 'SignedResult' },
);

/** The answer to `result: both`. */
export const ReportWithTokenSchema = Type.Object(
  {
    ...ReportSchema.properties,
    token: Type.Optional(Token),
    enrolmentRecord: EnrolmentRecord,
    noEnrolmentRecord: WhyNoRecord,
  },
  { ...STRICT, title: 'ReportWithToken' },
);

export const RecordResultSchema = Type.Object(
  {
    record: Nullable(
      Type.String({ description: 'Signed recheck record; null where nothing was proved.' }),
    ),
    outcome: OneOf(['accept', 'reject', 'inconclusive']),
    codes: Type.Array(OneOf(Object.keys(FINDING_CODES))),
  },
  { ...STRICT, title: 'RecordResult' },
);

export const RecheckReportSchema = Type.Object(
  {
    basis: Type.Literal('record'),
    ...SharedMembers,
    anchor: Chain.properties.anchor,
  },
  { ...STRICT, title: 'RecheckReport' },
);

export const BatchResultSchema = Type.Union(
  [
    Type.Object(
      {
        id: Text,
        outcome: OneOf(['accept', 'reject', 'inconclusive']),
        trustState: OneOf(['PROTECTED', 'REVIEW_REQUIRED', 'INACTIVE']),
        codes: Type.Array(OneOf(Object.keys(FINDING_CODES))),
        report: Type.Optional(ReportSchema),
      },
      STRICT,
    ),
    Type.Object(
      {
        id: Nullable(Text),
        line: Type.Integer({ description: 'Line of the request, from 1.' }),
        error: Type.Object({ code: Text, text: Text }, STRICT),
      },
      STRICT,
    ),
  ],
  { title: 'BatchResult' },
);

export const ReadinessSchema = Type.Object(
  {
    ready: Type.Boolean(),
    workers: Type.Integer(),
    queue: Type.Integer(),
    policies: Type.Array(
      Type.Object(
        {
          policy: Text,
          canDecide: Type.Boolean(),
          required: Type.Boolean(),
          reasons: Type.Array(Text),
        },
        STRICT,
      ),
    ),
    revocation: RevocationSchema,
    audit: Type.Object({ ok: Type.Boolean(), reason: Nullable(Text) }, STRICT),
  },
  { ...STRICT, title: 'Readiness' },
);
