/**
 * Configuration: the only reader of the environment. Every setting of the table can stand in the file and in a
 * variable, and the variable wins.
 */
import Type, { type Static, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { SETTINGS, type Setting, type Variables } from './settings.ts';
import { ConfigurationFault, loadDocument } from './sources/document.ts';
import { checkRevocationSources, checkUrl } from './sources/revocation/settings.ts';

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
  checkListeners(config);
  checkRevocationSources(config.revocationSources);
  if (config.rootWatchUrl !== '') checkUrl(config.rootWatchUrl, false, 'setting rootWatchUrl');
  return Object.freeze(config);
}

/** The configuration for people: what is secret is masked. */
export function toPrintableConfig(config: Config): Readonly<Record<string, unknown>> {
  return {
    ...config,
    callers: config.callers.map(({ id }) => ({ id, tokenSha256: 'masked' })),
    challengeKeys: config.challengeKeys.map(() => 'masked'),
    challengeStore: config.challengeStore === '' ? '' : 'masked',
    handleKey: config.handleKey === '' ? '' : 'masked',
    proxy: config.proxy.replace(/\/\/[^@/]*@/, '//masked@'),
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

/** Requests of one address are counted in each listener by itself. */
function checkListeners({ listeners, requestsPerMinute }: Config): void {
  if (listeners < 2 || requestsPerMinute === 0) return;
  throw new ConfigurationFault(
    `setting requestsPerMinute: ${listeners} listeners would each let an address send as many; set listeners to 0 or 1, or limit rates in front of the service`,
  );
}
