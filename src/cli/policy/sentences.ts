/** What a policy asks, in plain sentences: one for every rule, and what it does not look at. */
import type {
  AllowedApplication,
  ChallengeRule,
  PatchLevelRules,
  Policy,
  PolicyRules,
  RuleSeverity,
} from '../../core/policy/index.ts';

/** What is true of a device that passes, to be read after "unless". */
type Sentences = {
  readonly [Name in keyof Omit<PolicyRules, 'patchLevels' | 'riskSignals'>]: (
    rule: PolicyRules[Name],
  ) => string;
};

const RULES: Sentences = {
  anchor: ({ owners, environments }) =>
    `the chain ends at ${owners === 'any' ? 'any loaded anchor' : `an anchor of ${or(owners)}`} for ${or(environments)}`,
  shape: ({ allowed }) => `the chain is a ${or(allowed)} chain`,
  provisioning: ({ allowed }) => `the attestation key was provisioned ${or(allowed.map(way))}`,
  securityLevel: ({ minimum }) =>
    `both security levels are the same and at least ${minimum}, never Software`,
  certifiedLevel: () => 'the certificates name the security level that the record claims',
  rootOfTrust: () => 'the hardware reports how the device booted',
  deviceLocked: () => 'the bootloader is locked',
  bootState: ({ allowed }) => `the boot state is ${or(allowed)}`,
  bootKey: () => 'the boot key is neither empty nor zero',
  bootKeyDenied: ({ keys }) => `the boot key is none of ${keys.length} denied keys`,
  bootKeyAllowed: ({ keys, releases }) =>
    `the boot key is one of ${keys.length} allowed keys${releases.length === 0 ? '' : ` or belongs to ${or(releases)}`}`,
  keyOrigin: ({ allowed }) => `the key’s origin is ${or(allowed)}`,
  keyPurpose: ({ allowed, denied }) =>
    `the key has a purpose, ${allowed === 'any' ? 'of any kind' : `only of ${and(allowed)}`}${denied.length === 0 ? '' : `, never ${or(denied)}`}`,
  keyAlgorithm: ({ allowed }) => `the key is ${or(allowed)}`,
  keySize: ({ curves, minimumRsaBits }) =>
    `an EC key is on ${curves === 'any' ? 'any curve' : or(curves)} and an RSA key has at least ${minimumRsaBits} bits`,
  userAuth: () => 'what the record says of user authentication agrees with itself',
  userAuthRequired: ({ factor, use }) =>
    `${use === 'each' ? 'each use of the key' : 'the key'} needs the user’s ${factor === 'any' ? 'PIN, password or biometric' : 'biometric and nothing else will do'}`,
  rollbackResistance: () => 'the key is rollback resistant',
  allApplications: () => 'the key belongs to one app',
  deviceUnique: () => 'no device-unique attestation is claimed',
  application: ({ allowed }) =>
    `the key was made on a verified boot by ${or(allowed.map(describeApplication))}`,
  deviceIds: ({ expected }) =>
    `the device attests as ${and(
      Object.entries(expected).map(([name, values]) => `${name.toLowerCase()} ${or(values)}`),
    )}`,
  osVersion: ({ minimum }) => `the system’s version is at least ${minimum}`,
  moduleHash: ({ allowed }) => `the module hash is one of ${allowed.length} allowed ones`,
  release: ({ environments, stages }) =>
    `the device runs a ${or(environments)} release of the registry made for its model, in stage ${or(stages)}, at that release’s patch levels or later`,
};

/** The sentences of a policy, in the order of its rules. */
export function describePolicy(policy: Policy): readonly string[] {
  const asked: string[] = [];
  const ignored: string[] = [];
  const say = (name: string, severity: RuleSeverity, sentence: string): void => {
    if (severity === 'ignore') ignored.push(name);
    else asked.push(`${VERBS[severity]} unless ${sentence}.`);
  };
  for (const [name, describe] of Object.entries(RULES)) {
    const rule = policy.rules[name as keyof Sentences];
    say(name, rule.severity, (describe as (rule: unknown) => string)(rule));
  }
  for (const [partition, rules] of Object.entries(policy.rules.patchLevels)) {
    describePatchLevel(partition, rules, say);
  }
  for (const [code, severity] of Object.entries(policy.rules.riskSignals)) {
    if (severity === 'ignore') ignored.push(code);
  }
  const signals = Object.entries(policy.rules.riskSignals);
  for (const severity of ['reject', 'review', 'info'] as const) {
    const codes = signals.filter(([, each]) => each === severity).map(([code]) => code);
    if (codes.length > 0) asked.push(`${VERBS[severity]} on the signals ${and(codes)}.`);
  }
  return [
    ...describeFrame(policy),
    ...asked,
    ignored.length === 0 ? 'Looks at everything.' : `Does not look at ${and(ignored)}.`,
  ];
}

const VERBS: Readonly<Record<Exclude<RuleSeverity, 'ignore'>, string>> = {
  reject: 'Rejects',
  inconclusive: 'Leaves the outcome open',
  review: 'Asks for review',
  info: 'Remarks',
};

const CHALLENGES: Readonly<Record<ChallengeRule, string>> = {
  service: 'Needs a challenge that this service issued.',
  caller: 'Needs the caller to give the challenge, and leaves the outcome open without it.',
  optional: 'Compares the challenge when it is given.',
  none: 'Does not look at the challenge.',
};

function describeFrame(policy: Policy): readonly string[] {
  const { environments, expires, challenge, revocation, criticalLayers } = policy;
  const { maxStaleSeconds } = revocation;
  return [
    `Exists in ${and(environments)}${expires === null ? '' : `, until ${expires}`}.`,
    CHALLENGES[challenge],
    maxStaleSeconds === null
      ? 'Rejects listed certificates by a list of any age, and asks for review of an old one.'
      : `Rejects listed certificates, and leaves the outcome open when the list is more than ${maxStaleSeconds} seconds past its refresh time.`,
    criticalLayers.length === 0
      ? 'Never calls a device PROTECTED.'
      : `Calls a device PROTECTED only when ${and(criticalLayers)} are satisfied.`,
    policy.exposeDeviceIdentifiers
      ? 'Shows serial numbers and IMEIs in reports.'
      : 'Keeps serial numbers and IMEIs out of reports.',
  ];
}

function describePatchLevel(
  partition: string,
  { missing, malformed, tooOld, floor, future }: PatchLevelRules,
  say: (name: string, severity: RuleSeverity, sentence: string) => void,
): void {
  const [level, place] = [
    `the ${partition === 'os' ? 'OS' : partition} patch level`,
    `patchLevels.${partition}`,
  ];
  say(`${place}.missing`, missing, `${level} is there and not 0`);
  say(`${place}.malformed`, malformed, `${level} is a date`);
  say(`${place}.tooOld`, tooOld.severity, `${level} is at most ${tooOld.months} months old`);
  say(`${place}.floor`, floor.severity, `${level} is at least ${floor.level}`);
  say(`${place}.future`, future.severity, `${level} is at most ${future.months} months ahead`);
}

function describeApplication({ packages, signerDigests }: AllowedApplication): string {
  const names = packages.map(
    ({ name, minimumVersion }) => `${name} (version ${minimumVersion} or later)`,
  );
  return `${and(names)}, signed by ${or(signerDigests.map((digest) => `${digest.slice(0, 12)}…`))}`;
}

function way(provisioning: string): string {
  return provisioning === 'remote' ? 'remotely' : 'at the factory';
}

function or(words: readonly string[]): string {
  return join(words, 'or');
}

function and(words: readonly string[]): string {
  return join(words, 'and');
}

function join(words: readonly string[], word: string): string {
  if (words.length === 0) return 'nothing';
  const [last, ...rest] = words.toReversed() as [string, ...string[]];
  return rest.length === 0 ? last : `${rest.toReversed().join(', ')} ${word} ${last}`;
}
