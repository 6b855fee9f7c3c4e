/**
 * Configuration: the only reader of the environment. Every setting is a row of one table, which also
 * makes the README's; each can stand in the file and in a variable, and the variable wins.
 */
import { availableParallelism, homedir } from 'node:os';
import path from 'node:path';
import Type, { type Static, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { ConfigurationFault, loadDocument } from './sources/document.ts';

interface Setting {
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

type Variables = Readonly<Record<string, string | undefined>>;

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
  resultKeys: {
    variable: 'ENIGM_ATTEST_RESULT_KEYS',
    schema: Type.Array(Type.String({ minLength: 1 })),
    default: () => [],
    defaultText: '`[]`; in development one key, made once and kept in `state`',
    text: 'PEM files of keys: the first is private and signs results and records, the others verify',
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
    default: () => availableParallelism(),
    defaultText: 'one for each core',
    text: 'worker threads that verify',
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
    text: 'milliseconds from arrival after which a request is refused with 503',
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
    text: 'requests a minute from one address before 429; 0 does not count',
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

export type SettingName = keyof typeof SETTINGS;

export type Config = {
  readonly [Name in SettingName]: Static<(typeof SETTINGS)[Name]['schema']>;
};

/** Variables that are read and are no settings. */
const OTHER_VARIABLES: ReadonlySet<string> = new Set(['ENIGM_ATTEST_CONFIG']);
const PREFIX = 'ENIGM_ATTEST_';

const ConfigDocument = Type.Object(
  Object.fromEntries(
    Object.entries(SETTINGS).map(([name, { schema }]) => [name, Type.Optional(schema)]),
  ),
  { additionalProperties: false },
);

/**
 * Reads the configuration: flags over variables over the file over defaults. Throws
 * `ConfigurationFault` naming the file or variable and what is wrong with it.
 */
export function loadConfig(
  flags: Readonly<Partial<Record<SettingName, unknown>>> & { readonly config?: string } = {},
  variables: Variables = process.env,
): Config {
  const { config: flagged, ...given } = flags;
  const file = flagged ?? variables[`${PREFIX}CONFIG`];
  const settings: Record<string, unknown> = {
    ...(file === undefined ? {} : loadDocument(file, ConfigDocument)),
    ...readVariables(variables),
    ...given,
  };
  const environment = settings['environment'] === 'development' ? 'development' : 'production';
  for (const [name, setting] of Object.entries(SETTINGS)) {
    settings[name] ??= setting.default({ environment, variables });
    check(name, setting.schema, settings[name]);
  }
  const config = settings as unknown as Config;
  checkExposure(config);
  return Object.freeze(config);
}

/** The configuration for people: what is secret is masked. */
export function toPrintableConfig(config: Config): Readonly<Record<string, unknown>> {
  return {
    ...config,
    callers: config.callers.map(({ id }) => ({ id, tokenSha256: 'masked' })),
    challengeKeys: config.challengeKeys.map(() => 'masked'),
    challengeStore: config.challengeStore === '' ? '' : 'masked',
  };
}

/** The folder the user stands in: npm runs scripts in the package's own. */
export function userFolder(variables: Variables = process.env): string {
  const isOwnScript = variables['npm_package_name'] === 'enigm-attest';
  return (isOwnScript ? variables['INIT_CWD'] : undefined) ?? process.cwd();
}

/** Whether output to `stream` may be coloured: a terminal, and NO_COLOR not set. */
export function mayColour(
  stream: { readonly isTTY?: boolean },
  variables: Variables = process.env,
): boolean {
  return stream.isTTY === true && (variables['NO_COLOR'] ?? '') === '';
}

function readVariables(variables: Variables): Record<string, unknown> {
  const settings: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(SETTINGS)) {
    const text = variables[setting.variable];
    if (text !== undefined && text !== '') settings[name] = fromText(text, setting);
  }
  const known = new Set(Object.values(SETTINGS).map(({ variable }) => variable as string));
  for (const variable of Object.keys(variables)) {
    if (!variable.startsWith(PREFIX) || known.has(variable) || OTHER_VARIABLES.has(variable)) {
      continue;
    }
    throw new ConfigurationFault(`${variable} is no setting; see the README's table`);
  }
  return settings;
}

/** Strings stand for themselves, everything else is JSON. */
function fromText(text: string, { schema, variable }: Setting): unknown {
  const isText = Compile(schema).Check(text);
  if (isText) return text;
  try {
    return JSON.parse(text);
  } catch {
    throw new ConfigurationFault(`${variable}: ${JSON.stringify(text)} cannot be read`);
  }
}

function check(name: string, schema: TSchema, value: unknown): void {
  const validator = Compile(schema);
  if (validator.Check(value)) return;
  const [error] = validator.Errors(value);
  const place = `${name}${(error?.instancePath ?? '').replaceAll('/', '.')}`;
  throw new ConfigurationFault(`setting ${place}: ${error?.message ?? 'is invalid'}`);
}

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost']);

function checkExposure({ environment, host, callers }: Config): void {
  if (LOOPBACK.has(host)) return;
  if (environment === 'development') {
    throw new ConfigurationFault(
      `setting host: ${host} is not loopback; development trusts an anchor whose private key is public`,
    );
  }
  if (callers.length === 0) {
    throw new ConfigurationFault(
      `setting host: ${host} is not loopback; name at least one of "callers", so that not everybody may call`,
    );
  }
}
