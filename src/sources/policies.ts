/**
 * The policies a verifier has: those built in, and documents of its operator's in the same format. A
 * document is refused with the file, the place inside it and the reason; nothing stands in for a rule.
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { Environment } from '../core/anchors/index.ts';
import {
  BUILTIN_POLICIES,
  type Policy,
  type PreparedPolicy,
  preparePolicy,
} from '../core/policy/index.ts';
import type { ReleaseRegistry } from '../core/reference/index.ts';
import { ConfigurationFault, loadText, parseDocument } from './document.ts';
import { PolicySchema } from './policy-schema.ts';

/** The built-in policies that exist in an environment. */
function loadBuiltInPolicies(environment: Environment): readonly Policy[] {
  return BUILTIN_POLICIES.filter(({ environments }) => environments.includes(environment));
}

/** Reads a policy document; `name` is what it is called in errors, `now` milliseconds since 1970. */
export function parsePolicy(text: string, name: string, now: number): Policy {
  const { $schema: _, ...document } = parseDocument(text, PolicySchema, name);
  // The builder's schemas carry no types for enumerations; a test holds schema and type together.
  const policy = document as unknown as Policy;
  for (const problem of findProblems(policy, now)) {
    throw new ConfigurationFault(`${name}: ${problem}`);
  }
  return policy;
}

/** Where policies were loaded from, so that what is found out later about one names its file as well. */
const files = new WeakMap<Policy, string>();

/** Loads one policy file, whose id must not be a built-in policy's: a report that names one means that one. */
export function loadPolicy(file: string, now: number): Policy {
  const policy = parsePolicy(loadText(file), file, now);
  if (BUILTIN_POLICIES.some(({ id }) => id === policy.id))
    refuseTaken(file, policy, 'a built-in policy');
  files.set(policy, file);
  return policy;
}

function refuseTaken(file: string, { id }: Policy, owner: string): never {
  throw new ConfigurationFault(`${file}: id ${id} is taken by ${owner}; give it one of its own`);
}

function nameInErrors(policy: Policy): string {
  const file = files.get(policy);
  return file === undefined ? `policy ${policy.id}` : `${file}: policy ${policy.id}`;
}

/**
 * The built-in policies and every `*.json` of `folder` (null: none), as far as they exist in
 * `environment`. A file cannot take the id of a built-in policy or of another file.
 */
export function loadPolicies(
  environment: Environment,
  folder: string | null,
  now: number,
): readonly Policy[] {
  const builtIn = loadBuiltInPolicies(environment);
  const owners = new Map<string, string>();
  const given = listPolicyFiles(folder).map((file) => {
    const policy = loadPolicy(file, now);
    const owner = owners.get(policy.id);
    if (owner !== undefined) refuseTaken(file, policy, owner);
    owners.set(policy.id, file);
    return policy;
  });
  return [...builtIn, ...given.filter(({ environments }) => environments.includes(environment))];
}

/** The policy files of a folder, by name. */
export function listPolicyFiles(folder: string | null): readonly string[] {
  if (folder === null) return [];
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json') && !name.startsWith('.'))
      .sort()
      .map((name) => path.join(folder, name));
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new ConfigurationFault(`${folder}: cannot be read (${reason})`, { cause });
  }
}

/** Throws unless everything that a policy names exists. `owners`: of anchors of any environment. */
export function checkNames(
  policy: Policy,
  owners: readonly string[],
  registry: ReleaseRegistry | null,
): void {
  const { anchor, bootKeyAllowed } = policy.rules;
  const missing = (place: string, name: string, known: string): never => {
    throw new ConfigurationFault(
      `${nameInErrors(policy)}: ${place} names ${JSON.stringify(name)}, which does not exist; ${known}`,
    );
  };
  for (const owner of anchor.owners === 'any' ? [] : anchor.owners) {
    if (owners.includes(owner)) continue;
    missing('rules.anchor.owners', owner, `there are anchors of ${owners.join(', ')}`);
  }
  const releases = [...(registry?.releases ?? []), ...(registry?.systems ?? [])].map(
    ({ name }) => name,
  );
  for (const name of bootKeyAllowed.releases) {
    if (releases.includes(name)) continue;
    const known = registry === null ? 'there is no registry' : `releases: ${releases.join(', ')}`;
    missing('rules.bootKeyAllowed.releases', name, known);
  }
}

/**
 * Throws if a policy that is to replace another of its id is older than it, or has its version and
 * says something else: a report that names a version must mean one text.
 */
export function checkSuccession(before: PreparedPolicy, after: Policy): void {
  const { version } = before.policy;
  const order = compareVersions(after.version, version);
  if (order < 0) {
    throw new ConfigurationFault(
      `${nameInErrors(after)}: version ${after.version} is older than ${version}, which is in force`,
    );
  }
  if (order === 0 && preparePolicy(after).digest !== before.digest) {
    throw new ConfigurationFault(
      `${nameInErrors(after)}: version ${version} is in force and says something else; raise "version"`,
    );
  }
}

/** Sign of `a` minus `b`, part by part; a part that is not there is 0. */
function compareVersions(a: string, b: string): number {
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)];
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** What the schema cannot say. */
function* findProblems({ expires, rules }: Policy, now: number): Generator<string> {
  if (expires !== null) {
    const moment = Date.parse(expires);
    if (Number.isNaN(moment)) yield `expires: ${expires} is no moment`;
    else if (moment <= now) yield `expires: the document expired on ${expires}`;
  }
  for (const [partition, { floor }] of Object.entries(rules.patchLevels)) {
    const place = `rules.patchLevels.${partition}.floor.level`;
    if (floor.level === null && floor.severity !== 'ignore') {
      yield `${place}: null, where severity ${floor.severity} needs a level`;
    }
    if (floor.level !== null && !isPatchLevel(floor.level)) {
      yield `${place}: ${floor.level} is neither YYYYMM nor YYYYMMDD`;
    }
  }
  const needsKeys: readonly (readonly [string, { readonly severity: string }, number])[] = [
    ['application.allowed', rules.application, rules.application.allowed.length],
    [
      'bootKeyAllowed',
      rules.bootKeyAllowed,
      rules.bootKeyAllowed.keys.length + rules.bootKeyAllowed.releases.length,
    ],
    ['moduleHash.allowed', rules.moduleHash, rules.moduleHash.allowed.length],
    ['deviceIds.expected', rules.deviceIds, Object.keys(rules.deviceIds.expected).length],
    ['bootKeyDenied.keys', rules.bootKeyDenied, rules.bootKeyDenied.keys.length],
  ];
  for (const [place, { severity }, size] of needsKeys) {
    if (severity !== 'ignore' && size === 0) {
      yield `rules.${place}: empty, where severity ${severity} needs entries`;
    }
  }
}

function isPatchLevel(level: number): boolean {
  return /^\d{4}(0[1-9]|1[0-2])([0-2]\d|3[01])?$/.test(String(level));
}
