/** The settings there are: one table, which also makes the README's. `config.ts` reads them. */
import { availableParallelism, homedir } from 'node:os';
import path from 'node:path';
import Type, { type TSchema } from 'typebox';
import { GOOGLE_STATUS, RevocationSources } from './sources/revocation/settings.ts';

/** One setting: a member of the file, and a variable. */
export interface Setting {
  readonly variable: string;
  readonly schema: TSchema;
  readonly default: (facts: Facts) => unknown;
  /** The default as the README shows it. */
  readonly defaultText: string;
  readonly text: string;
  readonly secret?: true;
}

/** What defaults depend on. */
interface Facts {
  readonly environment: 'production' | 'development';
  readonly variables: Variables;
}

/** The environment, or what stands for it. */
export type Variables = Readonly<Record<string, string | undefined>>;

const EnvironmentName = Type.Union([Type.Literal('production'), Type.Literal('development')]);

const Caller = Type.Object(
  {
    id: Type.String({ pattern: '^[A-Za-z0-9_.-]{1,64}$' }),
    tokenSha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  },
  { additionalProperties: false },
);

/** The app of the simulator's devices. */
const SIMULATED_APP = {
  package: 'org.enigm.demo',
  signerSha256: '830e2e9e5ff483f836d98ed13f1cb857f24f7bb695ba54704fa11e8b066d6e28',
} as const;

export const SETTINGS = {
  environment: {
    variable: 'ENIGM_ATTEST_ENVIRONMENT',
    schema: EnvironmentName,
    default: () => 'production',
    defaultText: '`production` (the npm scripts of a clone say `development`)',
    text: 'development adds the development anchor and policy, and serves loopback only',
  },
  host: {
    variable: 'ENIGM_ATTEST_HOST',
    schema: Type.String({ minLength: 1 }),
    default: () => '127.0.0.1',
    defaultText: '`127.0.0.1`',
    text: 'address to listen on; any but loopback needs `callers`',
  },
  port: {
    variable: 'ENIGM_ATTEST_PORT',
    schema: Type.Integer({ minimum: 0, maximum: 65_535 }),
    default: () => 8080,
    defaultText: '`8080`',
    text: 'port to listen on; 0 takes a free one',
  },
  state: {
    variable: 'ENIGM_ATTEST_STATE',
    schema: Type.String({ minLength: 1 }),
    default: ({ variables }) =>
      path.join(
        variables['XDG_STATE_HOME'] ?? path.join(homedir(), '.local', 'state'),
        'enigm-attest',
      ),
    defaultText: '`~/.local/state/enigm-attest`',
    text: 'folder for what is kept between runs',
  },
  callers: {
    variable: 'ENIGM_ATTEST_CALLERS',
    schema: Type.Array(Caller),
    default: () => [],
    defaultText: '`[]`',
    text: 'who may call: an id and the SHA-256 of a bearer token each; with none, anyone who reaches the address',
    secret: true,
  },
  defaultPolicy: {
    variable: 'ENIGM_ATTEST_DEFAULT_POLICY',
    schema: Type.String({ minLength: 1 }),
    default: () => 'android-hardware',
    defaultText: '`android-hardware`',
    text: 'policy of requests that name none',
  },
  policies: {
    variable: 'ENIGM_ATTEST_POLICIES',
    schema: Type.Union([Type.String({ minLength: 1 }), Type.Null()]),
    default: () => null,
    defaultText: '`null`',
    text: 'folder of policy documents (`*.json`) beside the built-in policies; see “Policies”',
  },
  releases: {
    variable: 'ENIGM_ATTEST_RELEASES',
    schema: Type.Union([Type.String({ minLength: 1 }), Type.Null()]),
    default: () => null,
    defaultText: '`null`; development knows the development releases',
    text: 'registry file of operating system releases; in production it must be signed',
  },
  releaseKeys: {
    variable: 'ENIGM_ATTEST_RELEASE_KEYS',
    schema: Type.Union([Type.String({ minLength: 1 }), Type.Null()]),
    default: () => null,
    defaultText: '`null`',
    text: 'file of the public keys that may sign `releases` (JWK Set or PEM); once set, every registry must be signed',
  },
  reloadSeconds: {
    variable: 'ENIGM_ATTEST_RELOAD_SECONDS',
    schema: Type.Integer({ minimum: 0, maximum: 86_400 }),
    default: () => 5,
    defaultText: '`5`',
    text: 'seconds between looks at the files of `policies` and `releases`; 0 reads them once',
  },
  readinessPolicies: {
    variable: 'ENIGM_ATTEST_READINESS_POLICIES',
    schema: Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }),
    default: ({ environment }) => [
      environment === 'development' ? 'enigm-development' : 'android-hardware',
    ],
    defaultText: '`["android-hardware"]`; in development `["enigm-development"]`',
    text: 'policies that must be able to decide before the service calls itself ready',
  },
  workers: {
    variable: 'ENIGM_ATTEST_WORKERS',
    schema: Type.Integer({ minimum: 1, maximum: 256 }),
    default: () => Math.max(availableParallelism() - 1, Math.min(availableParallelism(), 2)),
    defaultText: 'one for each core, less one of three or more for the thread that serves HTTP',
    text: 'worker threads that verify',
  },
  listeners: {
    variable: 'ENIGM_ATTEST_LISTENERS',
    schema: Type.Integer({ minimum: 0, maximum: 256 }),
    default: () => 0,
    defaultText: '`0`: one listens, and `workers` verify',
    text: 'threads that share the port, each verifying what it accepts, in place of `workers`; see “Serving modes”',
  },
  maxQueue: {
    variable: 'ENIGM_ATTEST_MAX_QUEUE',
    schema: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
    default: () => 1024,
    defaultText: '`1024`',
    text: 'requests that may wait for a worker before others are refused with 503',
  },
  deadlineMs: {
    variable: 'ENIGM_ATTEST_DEADLINE_MS',
    schema: Type.Integer({ minimum: 10, maximum: 600_000 }),
    default: () => 5000,
    defaultText: '`5000`',
    text: 'milliseconds from arrival after which a request is refused with 503, and one whose body is not there is cut off',
  },
  maxBodyBytes: {
    variable: 'ENIGM_ATTEST_MAX_BODY_BYTES',
    schema: Type.Integer({ minimum: 1024, maximum: 16_777_216 }),
    default: () => 131_072,
    defaultText: '`131072`',
    text: 'largest request body',
  },
  requestsPerMinute: {
    variable: 'ENIGM_ATTEST_REQUESTS_PER_MINUTE',
    schema: Type.Integer({ minimum: 0 }),
    default: () => 0,
    defaultText: '`0`',
    text: 'requests a minute from one address before 429, however they are answered; 0 does not count',
  },
  revocationSources: {
    variable: 'ENIGM_ATTEST_REVOCATION_SOURCES',
    schema: RevocationSources,
    default: () => [GOOGLE_STATUS],
    defaultText: 'Google’s status list',
    text: 'where revocation lists come from; see “Revocation”',
  },
  revocationFetch: {
    variable: 'ENIGM_ATTEST_REVOCATION_FETCH',
    schema: Type.Boolean(),
    default: ({ environment }) => environment === 'production',
    defaultText: '`true`; in development `false`',
    text: 'whether the service fetches lists and Google’s roots by itself; if not, it takes up what `revocation fetch` or `revocation import` store',
  },
  revocationMinRefreshSeconds: {
    variable: 'ENIGM_ATTEST_REVOCATION_MIN_REFRESH_SECONDS',
    schema: Type.Number({ minimum: 0.01, maximum: 86_400 }),
    default: () => 60,
    defaultText: '`60`',
    text: 'least time between two looks at a source, whatever its server says; fractions are allowed',
  },
  revocationMaxRefreshSeconds: {
    variable: 'ENIGM_ATTEST_REVOCATION_MAX_REFRESH_SECONDS',
    schema: Type.Number({ minimum: 0.01, maximum: 604_800 }),
    default: () => 86_400,
    defaultText: '`86400`',
    text: 'most time between two looks at a source, whatever its server says',
  },
  revocationRetrySeconds: {
    variable: 'ENIGM_ATTEST_REVOCATION_RETRY_SECONDS',
    schema: Type.Number({ minimum: 0.01, maximum: 3600 }),
    default: () => 10,
    defaultText: '`10`',
    text: 'wait after a failed look; doubled by each further one, up to 15 minutes',
  },
  revocationTimeoutSeconds: {
    variable: 'ENIGM_ATTEST_REVOCATION_TIMEOUT_SECONDS',
    schema: Type.Number({ minimum: 0.05, maximum: 600 }),
    default: () => 30,
    defaultText: '`30`',
    text: 'time in which a whole list must arrive',
  },
  revocationMaxBytes: {
    variable: 'ENIGM_ATTEST_REVOCATION_MAX_BYTES',
    schema: Type.Integer({ minimum: 1024, maximum: 1_073_741_824 }),
    default: () => 8_388_608,
    defaultText: '`8388608`',
    text: 'largest list; Google’s has about 170,000 bytes',
  },
  revocationAllowShrink: {
    variable: 'ENIGM_ATTEST_REVOCATION_ALLOW_SHRINK',
    schema: Type.Array(Type.String({ minLength: 1 })),
    default: () => [],
    defaultText: '`[]`',
    text: 'ids of sources whose lists may lose more than a tenth of their entries; `revocation fetch --allow-shrink` is the same, once',
  },
  rootWatchUrl: {
    variable: 'ENIGM_ATTEST_ROOT_WATCH_URL',
    schema: Type.String(),
    default: () => 'https://android.googleapis.com/attestation/root',
    defaultText: '`https://android.googleapis.com/attestation/root`',
    text: 'where Google serves its roots, to be compared with the anchors (never trusted); empty: not compared',
  },
  bundleKeys: {
    variable: 'ENIGM_ATTEST_BUNDLE_KEYS',
    schema: Type.String(),
    default: () => '',
    defaultText: 'none',
    text: 'file of public keys (JWK set) that may sign bundles for machines without network',
  },
  proxy: {
    variable: 'ENIGM_ATTEST_PROXY',
    schema: Type.String(),
    default: ({ variables }) => variables['HTTPS_PROXY'] ?? variables['https_proxy'] ?? '',
    defaultText: '`HTTPS_PROXY`',
    text: 'HTTP proxy for fetching lists; empty: none',
  },
  noProxy: {
    variable: 'ENIGM_ATTEST_NO_PROXY',
    schema: Type.String(),
    default: ({ variables }) => variables['NO_PROXY'] ?? variables['no_proxy'] ?? '',
    defaultText: '`NO_PROXY`',
    text: 'hosts that are reached without the proxy, separated by commas',
  },
  challengeLifetimeSeconds: {
    variable: 'ENIGM_ATTEST_CHALLENGE_LIFETIME_SECONDS',
    schema: Type.Integer({ minimum: 0, maximum: 3600 }),
    default: () => 300,
    defaultText: '`300`',
    text: 'how long a challenge of `POST /v1/challenges` is good; 0 issues none and knows none',
  },
  challengeKeys: {
    variable: 'ENIGM_ATTEST_CHALLENGE_KEYS',
    schema: Type.Array(Type.String({ pattern: '^[A-Za-z0-9_-]{43,}$' })),
    default: () => [],
    defaultText: 'one made at start',
    text: 'secrets of at least 32 bytes, base64url: the first issues challenges, all of them verify',
    secret: true,
  },
  challengeStore: {
    variable: 'ENIGM_ATTEST_CHALLENGE_STORE',
    schema: Type.String({ pattern: '^$|^rediss?://.' }),
    default: () => '',
    defaultText: 'the memory of this one process',
    text: 'Valkey or Redis (`redis://`, `rediss://`) for the marks of used challenges; it must not evict',
    secret: true,
  },
  challengeMarks: {
    variable: 'ENIGM_ATTEST_CHALLENGE_MARKS',
    schema: Type.Integer({ minimum: 1, maximum: 10_000_000 }),
    default: () => 1_000_000,
    defaultText: '`1000000`',
    text: 'used challenges kept in memory; when there are as many, no more are issued or used until some expire',
  },
  processes: {
    variable: 'ENIGM_ATTEST_PROCESSES',
    schema: Type.Integer({ minimum: 1, maximum: 10_000 }),
    default: () => 1,
    defaultText: '`1`',
    text: 'processes that share the work, on all machines; more than one need a `challengeStore`',
  },
  statementApps: {
    variable: 'ENIGM_ATTEST_STATEMENT_APPS',
    schema: Type.Array(
      Type.Object(
        {
          package: Type.String({ minLength: 1 }),
          signerSha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
        },
        { additionalProperties: false },
      ),
    ),
    default: ({ environment }) => (environment === 'development' ? [SIMULATED_APP] : []),
    defaultText: '`[]`; in development the app of simulated devices',
    text: 'apps whose statements speak for their devices: package and SHA-256 of the signing certificate',
  },
  resultKeys: {
    variable: 'ENIGM_ATTEST_RESULT_KEYS',
    schema: Type.Array(Type.String({ minLength: 1 })),
    default: () => [],
    defaultText: '`[]`; in development one is made and kept in the state folder',
    text: 'PEM files of the keys of signed results: the first signs (private, EC P-256, P-384 or Ed25519), the others are published beside it; without one production signs nothing',
  },
  resultIssuer: {
    variable: 'ENIGM_ATTEST_RESULT_ISSUER',
    schema: Type.String({ minLength: 1, maxLength: 256 }),
    default: () => 'enigm-attest',
    defaultText: '`enigm-attest`',
    text: 'issuer that signed results name; best the address of this service',
  },
  resultAudiences: {
    variable: 'ENIGM_ATTEST_RESULT_AUDIENCES',
    schema: Type.Array(Type.String({ minLength: 1, maxLength: 256 })),
    default: () => [],
    defaultText: '`[]`: whoever a request names, or the issuer itself',
    text: 'who results are made for: the first where a request names nobody, and no others',
  },
  resultLifetimeSeconds: {
    variable: 'ENIGM_ATTEST_RESULT_LIFETIME_SECONDS',
    schema: Type.Integer({ minimum: 1, maximum: 86_400 }),
    default: () => 300,
    defaultText: '`300`',
    text: 'seconds until a signed result expires',
  },
  enrolmentLifetimeSeconds: {
    variable: 'ENIGM_ATTEST_ENROLMENT_LIFETIME_SECONDS',
    schema: Type.Integer({ minimum: 60, maximum: 315_360_000 }),
    default: () => 31_536_000,
    defaultText: '`31536000`',
    text: 'seconds until an enrolment record expires',
  },
  handleKey: {
    variable: 'ENIGM_ATTEST_HANDLE_KEY',
    schema: Type.String({ pattern: '^$|^[A-Za-z0-9_-]{43,}$' }),
    default: () => '',
    defaultText: 'one made and kept in the state folder',
    text: 'secret of at least 32 bytes, base64url, of the HMAC that stands for handles; the same for all processes',
    secret: true,
  },
  audit: {
    variable: 'ENIGM_ATTEST_AUDIT',
    schema: Type.Union([Type.String({ minLength: 1 }), Type.Null()]),
    default: () => null,
    defaultText: '`audit` in the state folder; in development none',
    text: 'folder of the audit trail and its archive, one for each process; `none` keeps none; see “Audit”',
  },
  logLevel: {
    variable: 'ENIGM_ATTEST_LOG_LEVEL',
    schema: Type.Union([
      Type.Literal('debug'),
      Type.Literal('info'),
      Type.Literal('warn'),
      Type.Literal('error'),
      Type.Literal('silent'),
    ]),
    default: () => 'info',
    defaultText: '`info`',
    text: 'least severe log line that is written',
  },
} as const satisfies Record<string, Setting>;
